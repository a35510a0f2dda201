// These tests let a birth fail at each of its steps, and kill the runtime at each of them. Whatever happens, nothing is left
// behind but what a journal can take back.
package container

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/internal/testkit"
)

// atStep answers the step of number n, counted from 0, and remembers its title.
func atStep(n int, answer explain.Answer, title *string) explain.Listener {
	count := -1
	return explain.ListenerFunc(func(e explain.Event) explain.Answer {
		if e.Done {
			return explain.Go
		}
		if count++; count != n {
			return explain.Go
		}
		*title = e.Title
		return answer
	})
}

func TestFailureAtEachStepUndoesAll(t *testing.T) {
	b := newBox(t, "true")
	for _, c := range []struct {
		answer explain.Answer
		want   error
	}{{explain.Fail, nil}, {explain.Quit, explain.ErrQuit}} {
		steps := 0
		for ; ; steps++ {
			title := ""
			o := b.options()
			o.Listener = atStep(steps, c.answer, &title)
			made, err := Run(b.spec, o)
			if title == "" {
				must(t, err)
				b.ended(made)
				break
			}
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("step %d, %s: %v, want %v", steps, title, err, c.want)
			}
			b.reap()
			if left := testkit.Diff(b.before, b.picture()); left != "" {
				t.Fatalf("step %d, %s, left behind:\n%s", steps, title, left)
			}
		}
		if steps < 15 {
			t.Errorf("only %d steps were tried", steps)
		}
	}
}

// Where nobody listens, several work at it at once: whoever fails, what the others have made meanwhile is taken back, too.
func TestFailureInSilenceUndoesAll(t *testing.T) {
	for what, breaks := range map[string]func(s *specs.Spec){
		"the birth": func(s *specs.Spec) {
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace})
			s.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"monotonic": {Secs: -1 << 40}}
		},
		"a cgroup": func(s *specs.Spec) { s.Linux.CgroupsPath = "/" + groups() + "/cgroup.procs/" + id },
		"a mount": func(s *specs.Spec) {
			s.Mounts = append(s.Mounts, specs.Mount{Destination: "/mnt", Type: "nothing", Source: "nothing"})
		},
		"the program": func(s *specs.Spec) { s.Process.Args = []string{"/nowhere"} },
	} {
		b := newBox(t, "true")
		breaks(b.spec)
		if made, err := Run(b.spec, b.options()); err == nil {
			b.ended(made)
			t.Errorf("%s: nothing failed", what)
		}
		b.reap()
		if left := testkit.Diff(b.before, b.picture()); left != "" {
			t.Errorf("%s, left behind:\n%s", what, left)
		}
	}
}

// Who is to be awaited may forbid the birth, and who is to allow it the program's start. What was made until then is taken back.
func TestRefusalUndoesAll(t *testing.T) {
	for what, c := range map[string]struct {
		asked func(o *Options, ask func() error)
		born  int // processes by then
	}{
		"the birth":   {func(o *Options, ask func() error) { o.Await = ask }, 0},
		"the program": {func(o *Options, ask func() error) { o.Allow = ask }, 1},
	} {
		b := newBox(t, "true")
		refused := errors.New("refused")
		o := b.options()
		c.asked(&o, func() error {
			if pids, err := testkit.Descendants(os.Getpid()); err != nil || len(pids) != c.born {
				t.Errorf("%s: %d processes are expected, not %v (%v)", what, c.born, pids, err)
			}
			return refused
		})
		if _, err := Run(b.spec, o); !errors.Is(err, refused) {
			t.Errorf("%s: %v instead of the refusal", what, err)
		}
		b.reap()
		if left := testkit.Diff(b.before, b.picture()); left != "" {
			t.Errorf("%s, left behind:\n%s", what, left)
		}
		c.asked(&o, func() error { return nil }) // the control
		made, err := Run(b.spec, o)
		must(t, err)
		b.ended(made)
	}
}

