// Package v1beta1 holds of Flagger's API what kubedog, helmfile's optional tracker, reads: the status of a Canary.
// Flagger's own module needs a Kubernetes library (autoscaling/v2beta2) that ended with 1.36.
package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var GroupVersion = schema.GroupVersion{Group: "flagger.app", Version: "v1beta1"}

type CanaryPhase string

const (
	CanaryPhaseInitialized CanaryPhase = "Initialized"
	CanaryPhaseSucceeded   CanaryPhase = "Succeeded"
	CanaryPhaseFailed      CanaryPhase = "Failed"
)

type CanaryCondition struct {
	Message string `json:"message"`
}

type CanaryStatus struct {
	Phase              CanaryPhase       `json:"phase"`
	CanaryWeight       int               `json:"canaryWeight"`
	LastTransitionTime metav1.Time       `json:"lastTransitionTime,omitempty"`
	Conditions         []CanaryCondition `json:"conditions,omitempty"`
}

type Canary struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Status CanaryStatus `json:"status"`
}

func (canary *Canary) DeepCopyObject() runtime.Object {
	made := &Canary{TypeMeta: canary.TypeMeta, Status: canary.Status}
	canary.ObjectMeta.DeepCopyInto(&made.ObjectMeta)
	made.Status.Conditions = append([]CanaryCondition(nil), canary.Status.Conditions...)
	return made
}
