// This file guesses who started a process from the traces that engines leave: the name of a cgroup, a parent's name, where the
// layers of the root lie. Each trace is told, so that a reader can judge for himself.
package xray

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"glassbox/kernel/look"
)

// Origin is the guess.
type Origin struct {
	By       string   `json:"by"`           // "docker", "podman" …; "unknown"
	ID       string   `json:"id,omitempty"` // of the container, unit or session
	Evidence []string `json:"evidence"`
}

// trace is what one kind of starter leaves behind. An expression is matched with the cgroup's path; with an ancestor's command, its
// program without the directory; with the sources of mounts. Its group is the id.
type trace struct {
	by                        string
	cgroup, ancestor, sources *regexp.Regexp
}

// traces lists who is nearest to a container first: what runs in a container of Docker has systemd among its ancestors, too.
func traces() []trace {
	x := regexp.MustCompile
	const id = `([0-9a-f]{64})`
	return []trace{
		{"kubernetes", x(`/kubepods[^/]*/.*?([^/]+)$`), x(`^containerd-shim\S* .*-namespace k8s\.io`), x(`/var/lib/kubelet/pods/([^/]+)`)},
		{"docker", x(`/docker[/-]` + id), x(`^containerd-shim\S* .*-namespace moby.* -id ` + id), x(`/docker/containers/` + id)},
		{"podman", x(`/libpod-` + id), x(`^conmon .*-c ` + id), x(`/(?:overlay|vfs)-containers/` + id)},
		{"cri-o", x(`/crio-` + id), nil, nil},
		{"containerd", x(`/cri-containerd-` + id), x(`^containerd-shim\S* .*-id (\S+)`), x(`/io\.containerd\.\S*?snapshots/(\d+)`)},
		{"glassbox", x(`/glassbox/` + id), x(`^glassbox: shim ([0-9a-f]+)`), x(`/containers/` + id + `/etc/hosts`)},
		{"lxc", x(`/lxc(?:\.payload\.|/)([^/]+)`), x(`^lxc-start .*`), nil},
		{"systemd-nspawn", x(`/machine\.slice/machine-(.+)\.scope|systemd-nspawn@(.+)\.service`), x(`^systemd-nspawn .*`), nil},
		{"flatpak", x(`/app-flatpak-(.+)\.scope`), x(`^flatpak .*`), nil},
		{"snap", x(`/snap\.([^/]+)\.scope`), nil, nil},
		{"chromium", nil, x(`^(?:chrome|chromium|electron|msedge|brave)\S* .*--type=zygote`), nil},
		{"bubblewrap", nil, x(`^bwrap .*`), nil},
		{"runc", nil, x(`^runc .*`), nil},
		{"crun", nil, x(`^crun .*`), nil},
		{"unshare", nil, x(`^unshare .*`), nil},
		{"systemd", x(`/([^/]+\.(?:service|scope))$`), nil, nil},
	}
}

// originOf takes the first row of the table of which there is a trace.
func originOf(r Report, mounts []look.Mount) Origin {
	for _, t := range traces() {
		o := Origin{By: t.by}
		o.addCgroup(t.cgroup, r.Cgroups.Groups)
		o.addAncestor(t.ancestor, r)
		o.addSource(t.sources, mounts)
		if len(o.Evidence) > 0 {
			return o
		}
	}
	return Origin{By: "unknown", Evidence: []string{"no engine's trace; namespaces of its own: " + strings.Join(r.ownTypes(), " ")}}
}

func (o *Origin) addCgroup(x *regexp.Regexp, groups []look.Membership) {
	for _, g := range groups {
		if o.matches(x, g.Path) {
			o.Evidence = append(o.Evidence, "its cgroup is "+g.Path)
			return
		}
	}
}

// addAncestor believes a name only where something is isolated: a shell that was started by unshare starts ordinary programs, too.
func (o *Origin) addAncestor(x *regexp.Regexp, r Report) {
	if len(r.Namespaces) > 0 && len(r.ownTypes()) == 0 {
		return
	}
	for _, a := range r.Ancestors {
		if text := command(a.Args, a.Name); o.matches(x, text) {
			o.Evidence = append(o.Evidence, fmt.Sprintf("it descends from %d, %s", a.PID, shortened(text)))
			return
		}
	}
}

func (o *Origin) addSource(x *regexp.Regexp, mounts []look.Mount) {
	for _, m := range mounts {
		for _, source := range []string{m.Root, m.SuperOptions} {
			if o.matches(x, source) {
				o.Evidence = append(o.Evidence, fmt.Sprintf("its mount %s comes from %s", m.Point, x.FindString(source)))
				return
			}
		}
	}
}

// matches keeps the id that the expression has found.
func (o *Origin) matches(x *regexp.Regexp, text string) bool {
	if x == nil {
		return false
	}
	found := x.FindStringSubmatch(text)
	if found == nil {
		return false
	}
	for _, id := range found[1:] {
		if o.ID == "" {
			o.ID = id
		}
	}
	return true
}

// command is a command line whose program has no directory; a kernel thread's or a zombie's name stands alone. Who gives itself a
// title, as Chromium does, has all words in one.
func command(args []string, name string) string {
	if len(args) == 0 {
		return name
	}
	program, rest := args[0], strings.Join(args[1:], " ")
	if len(args) == 1 {
		program, rest, _ = strings.Cut(program, " ")
	}
	return path.Base(program) + " " + rest
}

func shortened(text string) string {
	if len(text) > 70 {
		return fmt.Sprintf("%.67s…", text)
	}
	return strings.TrimSpace(text)
}