// Steps that may be left out are left out one by one. The container works all the same, or its birth fails and is undone.
func TestWithoutEachStep(t *testing.T) {
	b := newBox(t, "true")
	o := b.options()
	record := &explain.Record{}
	o.Listener = record
	made, err := Run(b.spec, o)
	must(t, err)
	b.ended(made)
	for _, e := range record.Story {
		if e.Keep != "" {
			continue
		}
		o.Listener = explain.Without([]string{e.Title})
		if made, err := Run(b.spec, o); err == nil {
			b.ended(made)
		}
		b.reap()
		if left := testkit.Diff(b.before, b.picture()); left != "" {
			t.Errorf("without %s, left behind:\n%s", e.Title, left)
		}
	}
}

// makerName is a copy of the test program that makes a container, pauses at a step, and is killed there.
const makerName = "glassbox-test: maker"

func makeAndPause(dir, step string) {
	n, err := strconv.Atoi(step)
	text, readErr := os.ReadFile(dir + "/config.json")
	spec := &specs.Spec{}
	if err := errors.Join(err, readErr, json.Unmarshal(text, spec)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	title := ""
	at := atStep(n, explain.Quit, &title)
	pause := explain.ListenerFunc(func(e explain.Event) explain.Answer {
		if at.Hear(e) == explain.Quit {
			fmt.Println("paused")
			select {} // until we are killed
		}
		return explain.Go
	})
	_, err = Run(spec, Options{ID: id, Bundle: dir, Root: dir + "/state", Listener: pause})
	fmt.Println("done", err)
	os.Exit(0)
}

func TestRuntimeKilledAtEachStep(t *testing.T) {
	b := newBox(t, "true")
	text, err := json.Marshal(b.spec)
	must(t, err)
	must(t, os.WriteFile(b.dir+"/config.json", text, 0o600))
	self, err := os.Executable()
	must(t, err)
	state, leftBehind := b.options().Root, 0
	for step := 0; ; step++ {
		maker := exec.Command(self)
		maker.Args = []string{makerName, b.dir, strconv.Itoa(step)}
		out, err := maker.StdoutPipe()
		must(t, err)
		must(t, maker.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		must(t, err)
		must(t, maker.Process.Kill())
		maker.Wait()
		b.reap() // the stage reads the end of the stream and ends; it would hang here if it did not
		if testkit.Diff(b.before, b.picture()) != "" {
			leftBehind++ // the control: there is something to clear
		}
		if c, err := Load(state, id); err == nil {
			must(t, c.Delete(true))
		} else {
			must(t, Clear(state, id))
		}
		if left := testkit.Diff(b.before, b.picture()); left != "" {
			t.Fatalf("step %d, left behind:\n%s", step, left)
		}
		if line != "paused\n" {
			if line != "done <nil>\n" || step < 15 || leftBehind < step {
				t.Errorf("after %d steps, of which %d left something to clear: %s", step, leftBehind, line)
			}
			return
		}
	}
}

func TestClearOfNothing(t *testing.T) {
	must(t, Clear(t.TempDir(), "none"))
	if err := Clear(t.TempDir(), "../x"); err == nil {
		t.Error("an id that leads elsewhere was accepted")
	}
}

// The story that is kept is the one that was heard, but for the last step, during which the teller is replaced.
func TestStoryIsWhatWasHeard(t *testing.T) {
	b := newBox(t, "true")
	b.spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_CORE"}}
	o := b.options()
	live := &explain.Record{}
	o.Listener = explain.All(live, explain.Without([]string{"Mount /dev/pts"}))
	c, err := Run(b.spec, o)
	must(t, err)
	again, err := Load(o.Root, id)
	must(t, err)
	kept, err := again.Story()
	must(t, err)
	b.ended(c)
	if len(kept) != len(live.Story) {
		t.Fatalf("%d steps are kept, %d were heard", len(kept), len(live.Story))
	}
	for i, e := range live.Story {
		if i == len(kept)-1 {
			e.Ops = withoutTimes(e.Ops)
			kept[i].Ops = withoutTimes(kept[i].Ops)
		}
		if a, b := fmt.Sprintf("%+v", e), fmt.Sprintf("%+v", kept[i]); a != b {
			t.Errorf("heard %s\nkept  %s", a, b)
		}
	}
	if left := kept[len(kept)-1].Title; left != "Become the program" {
		t.Errorf("the story ends with %q", left)
	}
}

func withoutTimes(ops []explain.Told) []explain.Told {
	for i := range ops {
		ops[i].Took = 0
	}
	return ops
}
