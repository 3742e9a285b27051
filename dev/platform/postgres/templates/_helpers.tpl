{{/* Names, labels, sizes: what the objects have in common. */}}

{{/* root; component */}}
{{- define "database.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* root; component; name */}}
{{- define "database.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "database.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  app.kubernetes.io/part-of: witw
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The metadata of a pod.  root; component; values; exporter: its port, or 0 */}}
{{- define "database.podMetadata" -}}
{{- $annotations := dict -}}
{{- with .root.Values.secret.revision }}{{- $_ := set $annotations "witw/secret-revision" . }}{{- end }}
{{- if and .exporter .root.Values.exporters.scrape }}
{{- $annotations = merge $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString .exporter) "prometheus.io/path" "/metrics") }}
{{- end }}
labels: {{- mergeOverwrite (deepCopy .values.podLabels) (include "database.selector" . | fromYaml) | toYaml | nindent 2 }}
{{- with mergeOverwrite $annotations .values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What holds for both kinds of pod: Pod Security "restricted", no token.  root; values; id: of user and group */}}
{{- define "database.podSettings" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .id }}
  runAsGroup: {{ .id }}
  fsGroup: {{ .id }}
  # Not at every start: it would open PostgreSQL's files to the group, which PostgreSQL refuses.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- range $name := list "affinity" "nodeSelector" "tolerations" "priorityClassName" }}
{{- with index $.values $name }}
{{ $name }}: {{- kindIs "string" . | ternary (printf " %s" (toString .)) (toYaml . | nindent 2) }}
{{- end }}
{{- end }}
{{- end }}

{{/* root; image */}}
{{- define "database.container" -}}
image: {{ .image }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError # `kubectl describe` then says why it ended
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* The Secret as files that only the pod's own group can read.  root; superuser: whether that password is among them */}}
{{- define "database.secretVolume" -}}
{{- with .root.Values.secret -}}
- name: secret
  secret:
    secretName: {{ .name }}
    defaultMode: 0440
    items:
      - {key: {{ .passwordKey }}, path: password}
      {{- if $.superuser }}
      - {key: {{ .superuserPasswordKey }}, path: superuser_password}
      {{- end }}
      {{- if .exporterPasswordKey }}
      - {key: {{ .exporterPasswordKey }}, path: exporter_password}
      {{- end }}
{{- end }}
{{- end }}

{{/* The input of pool-size. */}}
{{- define "database.size" -}}
- {name: APP_REPLICAS, value: {{ include "database.appPods" . | quote }}}
- {name: WEB_WORKERS, value: {{ .Values.size.workers | int | quote }}}
- {name: WEB_THREADS, value: {{ .Values.size.threads | int | quote }}}
- {name: POOL_SPARE, value: {{ .Values.pool.spare | int | quote }}}
- {name: PGPOOL_REPLICAS, value: {{ include "database.pgpoolPods" . | quote }}}
{{- with .Values.pool.sessions | int }}
- {name: POOL_SESSIONS, value: {{ quote . }}}
{{- end }}
{{- end }}

{{/* The most pods of the app at the same time: an update's new ones are as many as its surge, and so are those that drain. */}}
{{- define "database.appPods" -}}
{{ add .Values.size.replicas (mul 2 (include "database.surge" . | int)) .Values.size.canary }}
{{- end }}

{{/* The app's maxSurge as a number of pods; a percentage is rounded up, as Kubernetes does. */}}
{{- define "database.surge" -}}
{{- $surge := toString .Values.size.surge -}}
{{- if hasSuffix "%" $surge -}}
{{ divf (mul .Values.size.replicas (trimSuffix "%" $surge | int)) 100 | ceil | int }}
{{- else -}}
{{ int $surge }}
{{- end }}
{{- end }}

{{/* The same for pgpool. */}}
{{- define "database.pgpoolPods" -}}
{{ with .Values.pgpool }}{{ add .replicas (mul 2 .strategy.maxSurge) }}{{ end }}
{{- end }}

{{/* The port of an exporter that is to run, or 0.  root; name: postgres or pgpool */}}
{{- define "database.exporter" -}}
{{ and .root.Values.exporters.enabled (ne "" (index .root.Values.images (printf "%s-exporter" .name))) | ternary (index .root.Values.exporters.ports .name) 0 | int }}
{{- end }}
