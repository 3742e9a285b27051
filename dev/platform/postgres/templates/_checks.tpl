{{/* What no schema can say. All that is wrong is named at once. */}}

{{- define "database.checks" -}}
{{- $problems := list -}}
{{- range include "database.problems" . | splitList "\n" }}
{{- with trim . }}{{- $problems = append $problems . }}{{- end }}
{{- end }}
{{- with $problems }}
{{- fail (printf "\n\npostgres: %s\n  - %s\n\n" (gt (len .) 1 | ternary (printf "%d values are missing or wrong:" (len .)) "a value is missing or wrong:") (join "\n  - " .)) }}
{{- end }}
{{- end }}

{{- define "database.problems" -}}
{{- $v := .Values -}}
{{- range list "postgres" "pgpool" }}
{{- if not (index $v.images .) }}
images.{{ . }}: give the whole reference, such as registry.example.com/witw/{{ . }}@sha256:...
{{- end }}
{{- end }}
{{- if not $v.secret.name }}
secret.name: name the existing Secret with the passwords of {{ $v.database.user }} (its key: {{ $v.secret.passwordKey }}) and of the superuser ({{ $v.secret.superuserPasswordKey }}); the chart makes none
{{- end }}
{{- if eq $v.postgres.name $v.pgpool.name }}
pgpool.name: is the same as postgres.name ({{ $v.postgres.name }})
{{- end }}
{{- with $v.pgpool }}
{{- if not (or .strategy.maxSurge .strategy.maxUnavailable) }}
pgpool.strategy: with neither maxSurge nor maxUnavailable nothing can ever be replaced
{{- end }}
{{- if le (.terminationGracePeriodSeconds | int) (.preStopSeconds | int) }}
pgpool.terminationGracePeriodSeconds: {{ .terminationGracePeriodSeconds | int }} is over before preStopSeconds, {{ .preStopSeconds | int }}
{{- end }}
{{- end }}
{{- /* The formula of dev/images/shared/pool-size; the app's chart checks the same (templates/_checks.tpl there). */}}
{{- $sessions := $v.pool.sessions | int }}
{{- if $sessions }}
{{- $pods := include "database.appPods" . | int }}
{{- $needed := add (mul $pods $v.size.workers (add $v.size.threads 1)) $v.pool.spare | int }}
{{- if gt $needed $sessions }}
{{- $surge := include "database.surge" . | int }}
{{- with $v.size }}
pool.sessions: each pgpool has {{ $sessions }} sessions, but {{ $needed }} are needed: {{ $pods }} pods of the app ({{ .replicas | int }} replicas + {{ $surge }} new and {{ $surge }} draining in an update + {{ .canary | int }} canary) x {{ .workers | int }} workers x ({{ .threads | int }} threads + 1) + {{ $v.pool.spare | int }} spare
{{- end }}
{{- end }}
{{- end }}
{{- end }}
