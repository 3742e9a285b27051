{{/* What no schema can say. All that is wrong is named at once. */}}

{{- define "autoscaling.checks" -}}
{{- $problems := list -}}
{{- range include "autoscaling.problems" . | splitList "\n" }}
{{- with trim . }}{{- $problems = append $problems . }}{{- end }}
{{- end }}
{{- with $problems }}
{{- fail (printf "\n\nautoscaling: %s\n  - %s\n\n" (gt (len .) 1 | ternary (printf "%d values are missing or wrong:" (len .)) "a value is missing or wrong:") (join "\n  - " .)) }}
{{- end }}
{{- end }}

{{- define "autoscaling.problems" -}}
{{- $v := .Values -}}
{{- $least := $v.replicas.min | int }}
{{- $most := include "autoscaling.most" . | int }}
{{- $fitting := include "autoscaling.fitting" . | int }}
{{- if $v.pool.sessions }}
{{- if gt (max $least $most | int) $fitting }}
{{- $wanted := max $least $most | int }}
{{- $surge := include "autoscaling.surge" (dict "root" . "replicas" $wanted) | int }}
{{- with $v.pool }}
{{- $pods := add $wanted (mul 2 $surge) .canary | int }}
replicas.{{ gt $least $most | ternary "min" "max" }}: the pooler has {{ int .sessions }} sessions, enough for {{ $fitting }} replicas, but {{ $wanted }} would need {{ add (mul $pods .workers (add .threads 1)) .spare }}: {{ $pods }} pods ({{ $wanted }} replicas + {{ $surge }} new and {{ $surge }} draining in an update + {{ int .canary }} canary) x {{ int .workers }} workers x ({{ int .threads }} threads + 1) + {{ int .spare }} spare
{{- end }}
{{- end }}
{{- else if not $v.replicas.max }}
replicas.max: say how many pods there may be, or pool.sessions, from which it follows
{{- end }}
{{- if and $most (gt $least $most) (le $least $fitting) }}
replicas.min: {{ $least }} is more than the most, {{ $most }}
{{- end }}
{{- if not (or $v.cpu.value $v.memory.value $v.queue.value $v.gateway.prometheus) }}
queue.value: there is nothing to go by; set queue, cpu, memory or gateway
{{- end }}
{{- with $v.fallback.replicas | int }}
{{- if or (lt . $least) (gt . $most) }}
fallback.replicas: {{ . }} is not between the fewest, {{ $least }}, and the most, {{ $most }}
{{- end }}
{{- end }}
{{- end }}
