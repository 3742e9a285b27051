{{/* The app's environment: one map of names and texts, from which ConfigMaps and Jobs are made. */}}

{{/* A value as the app reads it: lists with commas, numbers without an exponent.  root; value */}}
{{- define "witw.text" -}}
{{- if kindIs "slice" .value }}{{ tpl (join "," .value) .root }}
{{- else if kindIs "string" .value }}{{ tpl .value .root }}
{{- else }}{{ toJson .value }}
{{- end }}
{{- end }}

{{/* What `config` says on a track, as texts.  root; track */}}
{{- define "witw.config" -}}
{{- $config := deepCopy .root.Values.config -}}
{{- if eq .track "canary" }}{{- $config = mergeOverwrite $config (deepCopy .root.Values.canary.config) }}{{- end }}
{{- $texts := dict -}}
{{- range $name, $value := $config }}
{{- if not (kindIs "invalid" $value) }}{{- $_ := set $texts $name (include "witw.text" (dict "root" $.root "value" $value)) }}{{- end }}
{{- end }}
{{- toYaml $texts }}
{{- end }}

{{/* The host of BASE_URL, without port. */}}
{{- define "witw.host" -}}
{{- $config := include "witw.config" (dict "root" . "track" "stable") | fromYaml -}}
{{- with $config.BASE_URL }}{{ regexReplaceAll ":[0-9]+$" (urlParse .).host "" }}{{ end }}
{{- end }}

{{/* Host names of a way in, one a line; none for `*`.  root; hosts (of the values); fallback: whether to BASE_URL's */}}
{{- define "witw.hostsOf" -}}
{{- $own := list -}}
{{- range .hosts }}{{- $own = append $own (tpl . $.root) }}{{- end }}
{{- if and (not $own) .fallback }}{{- $own = list (include "witw.host" .root) }}{{- end }}
{{- has "*" $own | ternary (list) (compact $own) | join "\n" }}
{{- end }}

{{/* Hosts that the app answers to besides that of BASE_URL: those of ALLOWED_HOSTS and of every way in, with commas. */}}
{{- define "witw.allowedHosts" -}}
{{- $v := .Values -}}
{{- $given := list -}}
{{- if $v.ingress.enabled }}{{- $given = concat $given $v.ingress.hosts }}{{- end }}
{{- if $v.ingress.internal.enabled }}{{- $given = concat $given $v.ingress.internal.hosts }}{{- end }}
{{- if $v.httpRoute.enabled }}{{- $given = concat $given $v.httpRoute.hostnames }}{{- end }}
{{- if $v.httpRoute.internal.enabled }}{{- $given = concat $given $v.httpRoute.internal.hostnames }}{{- end }}
{{- $config := include "witw.config" (dict "root" . "track" "stable") | fromYaml -}}
{{- $hosts := $config.ALLOWED_HOSTS | default "" | splitList "," -}}
{{- range $given }}{{- $hosts = append $hosts (tpl . $ | trimPrefix "*") }}{{- end }}
{{- without $hosts "" (include "witw.host" .) | uniq | join "," }}
{{- end }}

{{/* The whole map.  root; track */}}
{{- define "witw.environment" -}}
{{- $v := .root.Values -}}
{{- $keys := $v.secrets.database -}}
{{- $environment := include "witw.config" . | fromYaml -}}
{{- with include "witw.allowedHosts" .root }}{{- $_ := set $environment "ALLOWED_HOSTS" . }}{{- end }}
{{- if not $keys.hostKey }}{{- $_ := set $environment "DB_HOST" (tpl $v.database.host .root) }}{{- end }}
{{- if not $keys.portKey }}{{- $_ := set $environment "DB_PORT" ($v.database.port | toString) }}{{- end }}
{{- if not $keys.nameKey }}{{- $_ := set $environment "DB_NAME" $v.database.name }}{{- end }}
{{- if not $keys.userKey }}{{- $_ := set $environment "DB_USER" $v.database.user }}{{- end }}
{{- $_ := set $environment "DB_SSLMODE" $v.database.sslmode -}}
{{- if or $v.database.ca.secret $v.database.ca.configMap }}{{- $_ := set $environment "DB_SSLROOTCERT" "/run/secrets/database/ca.crt" }}{{- end }}
{{- $_ := set $environment "SECRETS_DIR" $v.secrets.directory -}}
{{- $_ := set $environment "CITIES_DATA_DIR" $v.cities.directory -}}
{{- $_ := set $environment "PORT" ($v.web.port | toString) -}}
{{- $_ := set $environment "METRICS_PORT" ($v.web.metricsPort | toString) -}}
{{- $_ := set $environment "WEB_WORKERS" ($v.web.workers | toString) -}}
{{- $_ := set $environment "WEB_THREADS" ($v.web.threads | toString) -}}
{{- $_ := set $environment "WEB_GRACEFUL_TIMEOUT" ($v.web.gracefulSeconds | toString) -}}
{{- $_ := set $environment "WEB_DRAIN_SECONDS" ($v.web.drainSeconds | toString) -}}
{{- toYaml $environment }}
{{- end }}

{{/* What differs for work that goes straight to the primary and may take its time. */}}
{{- define "witw.primaryEnvironment" -}}
{{- $database := .Values.database -}}
{{- with $database.primary.host }}
DB_HOST: {{ tpl . $ | quote }}
{{- end }}
{{- with $database.primary.port }}
DB_PORT: {{ . | toString | quote }}
{{- end }}
DB_STATEMENT_TIMEOUT_MS: "0"
{{- end }}

{{/* A map as a container's `env`. */}}
{{- define "witw.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* Where a container's further variables come from.  root; configMap: whose ConfigMap of ours, or nothing */}}
{{- define "witw.envFrom" -}}
{{- with .root.Values.existingConfigMap }}
- configMapRef:
    name: {{ tpl . $.root }}
{{- end }}
{{- with .configMap }}
- configMapRef:
    name: {{ . }}
{{- end }}
{{- with .root.Values.extraEnvFrom }}
{{ include "witw.tpl" (dict "root" $.root "value" .) }}
{{- end }}
{{- end }}
