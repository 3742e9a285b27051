{{/* The app's Deployment.  root; track: stable or canary */}}

{{- define "witw.deployment" -}}
{{- $root := .root -}}
{{- $v := $root.Values -}}
{{- $canary := eq .track "canary" -}}
{{- $suffix := $canary | ternary "canary" "" -}}
{{- $configMap := printf "%s%s" (include "witw.fullname" $root) ($canary | ternary "-canary" "") -}}
{{- $grace := default (add $v.web.preStopSeconds $v.web.drainSeconds $v.web.gracefulSeconds 5) $v.web.terminationGracePeriodSeconds -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "witw.metadata" (dict "root" $root "suffix" $suffix "component" "web" "labels" (dict "track" .track) "annotations" $v.deploymentAnnotations) | nindent 2 }}
spec:
  {{- if $v.parked }}
  replicas: 0
  {{- else if $canary }}
  replicas: {{ $v.canary.replicas }}
  {{- else if eq $v.autoscaling.by "replicas" }}
  replicas: {{ $v.replicas }}
  {{- end }}
  minReadySeconds: {{ $v.minReadySeconds }}
  progressDeadlineSeconds: {{ $v.progressDeadlineSeconds }}
  revisionHistoryLimit: {{ $v.revisionHistoryLimit }}
  strategy: {{- toYaml $v.strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "witw.podSelector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "witw.podSelector" . | nindent 8 }}
        app.kubernetes.io/version: {{ include "witw.version" . | trunc 63 | trimAll "-_." | quote }}
        {{- with $v.podLabels }}
        {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: app
        checksum/config: {{ include "witw.environment" . | sha256sum }}
        {{- with $v.secrets.revision }}
        witw/secrets-revision: {{ . | toString | quote }}
        {{- end }}
        {{- with $v.podAnnotations }}
        {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "witw.serviceAccountName" $root }}
      automountServiceAccountToken: {{ $v.serviceAccount.automountToken }}
      terminationGracePeriodSeconds: {{ $grace }}
      {{- include "witw.podSettings" $root | nindent 6 }}
      {{- with include "witw.spread" . }}
      topologySpreadConstraints: {{- . | trim | nindent 8 }}
      {{- end }}
      {{- with $v.affinity }}
      affinity: {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 8 }}
      {{- end }}
      {{- if or $v.extraInitContainers $v.migrations.wait.enabled }}
      initContainers:
        {{- with $v.extraInitContainers }}
        {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 8 }}
        {{- end }}
        {{- if $v.migrations.wait.enabled }}
        {{- include "witw.waitForMigrations" (dict "root" $root "track" .track "configMap" $configMap) | nindent 8 }}
        {{- end }}
      {{- end }}
      containers:
        - name: app
          {{- include "witw.container" . | nindent 10 }}
          {{- with $v.web.command }}
          command: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $v.web.args }}
          args: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $v.extraEnv }}
          env: {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 12 }}
          {{- end }}
          envFrom: {{- include "witw.envFrom" (dict "root" $root "configMap" $configMap) | trim | nindent 12 }}
          ports:
            - {name: http, containerPort: {{ $v.web.port }}, protocol: TCP}
            - {name: metrics, containerPort: {{ $v.web.metricsPort }}, protocol: TCP}
          {{- range $name := list "startup" "liveness" "readiness" }}
          {{- $probe := index $v.probes $name }}
          {{- if $probe.enabled }}
          {{ $name }}Probe:
            httpGet:
              path: {{ $probe.path }}
              port: {{ $probe.port }}
              httpHeaders:
                - {name: Host, value: {{ $v.probes.host | default (include "witw.host" $root) | quote }}}
            {{- omit $probe "enabled" "path" "port" | toYaml | nindent 12 }}
          {{- end }}
          {{- end }}
          {{- if $v.web.preStopSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $v.web.preStopSeconds }}
          {{- end }}
          resources: {{- toYaml $v.resources | nindent 12 }}
        {{- with $v.extraContainers }}
        {{- include "witw.tpl" (dict "root" $root "value" .) | nindent 8 }}
        {{- end }}
      volumes: {{- include "witw.volumes" $root | nindent 8 }}
{{- end }}

{{/* Labels of one track's pods.  root; track */}}
{{- define "witw.podSelector" -}}
{{ include "witw.selector" .root }}
app.kubernetes.io/component: web
track: {{ .track }}
{{- end }}

{{- define "witw.spread" -}}
{{- $v := .root.Values -}}
{{- if $v.topologySpreadConstraints }}
{{- include "witw.tpl" (dict "root" .root "value" $v.topologySpreadConstraints) }}
{{- else }}
{{- range $v.spread.over }}
- topologyKey: {{ . }}
  maxSkew: {{ $v.spread.maxSkew }}
  whenUnsatisfiable: {{ $v.spread.whenUnsatisfiable }}
  # Each update's pods are spread anew; the old ones do not count.
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels:
      {{- include "witw.podSelector" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* An init container that ends when the database is up to this image's code.  root; track; configMap */}}
{{- define "witw.waitForMigrations" -}}
{{- $v := .root.Values -}}
- name: wait-for-migrations
  {{- include "witw.container" . | nindent 2 }}
  args:
    {{- range $v.migrations.wait.args }}
    - {{ . | quote }}
    {{- end }}
    - --timeout={{ $v.migrations.wait.timeoutSeconds }}
    - --interval={{ $v.migrations.wait.intervalSeconds }}
  {{- with $v.extraEnv }}
  env: {{- include "witw.tpl" (dict "root" $.root "value" .) | nindent 4 }}
  {{- end }}
  envFrom: {{- include "witw.envFrom" (dict "root" .root "configMap" .configMap) | trim | nindent 4 }}
  resources: {{- toYaml $v.migrations.wait.resources | nindent 4 }}
{{- end }}
