{{/* What no schema can say: values that are missing or contradict one another. All that is wrong is named at once. */}}

{{- define "witw.checks" -}}
{{- $problems := list -}}
{{- range $group := list "needed" "ways" "login" "scaling" "pool" }}
{{- range include (printf "witw.checks.%s" $group) $ | splitList "\n" }}
{{- with trim . }}{{- $problems = append $problems . }}{{- end }}
{{- end }}
{{- end }}
{{- with $problems }}
{{- fail (printf "\n\nwitw: %s\n  - %s\n\n" (gt (len .) 1 | ternary (printf "%d values are missing or wrong:" (len .)) "a value is missing or wrong:") (join "\n  - " .)) }}
{{- end }}
{{- end }}

{{- define "witw.checks.needed" -}}
{{- $v := .Values -}}
{{- $config := include "witw.config" (dict "root" . "track" "stable") | fromYaml -}}
{{- if not $v.secrets.django.name }}
secrets.django.name: name the existing Secret with Django's secret key (its key: {{ $v.secrets.django.key }}); the chart makes none
{{- end }}
{{- if not $v.secrets.database.name }}
secrets.database.name: name the existing Secret with the password of database role {{ $v.database.user }} (its key: {{ $v.secrets.database.key }}); the chart makes none
{{- end }}
{{- if not (or $v.database.host $v.secrets.database.hostKey) }}
database.host: say where the database (or its pooler) is, or name the key of it in the Secret as secrets.database.hostKey
{{- end }}
{{- if not $config.BASE_URL }}
{{- if not $v.existingConfigMap }}
config.BASE_URL: say at which address people reach the app, such as https://witw.example.com
{{- else if not $v.probes.host }}
probes.host: say which host the app answers to, since BASE_URL stands in the ConfigMap {{ $v.existingConfigMap }}
{{- end }}
{{- else if not (regexMatch "^https?://[^/@?#]+/?$" $config.BASE_URL) }}
config.BASE_URL: "{{ $config.BASE_URL }}" is no origin; write it like https://witw.example.com
{{- end }}
{{- if and $v.database.ca.secret $v.database.ca.configMap }}
database.ca: name a Secret or a ConfigMap, not both
{{- end }}
{{- if and (hasPrefix "verify-" $v.database.sslmode) (not (or $v.database.ca.secret $v.database.ca.configMap)) (not $config.DB_SSLROOTCERT) }}
database.ca: {{ $v.database.sslmode }} needs the authority to verify the server with; name a Secret or a ConfigMap of it
{{- end }}
{{- if eq ($v.web.port | int) ($v.web.metricsPort | int) }}
web.metricsPort: is the same as web.port ({{ $v.web.port | int }})
{{- end }}
{{- end }}

{{- define "witw.checks.ways" -}}
{{- $v := .Values -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
httpRoute.parentRefs: name the public Gateway
{{- end }}
{{- if and $v.httpRoute.internal.enabled (not $v.httpRoute.internal.parentRefs) }}
httpRoute.internal.parentRefs: name the internal Gateway
{{- end }}
{{- if and $v.httpRoute.enabled $v.httpRoute.internal.enabled $v.httpRoute.parentRefs }}
{{- range $inner := $v.httpRoute.internal.parentRefs }}
{{- range $outer := $v.httpRoute.parentRefs }}
{{- if include "witw.sameListener" (dict "root" $ "one" $inner "other" $outer) }}
httpRoute.internal.parentRefs: Gateway {{ $inner.name }} is the public one too; /internal/ would be open to everyone
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if $v.ingress.internal.enabled }}
{{- $public := include "witw.hostsOf" (dict "root" . "hosts" $v.ingress.hosts "fallback" true) | splitList "\n" }}
{{- if not $v.ingress.internal.hosts }}
ingress.internal.hosts: name the hosts by which operators reach /internal/
{{- end }}
{{- range include "witw.hostsOf" (dict "root" . "hosts" $v.ingress.internal.hosts) | splitList "\n" }}
{{- if and $v.ingress.enabled . (has . $public) }}
ingress.internal.hosts: {{ . }} is a public host too; /internal/ would be open to everyone
{{- end }}
{{- end }}
{{- if and $v.ingress.enabled (eq $v.ingress.className $v.ingress.internal.className) }}
ingress.internal.className: is the same as the public one ({{ $v.ingress.className | default "the default" }}); name a class that is not reachable from outside
{{- end }}
{{- end }}
{{- if and $v.canary.enabled (not $v.httpRoute.enabled) }}
canary.enabled: needs httpRoute.enabled; only an HTTPRoute has weights
{{- end }}
{{- if and $v.canary.enabled (not (or $v.canary.image $v.canary.config)) }}
canary.image: nothing of the canary differs; give it a tag or digest, or settings in canary.config
{{- end }}
{{- end }}

