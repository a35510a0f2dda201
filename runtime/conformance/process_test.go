// This file: the process. config.md, "Process", "Linux Process", "User".
package conformance

import (
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
)

// fields runs a script and gives its words, one blank between.
func (b *box) fields(script string) string {
	b.t.Helper()
	return strings.Join(strings.Fields(b.output(script)), " ")
}

func TestUser(t *testing.T) {
	b := newBox(t)
	b.spec.Process.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{7, 8}, Umask: pointer(uint32(0o027)), Username: "ignored"}
	want(t, "user", b.fields("id -u; id -g; id -G; umask"), "1000 1001 1001 7 8 0027")
}

func TestWorkingDirectoryIsMade(t *testing.T) {
	b := newBox(t)
	b.spec.Process.Cwd = "/made/here"
	want(t, "directory", b.fields("pwd"), "/made/here")
	b.spec.Process.Cwd = "relative"
	b.refused("process.cwd", "relative")
}

func TestEnvironment(t *testing.T) {
	b := newBox(t)
	check(t, os.WriteFile(b.path("etc/passwd"), []byte("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"), 0o644))
	b.spec.Process.Env = []string{"PATH=/bin", "A=b=c", "EMPTY="}
	b.spec.Process.User.UID = 1000
	want(t, "environment", b.fields(`echo "$A" "[$EMPTY]" "$HOME"`), "b=c [] /home/user")
	b.spec.Process.Env = append(b.spec.Process.Env, "HOME=/mine")
	want(t, "HOME that is given", b.fields(`echo "$HOME"`), "/mine")
	for _, bad := range []string{"NOTHING", "=value", "A=\x00"} {
		b.spec.Process.Env = []string{bad}
		b.refused("process.env")
	}
}

func TestRlimits(t *testing.T) {
	b := newBox(t)
	b.spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 200}, {Type: "RLIMIT_CORE"}}
	want(t, "limits", b.fields("ulimit -Sn; ulimit -Hn; ulimit -c"), "100 200 0")
	for words, bad := range map[string][]specs.POSIXRlimit{
		"RLIMIT_NOFILE": {{Type: "RLIMIT_NOFILE", Hard: 1}, {Type: "RLIMIT_NOFILE", Hard: 1}},
		"RLIMIT_TALK":   {{Type: "RLIMIT_TALK", Hard: 1}},
		"above":         {{Type: "RLIMIT_CORE", Soft: 2, Hard: 1}},
	} {
		b.spec.Process.Rlimits = bad
		b.refused(words)
	}
}

func TestHardLimitThatCanNotBeRaised(t *testing.T) {
	b := mapped(t) // its root has no rights over the host
	b.spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 1 << 62, Hard: 1 << 62}}
	b.refused("RLIMIT_NOFILE", "not permitted")
}

func TestCapabilities(t *testing.T) {
	b := newBox(t)
	c := b.spec.Process.Capabilities
	c.Bounding = []string{"CAP_CHOWN", "CAP_KILL", "CAP_LATER", "CAP_NET_RAW"}
	c.Permitted, c.Effective = []string{"CAP_CHOWN", "CAP_KILL"}, []string{"CAP_CHOWN"}
	c.Inheritable, c.Ambient = []string{"CAP_KILL"}, []string{"CAP_KILL"}
	b.spec.Process.User.UID = 1000
	want(t, "sets", b.fields("grep ^Cap /proc/self/status"),
		"CapInh: 0000000000000020 CapPrm: 0000000000000020 CapEff: 0000000000000020 CapBnd: 0000000000002021 CapAmb: 0000000000000020")
	if len(b.warnings) != 1 || !strings.Contains(b.warnings[0], "CAP_LATER") {
		t.Errorf("warnings: %q", b.warnings)
	}
}

func TestNoNewPrivileges(t *testing.T) {
	for on, want := range map[bool]string{true: "NoNewPrivs: 1", false: "NoNewPrivs: 0"} {
		b := newBox(t)
		b.spec.Process.NoNewPrivileges = on
		if got := b.fields("grep NoNewPrivs /proc/self/status"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestOOMScore(t *testing.T) {
	b := newBox(t)
	own, err := os.ReadFile("/proc/self/oom_score_adj")
	check(t, err)
	want(t, "inherited score", b.fields("cat /proc/self/oom_score_adj"), strings.TrimSpace(string(own)))
	b.spec.Process.OOMScoreAdj = pointer(777)
	want(t, "score", b.fields("cat /proc/self/oom_score_adj"), "777")
	b.spec.Process.OOMScoreAdj = pointer(1001)
	b.refused("oomScoreAdj", "1001")
}

func TestSchedulerAndPriorities(t *testing.T) {
	b := newBox(t)
	b.spec.Process.Scheduler = &specs.Scheduler{Policy: specs.SchedBatch, Nice: 5}
	b.spec.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE, Priority: 6}
	out := strings.Fields(b.output("cat /proc/self/stat; ionice -p $$"))
	const nice, policy = 18, 40 // man 5 proc_pid_stat, counted from 0
	want(t, "nice, policy (3 is SCHED_BATCH), disk", out[nice]+" "+out[policy]+" "+strings.Join(out[len(out)-3:], " "), "5 3 best-effort: prio 6")
	b.spec.Process.Scheduler = &specs.Scheduler{Policy: "SCHED_FAIR"}
	b.refused("SCHED_FAIR")
	b.spec.Process.Scheduler = nil
	b.spec.Process.IOPriority = &specs.LinuxIOPriority{Class: specs.IOPRIO_CLASS_BE, Priority: 9}
	b.refused("ioprio_set")
}

func TestExecCPUAffinity(t *testing.T) {
	testkit.Need(t, testkit.Processors(2))
	b := newBox(t)
	c := b.start("sleep 100")
	p := *b.spec.Process
	p.ExecCPUAffinity = &specs.CPUAffinity{Initial: "0", Final: "1"}
	out, _ := b.visit(c, p, "grep Cpus_allowed_list /proc/self/status")
	want(t, "final", strings.Join(strings.Fields(out), " "), "Cpus_allowed_list: 1")
	p.ExecCPUAffinity = nil
	if out, _ = b.visit(c, p, "grep Cpus_allowed_list /proc/self/status"); strings.Fields(out)[1] == "1" {
		t.Error("negative control: an exec without affinity is bound as well")
	}
}

func TestLabelsTheHostDoesNotHaveAreRefused(t *testing.T) {
	b := newBox(t)
	b.spec.Process.ApparmorProfile = "acme"
	if on, err := os.ReadFile("/sys/module/apparmor/parameters/enabled"); err == nil && on[0] == 'Y' {
		b.refused("AppArmor profile", "acme", "no such file") // the kernel does not know the profile
	} else {
		b.refused("apparmorProfile", "acme", "AppArmor")
	}
	b.spec.Process.ApparmorProfile, b.spec.Process.SelinuxLabel = "", "system_u:x"
	b.refused("selinuxLabel")
	b.spec.Process.SelinuxLabel, b.spec.Linux.MountLabel = "", "system_u:x"
	b.refused("mountLabel")
	b.spec.Linux.MountLabel, b.spec.Process.ApparmorProfile = "", "unconfined"
	b.output("true")
}

func TestTerminalOfTheContainer(t *testing.T) {
	b := newBox(t)
	c := b.start("sleep 100")
	p := *b.spec.Process
	p.User.UID = 1000
	want(t, "another user's terminal", strings.Join(strings.Fields(b.terminal(c, p, "tty; echo x > $(tty)")), " "), "/dev/pts/0 x")
}
