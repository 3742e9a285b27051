module github.com/fluxcd/flagger

go 1.26.6

require (
	k8s.io/apimachinery v0.36.3
)