{{/* Whether two parentRefs may mean the same listener: "true" or nothing. What one leaves open stands for all.  root; one; other */}}
{{- define "witw.sameListener" -}}
{{- $same := eq .one.name .other.name -}}
{{- if ne (.one.namespace | default .root.Release.Namespace) (.other.namespace | default .root.Release.Namespace) }}{{- $same = false }}{{- end }}
{{- range list "sectionName" "port" }}
{{- $one := index $.one . | default "" | toString -}}
{{- $other := index $.other . | default "" | toString -}}
{{- if and $one $other (ne $one $other) }}{{- $same = false }}{{- end }}
{{- end }}
{{- $same | ternary "true" "" }}
{{- end }}

{{- define "witw.checks.login" -}}
{{- $v := .Values -}}
{{- $config := include "witw.config" (dict "root" . "track" "stable") | fromYaml -}}
{{- if and $v.secrets.oidc.name (not $config.OIDC_ISSUER) (not $v.existingConfigMap) }}
config.OIDC_ISSUER: say who issues the logins of the client in secrets.oidc
{{- end }}
{{- if and $config.OIDC_ISSUER (not $v.secrets.oidc.name) (not $v.extraEnvFrom) (not $v.extraEnv) }}
secrets.oidc.name: name the existing Secret with the id and secret of this app at {{ $config.OIDC_ISSUER }}; the chart makes none
{{- end }}
{{- if and $v.secrets.demo.name (eq ($config.ENVIRONMENT | default "production") "production") }}
secrets.demo.name: demo people with a known password are not for production; remove it, or say config.ENVIRONMENT
{{- end }}
{{- end }}

{{- define "witw.checks.scaling" -}}
{{- $v := .Values -}}
{{- $scaling := $v.autoscaling -}}
{{- if eq $scaling.by "hpa" }}
{{- if gt ($scaling.minReplicas | int) ($scaling.maxReplicas | int) }}
autoscaling.minReplicas: {{ $scaling.minReplicas | int }} is more than autoscaling.maxReplicas, {{ $scaling.maxReplicas | int }}
{{- end }}
{{- if not (or $scaling.cpu $scaling.memory $scaling.metrics) }}
autoscaling.cpu: the autoscaler has nothing to go by; set cpu, memory or metrics
{{- end }}
{{- end }}
{{- $needed := add $v.web.preStopSeconds $v.web.drainSeconds $v.web.gracefulSeconds | int }}
{{- $given := $v.web.terminationGracePeriodSeconds | int }}
{{- if and $given (lt $given $needed) }}
web.terminationGracePeriodSeconds: {{ $given }} cuts off requests; preStopSeconds + drainSeconds + gracefulSeconds take {{ $needed }}
{{- end }}
{{- end }}

{{/*
The formula of dev/images/shared/pool-size, over every pod that may be there at the same time: a rolling update has as many
new ones as its surge, and as many old ones that still drain.
*/}}
{{- define "witw.checks.pool" -}}
{{- $v := .Values -}}
{{- $sessions := $v.database.pool.sessions | int }}
{{- if $sessions }}
{{- $replicas := include "witw.mostReplicas" . | int }}
{{- $surge := include "witw.surge" (dict "root" . "replicas" $replicas) | int }}
{{- $canary := $v.canary.enabled | ternary $v.canary.replicas 0 | int }}
{{- $pods := add $replicas (mul 2 $surge) $canary | int }}
{{- $workers := $v.web.workers | int }}
{{- $threads := $v.web.threads | int }}
{{- $spare := $v.database.pool.spare | int }}
{{- $needed := add (mul $pods $workers (add $threads 1)) $spare | int }}
{{- if gt $needed $sessions }}
database.pool.sessions: the pooler has {{ $sessions }} sessions, but {{ $needed }} are needed: {{ $pods }} pods ({{ $replicas }} replicas + {{ $surge }} new and {{ $surge }} draining in an update + {{ $canary }} canary) x {{ $workers }} workers x ({{ $threads }} threads + 1) + {{ $spare }} spare. Fewer of those, or a pooler for APP_REPLICAS={{ $pods }}
{{- end }}
{{- end }}
{{- end }}

{{/* The most pods that the stable Deployment may have, an update's aside. */}}
{{- define "witw.mostReplicas" -}}
{{ eq .Values.autoscaling.by "replicas" | ternary .Values.replicas .Values.autoscaling.maxReplicas | int }}
{{- end }}

{{/* maxSurge as a number of pods; a percentage is rounded up.  root; replicas */}}
{{- define "witw.surge" -}}
{{- $surge := dig "rollingUpdate" "maxSurge" (eq .root.Values.strategy.type "RollingUpdate" | ternary "25%" 0) .root.Values.strategy | toString -}}
{{- if hasSuffix "%" $surge -}}
{{ divf (mul .replicas (trimSuffix "%" $surge | int)) 100 | ceil | int }}
{{- else -}}
{{ $surge | int }}
{{- end -}}
{{- end }}
