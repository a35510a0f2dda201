// This file checks the sentences on made-up reports; the real ones are in the end-to-end tests.
package xray

import (
	"slices"
	"strings"
	"testing"

	"glassbox/kernel/look"
	"glassbox/kernel/look/devices"
)

// isolated is a report of a process that is wholly isolated, but for the kernel.
func isolated() Report {
	r := Report{Label: "docker-default (enforce)"}
	for _, typ := range []string{"mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time"} {
		r.Namespaces = append(r.Namespaces, Namespace{Type: typ, Whose: Own})
	}
	r.Process = look.Process{Seccomp: "filter", NoNewPrivs: true}
	r.Cgroups.Limits = []look.Limit{{Resource: "memory limit", Present: true, Value: "1"}}
	for _, resource := range []string{"memory limit", "pids limit", "cpu quota"} {
		r.Cgroups.Bounds = append(r.Cgroups.Bounds, look.Limit{Resource: resource})
	}
	r.Files.Root.Options = "ro"
	return r
}

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Report)
	}{
		{"", func(*Report) {}},
		{"seccomp", func(r *Report) { r.Process.Seccomp = "disabled" }},
		{"no-new-privileges", func(r *Report) { r.Process.NoNewPrivs = false }},
		{"label", func(r *Report) { r.Label = "unconfined" }},
		{"host-pid", func(r *Report) { r.Namespaces[1].Whose = Host }},
		{"host-network", func(r *Report) { r.Namespaces[2].Whose = Reader }},
		{"", func(r *Report) { r.Namespaces[2].Whose = "" }}, // unread: nothing is said
		{"memory", func(r *Report) { r.Cgroups.Bounds = r.Cgroups.Bounds[1:] }},
		{"", func(r *Report) { r.Cgroups = Cgroups{} }},
		{"root-writable", func(r *Report) { r.Files.Root.Options = "rw" }},
		{"oom-score", func(r *Report) { r.Process.OOMScoreAdj = -500 }},
		{"cgroups-writable", func(r *Report) { r.Files.Cgroups = []string{"/sys/fs/cgroup"} }},
		{"propagation", func(r *Report) { r.Files.Shared = []string{"/data"} }},
		{"devices host-users", func(r *Report) {
			r.Namespaces[5].Whose, r.Process.UID.Effective = "", 0 // as if the user namespace could not be seen
			r.Process.UIDMap = []look.IDRange{{Size: 1<<32 - 1}}
			r.Process.Capabilities.Effective.Names = []string{"CAP_MKNOD"}
			r.Cgroups.Devices = &devices.Allowed{Version: 2}
		}},
		{"engine-socket", func(r *Report) { r.Files.Host = []HostDir{{"/run/docker.sock", "/s", true}} }},
		{"host-root", func(r *Report) { r.Files.Host = []HostDir{{"/etc", "/e", true}} }},
		{"host-directories-read", func(r *Report) { r.Files.Host = []HostDir{{"/etc", "/e", false}} }},
		{"", func(r *Report) { r.Capabilities.Extra = []string{"CAP_BPF"} }}, // of its own user namespace alone
	} {
		r := isolated()
		c.change(&r)
		var names []string
		for _, f := range findings(r) {
			names = append(names, f.Name)
		}
		want := append(strings.Fields(c.want), "kernel")
		if !slices.Equal(names, want) {
			t.Errorf("not isolated: %v, want %v", names, want)
		}
	}
}

func TestExplainedNamesTheWorst(t *testing.T) {
	got := explained([]string{"CAP_LEASE", "CAP_SYS_TIME", "CAP_SYS_ADMIN", "CAP_BPF"}, 2)
	if want := "CAP_SYS_ADMIN (mount, and much else), CAP_BPF (load programs into the kernel), and 2 more"; got != want {
		t.Errorf("explained: %s", got)
	}
}

func TestHostDirs(t *testing.T) {
	host := []look.Mount{{Point: "/", Root: "/", Major: 8}, {Point: "/run", Root: "/", Major: 9, FSType: "tmpfs"}}
	inside := []look.Mount{
		{Point: "/", Root: "/", Major: 50, FSType: "overlay", Options: "rw"},
		{Point: "/proc", Root: "/", Major: 51, FSType: "proc", Options: "rw"},
		{Point: "/data", Root: "/srv/data", Major: 8, Options: "ro"},
		{Point: "/data/sub", Root: "/srv/data/sub", Major: 8, Options: "ro"},
		{Point: "/s", Root: "/docker.sock", Major: 9, FSType: "tmpfs", Options: "rw"},
		{Point: "/etc/hosts", Root: "/var/lib/docker/containers/x/hosts", Major: 8, Options: "rw"},
		{Point: "/dev/null", Root: "/null", Major: 6, FSType: "devtmpfs", Options: "rw"},
	}
	want := []HostDir{{"/srv/data", "/data", false}, {"/run/docker.sock", "/s", true}}
	if got := hostDirs(host, inside); !slices.Equal(got, want) {
		t.Errorf("of the host: %+v, want %+v", got, want)
	}
}

func TestDenies(t *testing.T) {
	null := devices.Rule{Allow: true, Type: "c", Major: 1, Minor: 3, Access: "rwm"}
	all := devices.Rule{Allow: true, Type: "a", Major: -1, Minor: -1, Access: "rwm"}
	none := devices.Rule{Type: "a", Major: -1, Minor: -1, Access: "rwm"}
	for _, c := range []struct {
		rules []devices.Rule
		want  bool
	}{
		{[]devices.Rule{all}, false},
		{[]devices.Rule{null, all, none}, false},
		{[]devices.Rule{null, none}, true},
		{[]devices.Rule{null}, true},
		{nil, true}, // a program that could not be understood
	} {
		if got := denies(devices.List{Rules: c.rules}); got != c.want {
			t.Errorf("%v denies: %v, want %v", c.rules, got, c.want)
		}
	}
}
