{{/* What clients may do: v, gateway */}}
{{- define "gateway.client" -}}
{{- $c := .v.client -}}
connection:
  bufferLimit: {{ $c.bufferLimit }}
  connectionLimit: {value: {{ $c.maxConnections }}}
timeout:
  http:
    requestHeadersReceivedTimeout: {{ $c.headersTimeout }}
    streamIdleTimeout: {{ $c.streamIdleTimeout }}
    idleTimeout: {{ $c.idleTimeout }}
# Paths are brought to one form before they are matched, or /internal would be open under another spelling: dots
# resolved, //, %2e and \ normalised, an encoded slash or backslash refused (400).
path: {disableMergeSlashes: false, escapedSlashesAction: RejectRequest}
headers:
  requestID: {{ .gateway.requestIds }}
  # A name with _ looks like one with - to the app (WSGI), so it could pose as a header of ours.
  withUnderscoresAction: DropHeader
  {{- with .v.requestStartHeader }}
  earlyRequestHeaders: {set: [{name: {{ . }}, value: "t=%START_TIME(%s%6f)%"}]}
  {{- end }}
http2: {{- toYaml $c.http2 | nindent 2 }}
{{- with $c.trustedProxies }}
clientIPDetection: {xForwardedFor: {numTrustedHops: {{ . }}}}
{{- end }}
{{- end }}

{{/* How the app is asked: v */}}
{{- define "gateway.backend" -}}
{{- $b := .v.backend -}}
timeout:
  tcp: {connectTimeout: {{ $b.connectTimeout }}}
  http: {requestTimeout: {{ $b.requestTimeout }}, connectionIdleTimeout: {{ $b.idleTimeout }}}
connection: {bufferLimit: {{ $b.maxBody }}}
requestBuffer: {limit: {{ $b.maxBody }}}
loadBalancer: {type: LeastRequest}
retry:
  numRetries: {{ $b.retries }}
  retryOn: {triggers: {{ toJson $b.retryOn }}}
  perRetry: {backOff: {{ toJson $b.retryBackOff }}}
circuitBreaker:
  maxConnections: {{ $b.maxConnections }}
  maxPendingRequests: {{ $b.maxPendingRequests }}
  maxParallelRequests: {{ $b.maxRequests }}
  retryBudget:
    percent: {numerator: {{ $b.retryBudgetPercent }}, denominator: 100}
    minRetryConcurrency: {{ $b.retryBudgetMinimum }}
healthCheck:
  panicThreshold: {{ $b.panicPercent }}
  {{- with $b.activeCheck }}
  {{- if .enabled }}
  active:
    type: HTTP
    interval: {{ .interval }}
    timeout: {{ .timeout }}
    initialJitter: 100ms
    unhealthyThreshold: {{ .failures }}
    healthyThreshold: 1
    overrides: {port: {{ .port }}}
    # Without this, one 503 would be enough, whatever the threshold.
    http: {path: {{ .path }}, hostname: {{ .host }}, retriableStatuses: [503]}
  {{- end }}
  {{- end }}
  {{- with $b.passiveCheck }}
  {{- if .enabled }}
  passive:
    splitExternalLocalOriginErrors: true
    consecutiveLocalOriginFailures: {{ .failures }}
    # Never reached: the count begins with 1.
    consecutive5XxErrors: 0
    interval: {{ .interval }}
    baseEjectionTime: {{ .ejectionTime }}
    maxEjectionPercent: {{ .maxEjectedPercent }}
  {{- end }}
  {{- end }}
{{- end }}

{{/* The same with what a gateway lays over: v, gateway */}}
{{- define "gateway.backendOf" -}}
{{- $made := include "gateway.backend" . | fromYaml }}
{{- mergeOverwrite $made (deepCopy .gateway.backendTraffic) | toYaml }}
{{- end }}
