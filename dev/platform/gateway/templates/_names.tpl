{{/* metadata of an object: root, name, namespaced */}}
{{- define "gateway.metadata" -}}
name: {{ .name }}
{{- if .namespaced }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  app.kubernetes.io/name: {{ .root.Chart.Name }}
  app.kubernetes.io/instance: {{ .root.Release.Name }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* The Gateway that a policy is for: name */}}
{{- define "gateway.target" -}}
group: gateway.networking.k8s.io
kind: Gateway
name: {{ .name }}
{{- end }}
