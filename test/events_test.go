// This file reads the news of networks and volumes: who uses them, from when to when.
package test

import (
	"strings"
	"testing"
	"time"
)

func TestEventsOfNetworksAndVolumes(t *testing.T) {
	p := newPlace(t)
	since := time.Now().Format(time.RFC3339Nano)
	p.must("network", "create", "mynet")
	p.must("run", "--rm", "--name", "con", "--network", "mynet", "-v", "kept:/data", "box", "true")
	p.must("network", "rm", "mynet")
	heard := func(filter ...string) string {
		words := append([]string{"events", "--since", since, "--until", "0s", "--format", "{{.Type}} {{.Action}}"}, filter...)
		return strings.ReplaceAll(p.must(words...), "\n", ", ")
	}
	if got := heard("--filter", "network=mynet"); got != "network create, network connect, network disconnect, network destroy, " {
		t.Errorf("of the network: %s", got)
	}
	if got := heard("--filter", "volume=kept"); got != "volume create, volume mount, volume unmount, " {
		t.Errorf("of the volume: %s", got)
	}
	all := heard()
	if connect, start := strings.Index(all, "network connect"), strings.Index(all, "container start"); connect < 0 || start < connect {
		t.Errorf("connected before it starts: %s", all)
	}
	if got := heard("--filter", "network=other"); got != "" { // the control
		t.Errorf("of a network that is not there: %s", got)
	}
}
