// This file tests the filters of ps on containers that need not exist.
package engine

import (
	"strings"
	"testing"

	api "github.com/moby/moby/api/types/container"

	"glassbox/engine/shim/wire"
)

func TestContainerFilters(t *testing.T) {
	web := listed{
		Record: &Record{ID: strings.Repeat("0123456789abcdef", 4), Name: "web", ImageID: "sha256:1", Request: Request{
			Image: "box", Labels: map[string]string{"a": "1"}, Network: Network{Ports: []Port{{Host: 8080, Container: 80}}},
			Mounts: []Mount{{Type: MountVolume, Source: "data", Target: "/srv"}},
		}},
		status: wire.Status{State: wire.Ended, ExitCode: 3},
	}
	web.summary = api.Summary{State: "exited", Health: &api.HealthSummary{Status: "none"}}
	web.summary.NetworkSettings = &api.NetworkSettingsSummary{}
	web.summary.HostConfig.NetworkMode = "bridge"
	e := &Engine{Root: t.TempDir()}
	for text, want := range map[string]bool{
		"": true, "status=exited": true, "status=running": false, "status=running status=exited": true, "name=we": true, "name=^eb": false,
		"name=^/web$": true, "status=exited name=db": false, "id=0123": true, "id=123": false, "label=a": true, "label=a=1": true,
		"label=a=2": false, "label=a label=b": false, "ancestor=box": true, "ancestor=other": false, "exited=3": true, "exited=0": false,
		"health=none": true, "health=healthy": false, "volume=data": true, "volume=/srv": true, "volume=x": false, "network=bridge": true,
		"network=none": false, "publish=8080": true, "publish=80": false, "expose=80/tcp": true, "expose=80/udp": false, "publish=8000-8100": true,
	} {
		f, err := ParseFilters(strings.Fields(text), ContainerFilters())
		if err != nil {
			t.Fatal(err)
		}
		pass, err := passes(f, e.filter)
		if err != nil || pass(web) != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	for _, bad := range []string{"status=odd", "health=odd", "name=(", "exited=x", "before=nobody"} {
		f, err := ParseFilters([]string{bad}, ContainerFilters())
		if err == nil {
			_, err = passes(f, e.filter)
		}
		if err == nil {
			t.Errorf("--filter %s: no error", bad)
		}
	}
	for _, bad := range []string{"status", "colour=red"} {
		if _, err := ParseFilters([]string{bad}, ContainerFilters()); err == nil {
			t.Errorf("--filter %s: no error", bad)
		}
	}
}
