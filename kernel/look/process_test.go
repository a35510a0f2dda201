// This file checks what is said of processes, against processes that gave something up.
package look

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestCapabilityNames(t *testing.T) {
	if got := CapabilityNames(1<<0 | 1<<21 | 1<<40 | 1<<63); !slices.Equal(got,
		[]string{"CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE", "CAP_63"}) {
		t.Errorf("names %v", got)
	}
	if got := CapabilityNames(0); len(got) != 0 {
		t.Errorf("no capabilities are called %v", got)
	}
}

func TestProcessThatGaveThingsUp(t *testing.T) {
	pid := inside(t, "--uts", `exec setpriv --reuid 65534 --regid 65533 --groups 7,8 --no-new-privs \
--bounding-set -all,+chown --inh-caps -all sh -c 'ulimit -n 33; cd /tmp; echo; read line || :' "a b"`)
	p, err := ReadProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if p.UID != (IDs{65534, 65534, 65534, 65534}) || p.GID.Real != 65533 || !slices.Equal(p.Groups, []int{7, 8}) {
		t.Errorf("user %+v, group %+v, groups %v", p.UID, p.GID, p.Groups)
	}
	if !p.NoNewPrivs || !slices.Equal(p.Capabilities.Bounding.Names, []string{"CAP_CHOWN"}) || p.Capabilities.Effective.Mask != 0 {
		t.Errorf("no_new_privs %v, capabilities %+v", p.NoNewPrivs, p.Capabilities)
	}
	if !slices.Contains(p.Capabilities.Bounding.Missing, "CAP_SYS_ADMIN") {
		t.Errorf("missing: %v", p.Capabilities.Bounding.Missing)
	}
	if p.Name != "sh" || p.Cwd != "/tmp" || p.Root != "/" || !strings.HasSuffix(p.Exe, "sh") || len(p.Args) != 4 || p.Args[3] != "a b" {
		t.Errorf("name %q, cwd %q, root %q, exe %q, args %q", p.Name, p.Cwd, p.Root, p.Exe, p.Args)
	}
	if i := slices.IndexFunc(p.Limits, func(l Rlimit) bool { return l.Name == "RLIMIT_NOFILE" }); i < 0 || p.Limits[i].Soft != "33" {
		t.Errorf("limits %v", p.Limits)
	}
	if p.Parent != os.Getpid() || p.NSpid[0] != pid || p.Seccomp != "disabled" {
		t.Errorf("parent %d, pids %v, seccomp %q", p.Parent, p.NSpid, p.Seccomp)
	}
}

// The control: we gave nothing up.
func TestOurselves(t *testing.T) {
	p, err := ReadProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if p.NoNewPrivs || p.UID.Real != os.Getuid() || !slices.Equal(p.Args, os.Args) || p.Threads < 2 {
		t.Errorf("%+v", p)
	}
}

func TestUserMap(t *testing.T) {
	p, err := ReadProcess(inside(t, "--user --map-root-user", ":"))
	want := []IDRange{{Inside: 0, Outside: uint32(os.Getuid()), Size: 1}}
	if err != nil || !reflect.DeepEqual(p.UIDMap, want) {
		t.Errorf("map %v, error %v; want %v", p.UIDMap, err, want)
	}
	if p, err := ReadProcess(inside(t, "--user", ":")); err != nil || len(p.UIDMap) != 0 {
		t.Errorf("a map that nobody wrote: %v, error %v", p.UIDMap, err)
	}
}

func TestRlimitColumns(t *testing.T) {
	got, err := parseRlimits(`Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max nice priority         0                    0                    
Max brand new thing       1                    2                    things    
`)
	want := []Rlimit{{"RLIMIT_CPU", "unlimited", "unlimited", "seconds"}, {"RLIMIT_NICE", "0", "0", ""}, {"Max brand new thing", "1", "2", "things"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v\n got %v\nwant %v", err, got, want)
	}
}

// Process 1 of some machines and kernel threads do not show everything; what they show is shown.
func TestProcessesThatHideThings(t *testing.T) {
	all, err := Processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range all {
		if p, err := ReadProcess(pid); err != nil && !gone(err) {
			t.Errorf("%d %s: %v", pid, p.Name, err)
		}
	}
}
