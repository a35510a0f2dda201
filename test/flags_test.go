// This file asks the kernel, from inside, what the flags of run have done. Each line has a control: without the flag the same
// command must say something else.
package test

import (
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// flagCase is a flag and what a container sees with it. The files of cgroups are asked for by v2's name and by v1's.
type flagCase struct{ flags, command, want string }

func TestLimitsReachTheKernel(t *testing.T) {
	cases := []flagCase{
		{"-m 64m", "memory.max memory/memory.limit_in_bytes", `^67108864$`},
		{"-m 64m --memory-swap 96m", "memory.swap.max memory/memory.memsw.limit_in_bytes", `^(33554432|100663296)$`},
		{"--memory-reservation 32m", "memory.low memory/memory.soft_limit_in_bytes", `^33554432$`},
		{"--cpus 0.5", "cpu.max cpu/cpu.cfs_quota_us", `^50000( 100000)?$`},
		{"--cpu-period 50000 --cpu-quota 20000", "cpu.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us", `^(20000 50000|20000\n50000)$`},
		{"-c 512", "cpu.weight cpu/cpu.shares", `^(59|512)$`},
		{"--cpuset-cpus 0", "cpuset.cpus cpuset/cpuset.cpus", `^0$`},
		{"--pids-limit 20", "pids.max pids/pids.max", `^20$`},
	}
	if runtime.NumCPU() == 1 { // a container has processor 0 alone anyway
		cases = slices.DeleteFunc(cases, func(c flagCase) bool { return strings.HasPrefix(c.flags, "--cpuset") })
	}
	checkFlags(t, cases, "cd /sys/fs/cgroup; cat ", " 2>/dev/null")
}

func TestProcessFlagsReachTheKernel(t *testing.T) {
	checkFlags(t, []flagCase{
		{"--oom-score-adj 77", "cat /proc/self/oom_score_adj", `^77$`},
		{"--shm-size 1m", "df /dev/shm | tail -1", `^shm +1024 `},
		{"--ulimit nofile=77:88", "ulimit -n", `^77$`},
		{"--sysctl kernel.shmmni=99", "cat /proc/sys/kernel/shmmni", `^99$`},
		{"--security-opt no-new-privileges", "grep NoNewPrivs /proc/self/status", `1$`},
		{"--security-opt no-new-privileges=true", "grep NoNewPrivs /proc/self/status", `1$`},
		{"--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status", `0$`},
		{"--security-opt systempaths=unconfined", "grep -c ' /proc/' /proc/self/mountinfo", `^0$`},
		{"--cap-drop ALL", "grep CapEff /proc/self/status", `\t0000000000000000$`},
		{"--cap-add SYS_NICE", "grep CapEff /proc/self/status", `\t00000000a88425fb$`},
		{"-u 1000:7 --group-add 9", "id", `^uid=1000.* gid=7.*9`},
		{"--read-only", "touch /x 2>&1", `Read-only file system`},
		{"--device /dev/null:/dev/mine", "ls -l /dev/mine 2>&1", `1, +3`},
		{"--uts host", "hostname | grep -c '^[0-9a-f]\\{12\\}$'", `^0$`},
		{"--pid host", "readlink /proc/self", `^[0-9]{3,}$`},
		{"--ipc none", "ls /dev/shm 2>&1", `No such file`},
		{"--cgroupns host", "grep -c glassbox /proc/self/cgroup", `^[1-9]`},
		{"--init", "cat /proc/1/comm", `glassbox|init`},
		{"--annotation a=b -w /tmp", "pwd", `^/tmp$`},
		{"-a stderr", "echo heard", `^$`},
	}, "", "")
}

// checkFlags runs every command with its flags and without.
func checkFlags(t *testing.T, cases []flagCase, before, after string) {
	p := newPlace(t)
	for _, c := range cases {
		want := regexp.MustCompile(c.want)
		with := p.flagged(c.flags, before+c.command+after)
		if !want.MatchString(strings.TrimSpace(with)) {
			t.Errorf("%s: %s: %q, want %s", c.flags, c.command, with, c.want)
		}
		if without := p.flagged("", before+c.command+after); want.MatchString(strings.TrimSpace(without)) {
			t.Errorf("%s: %s says %q without the flag, too", c.flags, c.command, without)
		}
	}
}

func (p place) flagged(flags, command string) string {
	p.t.Helper()
	args := append([]string{"run", "--rm", "--net", "none"}, strings.Fields(flags)...)
	r := p.run(append(args, "box", "sh", "-c", command)...)
	if strings.HasPrefix(r.stderr, "glassbox:") {
		p.t.Errorf("%s: %s", flags, r)
	}
	return r.stdout
}

// What joins another container sees what that one has, and nothing of a third.
func TestJoinsNamespaces(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "donor", "--net", "none", "--ipc", "shareable", "box", "sh", "-c", "echo shared > /dev/shm/x; exec sleep 1234")
	p.must("run", "-d", "--name", "private", "--net", "none", "box", "sleep", "1234")
	p.eventually("shared", "exec", "donor", "cat", "/dev/shm/x")
	for _, c := range []struct{ flags, command, want string }{
		{"--ipc container:donor", "cat /dev/shm/x", "shared"},
		{"--pid container:donor", "cat /proc/1/cmdline", "sleep\x001234\x00"},
		{"", "cat /proc/1/cmdline; ls /dev/shm", "sh\x00-c\x00"},
	} {
		if got := strings.TrimSpace(p.flagged(c.flags, c.command)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.flags, got, c.want)
		}
	}
	for _, c := range []struct{ flags, want string }{
		{"--ipc container:private", "its IPC namespace is private: make it with --ipc shareable"},
		{"--pid container:nobody", "no such container: nobody"},
		{"--pid nonsense", `--pid: invalid mode "nonsense"`},
		{"--uts host -h web", "conflicting options: hostname and the UTS mode"},
		{"--cpus 1 --cpu-quota 5000", "--cpus says --cpu-period and --cpu-quota in one"},
		{"--memory-reservation 64m -m 32m", "it can not be more than --memory"},
		{"--memory-swappiness 101", "the range is from 0"},
		{"--device-read-bps /dev/null:1m", "/dev/null is no block device"},
		{"--cpu-rt-runtime 950000", "--cpu-rt-"},
	} {
		r := p.run(append(append([]string{"run", "--net", "none"}, strings.Fields(c.flags)...), "box", "true")...)
		if r.code != 125 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: want 125 and %q: %s", c.flags, c.want, r)
		}
	}
	if r := p.run("run", "--net", "none", "-d", "-a", "stdout", "box", "true"); r.code != 1 || !strings.Contains(r.stderr, "conflicting options: --attach and --detach") {
		t.Errorf("-d -a: want 1, as Docker's command line says before it asks its engine: %s", r)
	}
	p.must("rm", "-f", "donor", "private")
}

// A device may be opened by a rule of its numbers, and not without.
func TestDeviceRules(t *testing.T) {
	p := newPlace(t)
	open := []string{"box", "sh", "-c", "mknod /d c 10 237; exec 3<>/d"} // loop-control, or whatever has the numbers: open() is refused first
	refused := p.run(append([]string{"run", "--rm", "--net", "none"}, open...)...)
	allowed := p.run(append([]string{"run", "--rm", "--net", "none", "--device-cgroup-rule", "c 10:* rw"}, open...)...)
	if !strings.Contains(refused.stderr, "Operation not permitted") || strings.Contains(allowed.stderr, "Operation not permitted") {
		t.Errorf("without a rule: %s\nwith it: %s", refused, allowed)
	}
}
