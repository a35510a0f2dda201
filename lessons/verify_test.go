// This file tests the engine on lessons that are wrong in one place each: an engine that lets them pass proves nothing.
package lessons

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }

// verifySmall plays the small lesson with one text replaced.
func verifySmall(t *testing.T, old, replacement string) (Report, string) {
	t.Helper()
	testkit.Need(t, testkit.Root())
	text := strings.Replace(small, old, replacement, 1)
	l, err := Parse("99-small", text)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r := Verifier{Out: &out, Verbose: true, Limit: 2500 * time.Millisecond}.Verify(context.Background(), []Lesson{l})
	return r, out.String()
}

func TestGoodLessonPasses(t *testing.T) {
	r, out := verifySmall(t, "", "")
	if want := (Report{Passed: 4}); r != want {
		t.Errorf("report is %v, want %v\n%s", r, want, out)
	}
	for _, line := range []string{"# PID=$!", "check lives: passed", "/status State: ", "false, as the control must be"} {
		if !strings.Contains(out, line) {
			t.Errorf("the output lacks %q:\n%s", line, out)
		}
	}
}

func TestWrongLessonFails(t *testing.T) {
	for name, c := range map[string]struct{ old, new, says string }{
		"a block fails":                {"echo started $PID", "false", `"false" ended with status 1`},
		"a command in a block fails":   {"PID=$!", "false\nPID=$!", `"false" ended with status 1`},
		"a block should fail":          {"fails\nfalse", "fails\ntrue", "meant to fail"},
		"other output":                 {"```output\nstarted *", "```output\nnot this", `lacks "not this"`},
		"a fact does not hold":         {"PID=$!", "PID=4194304", "does not hold"},
		"a control holds":              {"false: process 4194305", "false: process $PID", "proves nothing"},
		"a control can not be read":    {"false: process 4194305", "false: process nobody", "could not be read"},
		"a variable is empty":          {"echo started $PID", "echo started x; PID=", "could not be read"},
		"the shell is left":            {"PID=$!", "exit 3", "has ended"},
		"a block never ends":           {"PID=$!", "sleep 1001", "deadline exceeded"},
		"a block is no shell":          {"PID=$!", "if then", "not a whole command"},
		"a block ignores the deadline": {"PID=$!", "trap '' INT; sh -c 'trap \"\" INT; sleep 1001'", "deadline exceeded"},
		"cleanup fails":                {"cleanup\ntrue", "cleanup\nfalse", "clean up"},
	} {
		t.Run(name, func(t *testing.T) {
			r, out := verifySmall(t, c.old, c.new)
			if r.Failed == 0 || !strings.Contains(out, c.says) {
				t.Errorf("report is %v, want a failure that says %q:\n%s", r, c.says, out)
			}
		})
	}
}

// A lesson that daemonises, mounts, and makes links and names leaves nothing.
func TestNothingIsLeft(t *testing.T) {
	before, err := look.Mounts(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	r, out := verifySmall(t, "echo started $PID", "setsid -f sh -c 'trap \"\" TERM; sleep 1002 & exec sleep 1003'\n"+
		"mount -t tmpfs x /mnt\nip link add gblesson0 type bridge\nhostname gblesson\necho started $PID")
	if r.Failed > 0 {
		t.Fatalf("report is %v\n%s", r, out)
	}
	after, err := look.Mounts(os.Getpid())
	if err != nil || len(after) != len(before) {
		t.Errorf("%d mounts before, %d after (%v)", len(before), len(after), err)
	}
	left, err := descendants(os.Getpid())
	if err != nil || len(left) > 0 {
		t.Errorf("processes %v are left (%v)", left, err)
	}
	for _, dir := range []string{"/run/gblesson/99", "/var/lib/gblesson/99"} {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

func TestOneAtATime(t *testing.T) {
	testkit.Need(t, testkit.Root())
	l, err := Parse("99-small", small)
	if err != nil {
		t.Fatal(err)
	}
	s, err := start(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if other, err := takePlaces("99"); err == nil {
		t.Error("a second session starts beside the first:", other.dir)
	} else if !strings.Contains(err.Error(), "running already") {
		t.Error(err)
	}
}

func TestMissingProgramIsALoudSkip(t *testing.T) {
	l, err := Parse("99-small", strings.Replace(small, "needs: sh", "needs: gblesson-no-such-program", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, must := range []bool{false, true} {
		var out strings.Builder
		r := Verifier{Out: &out, MustRun: must}.Verify(context.Background(), []Lesson{l})
		want := Report{Skipped: 4}
		if must {
			want = Report{Failed: 4}
		}
		if r != want || !strings.Contains(out.String(), "gblesson-no-such-program") {
			t.Errorf("must run %v: report is %v, want %v\n%s", must, r, want, out.String())
		}
	}
	if _, err := begin(context.Background(), l, os.Stdout, nil); !errors.Is(err, errMissing) {
		t.Errorf("error is %v", err)
	}
}

// A lesson that was killed can not take back anything. The next one finds what it left, by the environment.
func TestStraysAreKilled(t *testing.T) {
	testkit.Need(t, testkit.Root())
	stray, other := exec.Command("sleep", "1005"), exec.Command("sleep", "1006")
	stray.Env, other.Env = []string{"GBLESSON=/run/gblesson/99"}, []string{"GBLESSON=/run/gblesson/98"}
	for _, c := range []*exec.Cmd{stray, other} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if err := killStrays("/run/gblesson/99"); err != nil {
		t.Fatal(err)
	}
	if err := stray.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the stray ended with %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Errorf("the other one was killed, too: %v", err)
	}
	if err := other.Wait(); err == nil {
		t.Error("a killed process ended well")
	}
}
