{{/* Names, labels, annotations: what every object carries. */}}

{{- define "witw.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 44 | trimSuffix "-" }}
{{- end }}

{{/* At most 44 characters, so that suffixes fit into the 52 of a CronJob's name. */}}
{{- define "witw.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ default $both .Values.fullnameOverride | trunc 44 | trimSuffix "-" }}
{{- end }}

{{- define "witw.selector" -}}
app.kubernetes.io/name: {{ include "witw.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "witw.labels" -}}
{{ include "witw.selector" . }}
app.kubernetes.io/version: {{ include "witw.version" (dict "root" . "track" "stable") | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ include "witw.name" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The metadata of an object.
  root; suffix of its name; component; labels and annotations besides the common ones
*/}}
{{- define "witw.metadata" -}}
{{- $values := .root.Values -}}
{{- $own := dict -}}
{{- with .component }}{{- $own = dict "app.kubernetes.io/component" . }}{{- end -}}
{{- $labels := mergeOverwrite (include "witw.labels" .root | fromYaml) $own (deepCopy $values.commonLabels) (deepCopy (.labels | default dict)) -}}
{{- $annotations := mergeOverwrite (deepCopy $values.commonAnnotations) (deepCopy (.annotations | default dict)) -}}
name: {{ include "witw.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels: {{- tpl (toYaml $labels) .root | nindent 2 }}
{{- with $annotations }}
annotations: {{- tpl (toYaml .) $.root | nindent 2 }}
{{- end }}
{{- end }}

{{/* A value of any kind with its templates rendered.  root; value */}}
{{- define "witw.tpl" -}}
{{ tpl (kindIs "string" .value | ternary .value (toYaml .value)) .root }}
{{- end }}

{{- define "witw.serviceAccountName" -}}
{{- $fallback := .Values.serviceAccount.create | ternary (include "witw.fullname" .) "default" -}}
{{ default $fallback .Values.serviceAccount.name }}
{{- end }}
