{{/* Prometheus' configuration. */}}

{{- define "metrics.configuration" -}}
{{- $v := .Values -}}
global:
  scrape_interval: {{ $v.scrape.interval }}
  scrape_timeout: {{ $v.scrape.timeout }}
  evaluation_interval: {{ $v.scrape.interval }}
rule_files: [/etc/prometheus/rules/*.yaml]
{{- with $v.prometheus.alertmanagers }}
alerting:
  alertmanagers:
    - static_configs: [{targets: {{ toJson . }}}]
{{- end }}
scrape_configs:
  - job_name: prometheus
    metrics_path: {{ include "metrics.path" . }}/metrics
    static_configs: [{targets: ["localhost:9090"]}]
    metric_relabel_configs:
      - {action: keep, source_labels: [__name__], regex: {{ join "|" $v.scrape.keep.prometheus | squote }}}
  {{- range $job, $pods := $v.scrape.pods }}
  {{- with $pods }}
  - job_name: {{ $job }}
    {{- with .interval }}
    scrape_interval: {{ . }}
    scrape_timeout: {{ . }}
    {{- end }}
    kubernetes_sd_configs:
      - role: pod
        namespaces: {names: [{{ .namespace | default $.Release.Namespace }}]}
        selectors: [{role: pod, label: {{ .selector | quote }}}]
    {{- if .honorLabels }}
    # The objects that it tells of have names and namespaces of their own.
    honor_labels: true
    {{- end }}
    relabel_configs: {{- include "metrics.podRelabelling" . | nindent 6 }}
    {{- with .keep }}
    metric_relabel_configs:
      - {action: keep, source_labels: [__name__], regex: {{ join "|" . | squote }}}
      {{- range $pods.drop }}
      - {action: drop, source_labels: [{{ join ", " .labels }}], regex: {{ .regex | squote }}}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- if $v.scrape.kubelet.enabled }}
  - job_name: kubelet
    # Of all that a kubelet tells only volumes are kept; they change slowly.
    scrape_interval: {{ $v.scrape.kubelet.interval }}
    metrics_path: /metrics
    {{- include "metrics.kubelet" . | nindent 4 }}
    metric_relabel_configs:
      - {action: keep, source_labels: [__name__], regex: {{ join "|" $v.scrape.keep.kubelet | squote }}}
  - job_name: cadvisor
    metrics_path: /metrics/cadvisor
    {{- include "metrics.kubelet" . | nindent 4 }}
    metric_relabel_configs:
      - {action: keep, source_labels: [__name__], regex: {{ join "|" $v.scrape.keep.cadvisor | squote }}}
      # Whole pods and their sandboxes: the sum of containers says the same.
      - {action: drop, source_labels: [id, container], regex: '/.+;'}
      # Disks are the node's; what lies in memory is none, and the root of a node in a container is on another one.
      - {action: drop, source_labels: [__name__, id], regex: 'container_fs_.+;/.+'}
      - {action: drop, source_labels: [__name__, device], regex: 'container_fs_.+;(overlay|tmpfs|shm|/dev|/dev/shm|/(run|sys|tmp)(/.*)?)'}
      - {action: labeldrop, regex: 'image|name'}
  {{- end }}
{{- end }}

{{/* Pods that ask for it by annotation, where they say; or at the port of the job.  A job of scrape.pods */}}
{{- define "metrics.podRelabelling" -}}
{{- if not .port }}
- {action: keep, source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: 'true'}
{{- end }}
- {action: drop, source_labels: [__meta_kubernetes_pod_phase], regex: Pending|Succeeded|Failed}
# Every port of a pod is offered; all become the one that is named, and the same targets are one.
{{- with .port }}
- {action: replace, source_labels: [__meta_kubernetes_pod_ip], regex: (.+), replacement: '$1:{{ . }}', target_label: __address__}
{{- else }}
- {action: replace, source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_path], regex: (.+), target_label: __metrics_path__}
- action: replace
  source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
  regex: (.+);(\d+)
  replacement: $1:$2
  target_label: __address__
{{- end }}
{{- if not .honorLabels }}
- {action: replace, source_labels: [__meta_kubernetes_namespace], target_label: namespace}
- {action: replace, source_labels: [__meta_kubernetes_pod_name], target_label: pod}
{{- end }}
{{- range $label, $of := .labels }}
- {action: replace, source_labels: [__meta_kubernetes_pod_label_{{ regexReplaceAll "[^a-zA-Z0-9_]" $of "_" }}], target_label: {{ $label }}}
{{- end }}
{{- end }}

{{/* How every node's kubelet is asked. */}}
{{- define "metrics.kubelet" -}}
scheme: https
authorization: {credentials_file: /var/run/secrets/kubernetes.io/serviceaccount/token}
tls_config:
  ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
  {{- if .Values.scrape.kubelet.insecureSkipVerify }}
  insecure_skip_verify: true
  {{- end }}
kubernetes_sd_configs: [{role: node}]
relabel_configs:
  - {action: replace, source_labels: [__meta_kubernetes_node_name], target_label: node}
{{- end }}

{{/* The path under which Prometheus answers: that of its URL. */}}
{{- define "metrics.path" -}}
{{ (urlParse .Values.prometheus.url).path | trimSuffix "/" }}
{{- end }}
