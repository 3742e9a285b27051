{{/*
Rules that lead to the app, the one for everything else at the end: root, route (values of an HTTPRoute), last (what that
rule is for), canary (share the requests with it).
*/}}
{{- define "witw.rules" -}}
{{- $v := .root.Values }}
{{- $name := include "witw.fullname" .root }}
{{- $root := .root }}
{{- $route := .route }}
{{- $canary := .canary }}
{{- range append $route.rules .last }}
- matches: {{- include "witw.tpl" (dict "root" $root "value" .matches) | nindent 4 }}
  {{- with .name }}
  name: {{ . }}
  {{- end }}
  {{- with .filters | default $route.filters }}
  filters: {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 4 }}
  {{- end }}
  {{- with .timeouts | default $route.timeouts }}
  timeouts: {{- toYaml . | nindent 4 }}
  {{- end }}
  backendRefs:
    {{- if $canary }}
    - {name: {{ $name }}, port: {{ $v.service.port }}, weight: {{ sub 100 $v.canary.weight }}}
    - {name: {{ $name }}-canary, port: {{ $v.service.port }}, weight: {{ $v.canary.weight }}}
    {{- else }}
    - {name: {{ $name }}, port: {{ $v.service.port }}}
    {{- end }}
{{- end }}
{{- end }}
