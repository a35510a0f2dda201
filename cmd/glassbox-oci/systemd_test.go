// This file tests where --systemd-cgroup puts a container.
package main

import (
	"path"
	"strings"
	"testing"
)

func TestSystemdPath(t *testing.T) {
	for asked, want := range map[string]string{
		"system.slice:docker:abc":              "/system.slice/docker-abc.scope",
		"machine.slice:libpod:abc":             "/machine.slice/libpod-abc.scope",
		"user-1000.slice:libpod:abc":           "/user.slice/user-1000.slice/libpod-abc.scope",
		"a-b-c.slice:cri:x":                    "/a.slice/a-b.slice/a-b-c.slice/cri-x.scope",
		":cri:x":                               "/system.slice/cri-x.scope",
		"-.slice:cri:x":                        "/cri-x.scope",
		"system.slice::x":                      "/system.slice/x.scope",
		"machine.slice:libpod:machine-p.slice": "/machine.slice/machine-p.slice",
		"":                                     "/system.slice/glassbox-id.scope",
	} {
		got, scope, err := systemdPlace(asked, "id")
		if err != nil || got != want {
			t.Errorf("systemdPlace(%q) = %q, %v; want %q", asked, got, err, want)
		}
		if isScope := strings.HasSuffix(want, ".scope"); isScope != (scope != nil) || isScope && scope.Unit != path.Base(want) {
			t.Errorf("systemdPlace(%q) is the unit %v", asked, scope)
		}
	}
	if got, _, err := systemdPlace("/docker/abc", "id"); err == nil {
		t.Errorf("a path as cgroupfs has it became %q", got)
	}
}
