// This file asks doctor of machines that lack something: each is this one, with a file hidden or a firewall in the way.
package test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

type diagnosis struct{ Check, State, Found, Lost, Remedy string }

// diagnose prepares a machine in namespaces of its own and asks doctor there.
func diagnose(t *testing.T, prepare string) (found map[string]diagnosis, code int) {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Binary("unshare"), testkit.Binary("nft"))
	script := "ip link set lo up\n" + prepare + "\nexec " + testkit.Program(t, "glassbox") + " --root " + t.TempDir() + " doctor --json"
	r := finished(t, exec.Command("unshare", "--mount", "--net", "sh", "-ec", script))
	var list []diagnosis
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
		t.Fatalf("%v: %s", err, r)
	}
	found = map[string]diagnosis{}
	for _, d := range list {
		found[d.Check] = d
		if d.State != "ok" && (d.Remedy == "" || d.Lost == "" && d.State == "degraded") {
			t.Errorf("%s is %s, and what is lost or the remedy is not said: %+v", d.Check, d.State, d)
		}
	}
	return found, r.code
}

func TestDoctor(t *testing.T) {
	healthy, code := diagnose(t, "")
	if code != 0 || len(healthy) < 24 {
		t.Errorf("exit code %d, %d checks", code, len(healthy))
	}
	const drops = "nft add table inet mine; nft 'add chain inet mine forward { type filter hook forward priority 0; policy drop; }'"
	const hideConfig = "mount --bind /dev/null /proc/config.gz 2>/dev/null || :; mount -t tmpfs none /boot; mount -t tmpfs none /lib/modules 2>/dev/null || :"
	for _, c := range []struct {
		check, prepare, state, found, remedy string
		code                                 int
	}{
		{"cgroups", "mount -t tmpfs none /sys/fs/cgroup", "missing", "none", "mount -t cgroup2", 1},
		{"pressure", "mount -t tmpfs none /proc/pressure", "degraded", "CONFIG_PSI", "psi=1", 0},
		{"other firewalls", drops, "degraded", "inet mine forward", "nft insert rule inet mine forward iifname", 0},
		{"seccomp", "mount -t tmpfs none /proc/sys/kernel/seccomp", "degraded", "no system calls", "unconfined", 0},
		{"config", hideConfig, "degraded", "", "", 0},
	} {
		if c.check == "pressure" && testkit.Cgroup2().Met() == nil {
			continue // version 2 counts in files of its own as well
		}
		if healthy[c.check].State == c.state && c.check != "config" {
			t.Logf("%s: this machine is %s anyway", c.check, c.state)
			continue
		}
		got, code := diagnose(t, c.prepare)
		d := got[c.check]
		if d.State != c.state || !strings.Contains(d.Found, c.found) || !strings.Contains(d.Remedy, c.remedy) || code != c.code {
			t.Errorf("%s\nis   %+v, exit code %d\nwant %+v", c.prepare, d, code, c)
		}
	}
}

// Docker's chain is asked by each bridge that is built; what doctor says of another's is a command that opens it.
func TestDoctorOfOtherFirewalls(t *testing.T) {
	const chain = "forward { type filter hook forward priority 0; policy drop; }'"
	docker := "nft add table ip filter; nft 'add chain ip filter " + strings.Replace(chain, "forward", "FORWARD", 1)
	drops := "nft add table inet mine; nft 'add chain inet mine " + chain
	if found, _ := diagnose(t, docker); found["other firewalls"].State != "ok" || !strings.Contains(found["other firewalls"].Found, "ip filter FORWARD drops") {
		t.Errorf("with Docker's chain: %+v", found["other firewalls"])
	}
	closed, _ := diagnose(t, docker+"\n"+drops)
	if closed["other firewalls"].State != "degraded" {
		t.Fatalf("with another's chain: %+v", closed["other firewalls"])
	}
	opened, _ := diagnose(t, docker+"\n"+drops+"\n"+closed["other firewalls"].Remedy)
	if opened["other firewalls"].State != "ok" {
		t.Errorf("after its own remedy, %s: %+v", closed["other firewalls"].Remedy, opened["other firewalls"])
	}
}

func TestDoctorOfAFullDisk(t *testing.T) {
	testkit.Need(t, testkit.Root())
	dir := t.TempDir()
	must(t, exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "none", dir).Run())
	defer func() { must(t, exec.Command("umount", dir).Run()) }()
	r := finished(t, exec.Command(testkit.Program(t, "glassbox"), "--root", dir+"/not/yet", "doctor"))
	if r.code != 1 || !strings.Contains(r.stdout, "room for an image") {
		t.Error(r)
	}
}
