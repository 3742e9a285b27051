{{/* Names, labels, pods: what the three have in common. `of` is a dict with root and component. */}}

{{- define "metrics.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "metrics.labels" -}}
{{ include "metrics.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: witw
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* root; component; name: where it is not the component's */}}
{{- define "metrics.metadata" -}}
name: {{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "metrics.labels" . | nindent 2 }}
{{- end }}

{{/* Metadata of an object without namespace: its name has the release's before it.  root; component; name */}}
{{- define "metrics.clusterMetadata" -}}
name: {{ printf "%s:%s" .root.Release.Name (.name | default .component) }}
labels: {{- include "metrics.labels" . | nindent 2 }}
{{- end }}

{{/* What all pods have: Pod Security "restricted", the user of the images.  root; component; values */}}
{{- define "metrics.podSettings" -}}
serviceAccountName: {{ .component }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
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

{{/* root; component; values */}}
{{- define "metrics.container" -}}
name: {{ .component }}
image: {{ required (printf "images.%s: give the whole reference, such as registry.example.com/witw/%s@sha256:..." .component .component) (index .root.Values.images .component) }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError # `kubectl describe` then says why it ended
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{- toYaml .values.resources | nindent 2 }}
{{- end }}

{{/* Metadata of an object in another namespace.  root; component; namespace */}}
{{- define "metrics.foreignMetadata" -}}
name: {{ printf "%s-%s" .root.Release.Name .component }}
namespace: {{ .namespace }}
labels: {{- include "metrics.labels" . | nindent 2 }}
{{- end }}

{{/* The account of a component.  root; component */}}
{{- define "metrics.subjects" -}}
- {kind: ServiceAccount, name: {{ .component }}, namespace: {{ .root.Release.Namespace }}}
{{- end }}

{{/* The namespaces of all pods that are scraped, each once and in order. Nothing is seen in others. */}}
{{- define "metrics.namespaces" -}}
{{- $found := list -}}
{{- range .Values.scrape.pods }}
{{- with . }}{{- $found = append $found (.namespace | default $.Release.Namespace) }}{{- end }}
{{- end }}
{{- $found | uniq | sortAlpha | toYaml }}
{{- end }}
