// Package scheme makes Flagger's Canary known to Kubernetes' client.
package scheme

import (
	"github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(v1beta1.GroupVersion, &v1beta1.Canary{})
	metav1.AddToGroupVersion(scheme, v1beta1.GroupVersion)
	return nil
}
