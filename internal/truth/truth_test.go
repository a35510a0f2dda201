package truth

import (
	"testing"

	"glassbox/internal/trace"
)

// The two ways of writing one request: as it is told, and as it is seen.
func TestSameFact(t *testing.T) {
	for _, c := range []struct{ told, seen string }{
		{`mount("proc", "/r/proc", "proc", MS_NOSUID, NULL)`, `mount("proc", "/r/proc", "proc", MS_NOSUID, "")`},
		{`mkdir("/a b, c", 0755)`, `mkdir("/a b, c", 0700)`},
		{`write("/proc/$PID/uid_map", "0 0 1\n")`, `write("/proc/4711/uid_map", "0 0 1\n", 6)`},
		{`clone(CLONE_NEWNS|CLONE_NEWPID|SIGCHLD)`, `clone(CLONE_NEWPID|CLONE_NEWNS)`},
		{`setns("/run/netns/x", CLONE_NEWNET)`, `setns("/proc/7/ns/net", CLONE_NEWNET)`},
		{`open("/x", O_WRONLY|O_CREAT|O_TRUNC, 0644)`, `open("/x", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644)`},
		{`prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)`, `prctl(PR_SET_NO_NEW_PRIVS, 0x1)`},
		{`sendto(NETLINK_ROUTE, {RTM_NEWLINK, NLM_F_CREATE, {}, []})`, `netlink(RTM_NEWLINK)`},
		{`prlimit(0, RLIMIT_NOFILE, {rlim_cur=1, rlim_max=2})`, `prlimit(0, RLIMIT_NOFILE, {rlim_cur=1, rlim_max=2})`},
		{`unlinkat(AT_FDCWD, "/x", AT_REMOVEDIR)`, `rmdir("/x")`},
	} {
		told, seen := factsOf(c.told), factsOf(c.seen)
		if len(told) != 1 || len(seen) != 1 || told[0].key != seen[0].key {
			t.Errorf("%s and %s differ: %q, %q", c.told, c.seen, told, seen)
		}
	}
}

// And requests that must not pass for each other.
func TestOtherFact(t *testing.T) {
	for _, c := range []struct{ told, seen string }{
		{`mount("proc", "/r/proc", "proc", MS_NOSUID, NULL)`, `mount("proc", "/r/proc", "proc", 0, NULL)`},
		{`mkdir("/a", 0755)`, `mkdir("/b", 0755)`},
		{`write("/x", "1", 1)`, `write("/x", "2", 1)`},
		{`clone(CLONE_NEWNS)`, `clone(CLONE_NEWPID)`},
		{`symlink("a", "/l")`, `symlink("b", "/l")`},
	} {
		if told, seen := factsOf(c.told), factsOf(c.seen); told[0].key == seen[0].key {
			t.Errorf("%s and %s are taken for the same", c.told, c.seen)
		}
	}
}

func TestCompare(t *testing.T) {
	told := []Told{{"Make a place", `mkdir("/x", 0755)`, true}, {"Mount", `mount("t", "/x", "tmpfs", 0, NULL)`, true}}
	seen := []trace.Call{
		{Text: `mkdir("/x", 0755)`}, {Text: `mount("t", "/x", "tmpfs", 0, NULL)`}, // done
		{Text: `umount2("/x", MNT_DETACH)`}, {Text: `rmdir("/x")`}, // undone
		{Text: `mkdir("/proc/x", 0755)`, Ret: -2}, // refused
	}
	none := func(trace.Call) string { return "" }
	if v := Compare(told, seen, none); !v.True() {
		t.Errorf("the truth is not believed: %+v", v)
	}
	for i := range told {
		if missed, idle := Missed(i, told, seen, none); !missed || idle {
			t.Errorf("nobody misses %q", told[i].Title)
		}
	}
	if v := Compare(told, seen[:1], none); len(v.Unseen) != 1 {
		t.Errorf("an op that was told and not done passes: %+v", v)
	}
	twice := append([]trace.Call{seen[0]}, seen...)
	if v := Compare(told, twice, none); len(v.Untold) != 1 {
		t.Errorf("done twice and told once passes: %+v", v)
	}
}
