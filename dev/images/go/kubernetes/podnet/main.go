// Podnet is the pod network of a node image that is built without a registry: it runs on every node, tells the
// container runtime which addresses the node's pods get, and keeps a route to the pods of every other node.
// Nodes must share a link, as the containers of kind do. IPv4 only; NetworkPolicies are not enforced.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	networkFile = "/etc/cni/net.d/10-podnet.conflist"
	// A route or rule that somebody took away comes back within this time.
	resync = time.Minute
)

func main() {
	if err := run(); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	node := agent{name: os.Getenv("NODE_NAME"), podSubnet: os.Getenv("POD_SUBNET")}
	if err := node.masquerade(); err != nil {
		return err
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	// Straight to the API server: its service address works only once kube-proxy runs.
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	_, err = factory.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { node.see(object.(*corev1.Node)) },
		UpdateFunc: func(_, object any) { node.see(object.(*corev1.Node)) },
		DeleteFunc: func(object any) {
			if gone, ok := object.(*corev1.Node); ok {
				node.forget(gone)
			}
		},
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown()
	return nil
}

type agent struct {
	name, podSubnet string
}

// see acts on what is known of a node. What fails is tried again at the next resync.
func (a agent) see(node *corev1.Node) {
	if node.Spec.PodCIDR == "" {
		return
	}
	var err error
	if node.Name == a.name {
		if err = a.masquerade(); err == nil {
			err = writeNetwork(node.Spec.PodCIDR)
		}
	} else {
		err = withRoute(node, netlink.RouteReplace)
	}
	if err != nil {
		slog.Error("cannot follow a node", "node", node.Name, "error", err)
	}
}

func (a agent) forget(node *corev1.Node) {
	if err := withRoute(node, netlink.RouteDel); err != nil {
		slog.Error("cannot forget a node", "node", node.Name, "error", err)
	}
}

// masquerade gives what leaves the pod network the node's address; between pods addresses stay as they are.
func (a agent) masquerade() error {
	rule := []string{"POSTROUTING", "-s", a.podSubnet, "!", "-d", a.podSubnet,
		"-m", "addrtype", "!", "--dst-type", "LOCAL", "-j", "MASQUERADE"}
	table := []string{"-w", "-t", "nat"}
	if exec.Command("iptables", append(append(table, "-C"), rule...)...).Run() == nil {
		return nil
	}
	if out, err := exec.Command("iptables", append(append(table, "-A"), rule...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("iptables: %w: %s", err, out)
	}
	return nil
}

// withRoute adds or removes the route to a node's pods.
func withRoute(node *corev1.Node, act func(*netlink.Route) error) error {
	_, pods, err := net.ParseCIDR(node.Spec.PodCIDR)
	if err != nil {
		return err
	}
	for _, address := range node.Status.Addresses {
		if via := net.ParseIP(address.Address).To4(); address.Type == corev1.NodeInternalIP && via != nil {
			return act(&netlink.Route{Dst: pods, Gw: via})
		}
	}
	return nil
}

// writeNetwork tells the container runtime of the node's pods; it is told again only when something has changed.
func writeNetwork(pods string) error {
	network := map[string]any{
		"cniVersion": "1.0.0",
		"name":       "podnet",
		"plugins": []map[string]any{
			{
				"type": "ptp",
				"ipam": map[string]any{
					"type":    "host-local",
					"dataDir": "/run/cni-ipam-state",
					"ranges":  [][]map[string]string{{{"subnet": pods}}},
					"routes":  []map[string]string{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}
	text, err := json.MarshalIndent(network, "", "  ")
	if err != nil {
		return err
	}
	if there, err := os.ReadFile(networkFile); err == nil && string(there) == string(text) {
		return nil
	}
	aside := filepath.Join(filepath.Dir(networkFile), ".podnet")
	if err := os.WriteFile(aside, text, 0o644); err != nil {
		return err
	}
	return os.Rename(aside, networkFile)
}
