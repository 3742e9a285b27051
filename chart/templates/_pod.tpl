{{/* What all pods have in common: the app's, the migrations', the cities'. */}}

{{- define "witw.podSettings" -}}
{{- $v := .Values -}}
enableServiceLinks: false # a Service called "db" would give the app DB_PORT=tcp://...
securityContext: {{- toYaml $v.podSecurityContext | nindent 2 }}
{{- with concat $v.global.imagePullSecrets $v.imagePullSecrets | uniq }}
imagePullSecrets:
  {{- range . }}
  - name: {{ tpl . $ }}
  {{- end }}
{{- end }}
{{- with $v.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $v.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $v.schedulerName }}
schedulerName: {{ . }}
{{- end }}
{{- with $v.hostAliases }}
hostAliases: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.dnsConfig }}
dnsConfig: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "witw.volumes" -}}
{{- $v := .Values -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources: {{- include "witw.secretSources" . | trim | nindent 6 }}
- name: tmp
  emptyDir:
    medium: Memory
    sizeLimit: {{ $v.tmpSizeLimit }}
- name: cities
  {{- if $v.cities.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ tpl $v.cities.existingClaim . }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ $v.cities.sizeLimit }}
  {{- end }}
{{- with $v.database.ca }}
{{- if .secret }}
- name: database-ca
  secret:
    secretName: {{ tpl .secret $ }}
    items: [{key: {{ .key | quote }}, path: ca.crt}]
{{- else if .configMap }}
- name: database-ca
  configMap:
    name: {{ tpl .configMap $ }}
    items: [{key: {{ .key | quote }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- with $v.extraVolumes }}
{{ include "witw.tpl" (dict "root" $ "value" .) }}
{{- end }}
{{- end }}

{{/* Files named like the app's settings in lower case. */}}
{{- define "witw.secretSources" -}}
{{- $s := .Values.secrets -}}
{{- include "witw.secretSource" (dict "root" . "name" $s.django.name "files" (dict "secret_key" $s.django.key "secret_key_fallbacks" $s.django.fallbacksKey)) }}
{{- with $s.database }}
{{- include "witw.secretSource" (dict "root" $ "name" .name "files" (dict "db_password" .key "db_host" .hostKey "db_port" .portKey "db_name" .nameKey "db_user" .userKey)) }}
{{- end }}
{{- include "witw.secretSource" (dict "root" . "name" $s.sentry.name "files" (dict "sentry_dsn" $s.sentry.key)) }}
{{- include "witw.secretSource" (dict "root" . "name" $s.demo.name "files" (dict "demo_password" $s.demo.key)) }}
{{- range $provider := list "oidc" "google" "github" }}
{{- $secret := index $s $provider }}
{{- $files := dict (printf "%s_client_id" $provider) $secret.clientIdKey (printf "%s_client_secret" $provider) $secret.clientSecretKey }}
{{- include "witw.secretSource" (dict "root" $ "name" $secret.name "files" $files) }}
{{- end }}
{{- end }}

{{/* root; name of the Secret; files: file name -> key */}}
{{- define "witw.secretSource" -}}
{{- if .name }}
- secret:
    name: {{ tpl .name .root }}
    items:
      {{- range $file, $key := .files }}
      {{- with $key }}
      - {key: {{ . | quote }}, path: {{ $file }}}
      {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "witw.mounts" -}}
{{- $v := .Values -}}
- name: secrets
  mountPath: {{ $v.secrets.directory }}
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: cities
  mountPath: {{ $v.cities.directory }}
{{- if or $v.database.ca.secret $v.database.ca.configMap }}
- name: database-ca
  mountPath: /run/secrets/database
  readOnly: true
{{- end }}
{{- with $v.extraVolumeMounts }}
{{ include "witw.tpl" (dict "root" $ "value" .) }}
{{- end }}
{{- end }}

{{/* The start of each container of the app's image.  root; track */}}
{{- define "witw.container" -}}
{{- $image := include "witw.imageValues" . | fromYaml -}}
image: {{ include "witw.image" . }}
imagePullPolicy: {{ $image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError # `kubectl describe` then says why it ended
securityContext: {{- toYaml .root.Values.securityContext | nindent 2 }}
volumeMounts: {{- include "witw.mounts" .root | nindent 2 }}
{{- end }}

{{/*
A pod that runs one of Django's commands once, against the primary.
Its settings are written out: a hook runs before the release's new ConfigMap is there.
  root; track; component; args; resources; serviceAccountName
*/}}
{{- define "witw.commandPod" -}}
{{- $v := .root.Values -}}
{{- $environment := mergeOverwrite (include "witw.environment" . | fromYaml) (include "witw.primaryEnvironment" .root | fromYaml) -}}
metadata:
  labels:
    {{- include "witw.selector" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $v.podLabels }}
    {{- include "witw.tpl" (dict "root" $.root "value" .) | nindent 4 }}
    {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ .serviceAccountName }}
  automountServiceAccountToken: false
  {{- include "witw.podSettings" .root | nindent 2 }}
  containers:
    - name: {{ .component }}
      {{- include "witw.container" . | nindent 6 }}
      args: {{- concat $v.image.manage .args | toYaml | nindent 8 }}
      env:
        {{- include "witw.env" $environment | trim | nindent 8 }}
        {{- with $v.extraEnv }}
        {{- include "witw.tpl" (dict "root" $.root "value" .) | nindent 8 }}
        {{- end }}
      {{- with include "witw.envFrom" (dict "root" .root) }}
      envFrom: {{- . | trim | nindent 8 }}
      {{- end }}
      resources: {{- toYaml .resources | nindent 8 }}
  volumes: {{- include "witw.volumes" .root | nindent 4 }}
{{- end }}
