{{/* Fields of Envoy's HTTP connection manager, as a list of path and value: v */}}
{{- define "gateway.patches" -}}
- {path: /server_name, value: {{ .v.serverName }}}
- {path: /server_header_transformation, value: OVERWRITE}
- {path: /always_set_request_id_in_response, value: true}
- {path: /max_request_headers_kb, value: {{ .v.client.maxHeadersKiB }}}
- {path: /common_http_protocol_options/max_headers_count, value: {{ .v.client.maxHeaders }}}
- path: /local_reply_config
  value: {mappers: {{ toJson .v.localReplies }}}
{{- with .v.compression }}
{{- if .enabled }}
- path: /http_filters/0
  value:
    name: envoy.filters.http.compressor
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor
      response_direction_config:
        common_config:
          min_content_length: {{ .minContentLength }}
          content_type: {{ toJson .contentTypes }}
      compressor_library:
        name: gzip
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip
          compression_level: BEST_SPEED
          memory_level: 5
          window_bits: 14
{{- end }}
{{- end }}
{{- with .v.loginLimit }}
{{- if .enabled }}
- path: /http_filters/0
  value:
    name: witw.login_limit
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
      stat_prefix: login
      filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED}}
      filter_enforced: {default_value: {numerator: 100, denominator: HUNDRED}}
      # No limit by itself; only what the descriptor below is about.
      token_bucket: {max_tokens: 4294967295, tokens_per_fill: 4294967295, fill_interval: 1s}
      always_consume_default_token_bucket: false
      rate_limits:
        - actions:
            - header_value_match:
                descriptor_key: witw
                descriptor_value: login
                headers:
                  - {name: ":method", string_match: {exact: {{ .method }}}}
                  - {name: ":path", string_match: {safe_regex: {regex: {{ printf "%s([?].*)?" .path | quote }}}}}
      descriptors:
        - entries: [{key: witw, value: login}]
          token_bucket: {max_tokens: {{ .burst }}, tokens_per_fill: {{ .perSecond }}, fill_interval: 1s}
{{- end }}
{{- end }}
{{- end }}
