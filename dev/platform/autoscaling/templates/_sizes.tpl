{{/* How many pods there may be. */}}

{{/* Pods of any kind that the pooler has sessions for: the formula of dev/images/shared/pool-size, the other way round. */}}
{{- define "autoscaling.pods" -}}
{{- with .Values.pool -}}
{{ div (max 0 (sub .sessions .spare)) (mul .workers (add .threads 1)) }}
{{- end }}
{{- end }}

{{/* maxSurge as a number of pods; a percentage is rounded up, as Kubernetes does.  root; replicas */}}
{{- define "autoscaling.surge" -}}
{{- $surge := toString .root.Values.pool.surge -}}
{{- if hasSuffix "%" $surge -}}
{{ divf (mul .replicas (trimSuffix "%" $surge | int)) 100 | ceil | int }}
{{- else -}}
{{ int $surge }}
{{- end }}
{{- end }}

{{/* The most replicas of which, with those that an update adds and those that still drain, no more than these pods come. */}}
{{- define "autoscaling.fitting" -}}
{{- $pods := include "autoscaling.pods" . | int -}}
{{- $most := 0 -}}
{{- range $replicas := untilStep 1 (add1 $pods | int) 1 }}
{{- $surge := include "autoscaling.surge" (dict "root" $ "replicas" $replicas) | int }}
{{- if le (add $replicas (mul 2 $surge) $.Values.pool.canary | int) $pods }}{{- $most = $replicas }}{{- end }}
{{- end }}
{{- $most }}
{{- end }}

{{- define "autoscaling.most" -}}
{{ .Values.replicas.max | int | default (include "autoscaling.fitting" . | int) }}
{{- end }}

{{- define "autoscaling.fallback" -}}
{{ .Values.fallback.replicas | int | default (divf (add .Values.replicas.min (include "autoscaling.most" . | int)) 2 | ceil | int) }}
{{- end }}
