// This file checks the guesses, with the cgroups, parents and mounts that engines make.
package xray

import (
	"strings"
	"testing"

	"glassbox/kernel/look"
)

func TestOrigin(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct {
		by, id, cgroup, parent string
	}{
		{"docker", id, "/docker/" + id, ""},
		{"docker", id, "/system.slice/docker-" + id + ".scope", ""},
		{"docker", id, "/elsewhere/" + id, "/usr/bin/containerd-shim-runc-v2 -namespace moby -id " + id},
		{"podman", id, "/machine.slice/libpod-" + id + ".scope/container", ""},
		{"podman", id, "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope", ""},
		{"podman", id, "/", "/usr/bin/conmon --api-version 1 -c " + id + " -u " + id},
		{"kubernetes", "cri-containerd-" + id + ".scope", "/kubepods.slice/kubepods-pod12.slice/cri-containerd-" + id + ".scope", ""},
		{"cri-o", id, "/crio-" + id, ""},
		{"containerd", "redis", "/default/redis", "containerd-shim-runc-v2 -namespace default -id redis -address x"},
		{"glassbox", id, "/glassbox/" + id, ""},
		{"lxc", "web", "/lxc.payload.web/init.scope", ""},
		{"systemd-nspawn", "deb", "/machine.slice/systemd-nspawn@deb.service/payload", ""},
		{"flatpak", "org.gimp.GIMP-123", "/user.slice/app-flatpak-org.gimp.GIMP-123.scope", ""},
		{"chromium", "", "/user.slice/session-2.scope", "/usr/lib/chromium/chromium --type=zygote --enable"},
		{"bubblewrap", "", "/", "bwrap --unshare-all sh"},
		{"systemd", "ssh.service", "/system.slice/ssh.service", "/lib/systemd/systemd --system"},
		{"systemd", "session-2.scope", "/user.slice/user-1000.slice/session-2.scope", "-bash"},
		{"unknown", "", "/", "bash"},
	} {
		r := Report{Cgroups: Cgroups{Groups: []look.Membership{{Path: "/"}, {Path: c.cgroup}}}}
		r.Namespaces = []Namespace{{Type: "mnt", Whose: Own}}
		if c.parent != "" {
			r.Ancestors = []look.Ancestor{{PID: 7, Args: strings.Fields(c.parent)}}
		}
		for range 2 {
			o := originOf(r, nil)
			if o.By != c.by || o.ID != c.id || len(o.Evidence) == 0 {
				t.Errorf("cgroup %s, parent %q: %+v, want %s %s", c.cgroup, c.parent, o, c.by, c.id)
			}
			if c.parent != "" {
				r.Ancestors[0].Args = []string{c.parent} // a title, as real Chromium has
			}
		}
	}
}

// The negative control: a name among the ancestors means nothing where nothing is isolated.
func TestOriginOfTheOrdinary(t *testing.T) {
	r := Report{Ancestors: []look.Ancestor{{PID: 7, Args: []string{"bwrap", "sh"}}}, Namespaces: []Namespace{{Type: "mnt", Whose: Host}}}
	if o := originOf(r, nil); o.By != "unknown" {
		t.Errorf("an ordinary process was started by %+v", o)
	}
}

func TestOriginByMounts(t *testing.T) {
	id := strings.Repeat("ab", 32)
	mounts := []look.Mount{{Point: "/etc/hosts", Root: "/var/lib/docker/containers/" + id + "/hosts"}}
	if o := originOf(Report{}, mounts); o.By != "docker" || o.ID != id {
		t.Errorf("a container with Docker's hosts file was started by %+v", o)
	}
}
