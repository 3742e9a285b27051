{{/* Which image runs, and what its version is called. */}}

{{/* The image's values.  root; track: stable or canary */}}
{{- define "witw.imageValues" -}}
{{- $image := omit .root.Values.image "manage" -}}
{{- if eq .track "canary" }}
{{- $own := .root.Values.canary.image -}}
{{- /* A tag of its own is not hidden by the digest of the other. */ -}}
{{- if and $own.tag (not $own.digest) }}{{- $image = set $image "digest" "" }}{{- end }}
{{- $image = mergeOverwrite $image (deepCopy $own) }}
{{- end }}
{{- toYaml $image }}
{{- end }}

{{- define "witw.image" -}}
{{- $image := include "witw.imageValues" . | fromYaml -}}
{{- with default $image.registry .root.Values.global.imageRegistry }}{{ . }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .root.Chart.AppVersion $image.tag }}{{ end }}
{{- end }}

{{- define "witw.version" -}}
{{- $image := include "witw.imageValues" . | fromYaml -}}
{{- $digest := $image.digest | replace "sha256:" "" | trunc 12 -}}
{{ $image.tag | default $digest | default .root.Chart.AppVersion }}
{{- end }}

{{/* The image that migrates: the newest of those that will run. */}}
{{- define "witw.migratingTrack" -}}
{{ and .Values.canary.enabled .Values.canary.migrate | ternary "canary" "stable" }}
{{- end }}
