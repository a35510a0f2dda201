// This file says what is not isolated: one row for each thing, the heaviest first. A row says nothing where the process is isolated,
// and nothing where that could not be read.
package xray

import (
	"fmt"
	"strings"
)

// Finding is one sentence, with a name by which programs know it.
type Finding struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// check looks for one thing that is not isolated; say returns the sentence, or nothing.
type check struct {
	name string
	say  func(r Report) string
}

func checks() []check {
	return []check{
		// With these it is as good as root outside.
		{"engine-socket", sayEngineSocket},
		{"host-root", sayHostRoot},
		{"host-mounts", sayHostMounts},
		{"capabilities", sayCapabilities},
		{"devices", sayDevices},
		{"system-files", sayOpenFiles},
		{"cgroups-writable", sayWritableCgroups},
		// These let it see or disturb others.
		{"host-pid", sayShared("pid", "it sees every process there, and may signal those of its user")},
		{"host-network", sayShared("net", "every port it opens is open there, and it reaches what listens on 127.0.0.1 there")},
		{"other-containers", sayCompanions},
		{"host-directories", sayHostDirectories},
		{"host-users", sayUsers},
		{"seccomp", saySeccomp},
		{"host-ipc", sayShared("ipc", "it can open the shared memory and the message queues of programs there")},
		{"host-cgroups", sayShared("cgroup", "it sees in which cgroups it is, and the names above")},
		{"propagation", sayPropagation},
		{"no-new-privileges", sayNewPrivileges},
		{"label", sayLabel},
		// These let it take too much.
		{"memory", sayUnbounded("memory limit", "memory", "when it takes all, the kernel kills others, too")},
		{"processes", sayUnbounded("pids limit", "processes", "a fork bomb in it stops the machine")},
		{"processors", sayUnbounded("cpu quota", "processor time", "it may keep every processor busy")},
		{"oom-score", sayOOMScore},
		// These are small, or so with all containers.
		{"host-name", sayShared("uts", "it sees the machine's name, and may change it with CAP_SYS_ADMIN")},
		{"host-directories-read", sayReadableDirectories},
		{"root-writable", sayRoot},
		{"kernel", sayKernel},
	}
}

func findings(r Report) []Finding {
	found := []Finding{}
	for _, c := range checks() {
		if text := c.say(r); text != "" {
			found = append(found, Finding{c.name, text})
		}
	}
	return found
}

// sayShared speaks of a namespace that is not its own.
func sayShared(typ, so string) func(Report) string {
	what := map[string]string{"pid": "processes", "net": "network", "ipc": "IPC", "cgroup": "view of cgroups", "uts": "hostname"}[typ]
	return func(r Report) string {
		switch r.namespace(typ).Whose {
		case Host:
			return fmt.Sprintf("It shares the host's %s: %s.", what, so)
		case Reader:
			return fmt.Sprintf("It shares the %s of whoever runs this command: %s.", what, so)
		}
		return ""
	}
}

// sayCompanions speaks of namespaces that another container, or another process of a pod, is in.
func sayCompanions(r Report) string {
	var words []string
	for _, ns := range r.Namespaces {
		if len(ns.With) > 0 {
			words = append(words, fmt.Sprintf("its %s namespace with process %d", ns.Type, ns.With[0]))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "It shares with processes that see other files: " + strings.Join(words, ", ") + "."
}

// sayUnbounded speaks of what no cgroup limits, neither its own nor one above.
func sayUnbounded(resource, what, so string) func(Report) string {
	return func(r Report) string {
		if len(r.Cgroups.Limits) == 0 || r.Cgroups.bounded(resource) {
			return ""
		}
		return fmt.Sprintf("No cgroup limits its %s: %s.", what, so)
	}
}

func sayOOMScore(r Report) string {
	if r.Process.OOMScoreAdj >= 0 {
		return ""
	}
	return fmt.Sprintf("Its oom_score_adj is %d: when memory runs out, others are killed before it.", r.Process.OOMScoreAdj)
}

// sayKernel is true of every process, and what a virtual machine is for.
func sayKernel(Report) string {
	return "It shares the kernel with everything else here: a hole in that is a way out."
}
