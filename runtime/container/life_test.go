// These tests follow the states of the OCI specification, in the right order and in every wrong one.
package container

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

func TestLife(t *testing.T) {
	b := newBox(t, "exec sleep 1000")
	o := b.options()
	o.PidFile = b.dir + "/pid"
	c, err := Create(b.spec, o)
	must(t, err)
	wantState(t, c, specs.StateCreated)
	if text, err := os.ReadFile(o.PidFile); err != nil || string(text) != strconv.Itoa(c.PID()) {
		t.Errorf("the pid file holds %q (%v), want %d", text, err, c.PID())
	}
	again, err := Load(o.Root, id) // as the next command does, another process
	must(t, err)
	must(t, again.Start())
	wantState(t, c, specs.StateRunning)
	must(t, again.Kill(unix.SIGKILL, false))
	if code := await(t, c); code != 137 {
		t.Errorf("exit code %d, want 137", code)
	}
	wantState(t, again, specs.StateStopped)
	if all, err := List(o.Root); err != nil || len(all) != 1 || all[0].Plan.ID != id {
		t.Errorf("listed %v (%v)", all, err)
	}
	must(t, again.Delete(false))
	if all, err := List(o.Root); err != nil || len(all) != 0 {
		t.Errorf("listed after delete: %v (%v)", all, err)
	}
}

func wantState(t *testing.T, c *Container, want specs.ContainerState) {
	t.Helper()
	s := c.State()
	if s.Status != want || s.ID != id || s.Version != specs.Version || (s.Pid == 0) != (want == specs.StateStopped) {
		t.Errorf("state %+v, want %s", s, want)
	}
}

func TestWrongOrder(t *testing.T) {
	b := newBox(t, "exec sleep 1000")
	verbs := map[string]func(c *Container) error{
		"create": func(*Container) error { _, err := Create(b.spec, b.options()); return err },
		"run":    func(*Container) error { _, err := Run(b.spec, b.options()); return err },
		"start":  (*Container).Start,
		"kill":   func(c *Container) error { return c.Kill(unix.SIGTERM, false) },
		"delete": func(c *Container) error { return c.Delete(false) },
		"exec":   func(c *Container) error { _, err := c.Exec(b.spec.Process, ExecOptions{}); return err },
	}
	refused := func(c *Container, state string, wrong map[string]error) {
		t.Helper()
		for verb, want := range wrong {
			if err := verbs[verb](c); err == nil || want != nil && !errors.Is(err, want) {
				t.Errorf("%s of a %s container: %v, want %v", verb, state, err, want)
			}
		}
	}
	c, err := Create(b.spec, b.options())
	must(t, err)
	refused(c, "created", map[string]error{"create": ErrExists, "run": ErrExists})
	must(t, c.Start())
	refused(c, "running", map[string]error{"create": ErrExists, "start": nil, "delete": ErrRunning})
	must(t, c.Kill(unix.SIGKILL, true))
	await(t, c)
	refused(c, "stopped", map[string]error{"create": ErrExists, "start": nil, "kill": ErrNotRunning, "exec": ErrNotRunning})
	must(t, c.Delete(false))
	if _, err := Load(b.options().Root, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("load of a deleted container: %v", err)
	}
}

// A created container is deleted without force; a running one only with it.
func TestDeleteEndsTheProcess(t *testing.T) {
	b := newBox(t, "exec sleep 1000")
	c, err := Create(b.spec, b.options())
	must(t, err)
	must(t, c.Delete(false))
	b.reap()
	c, err = Run(b.spec, b.options())
	must(t, err)
	b.ended(c)
}

func TestBadRequests(t *testing.T) {
	b := newBox(t, "true")
	for _, name := range []string{"", ".", "..", "a/b", "../x", "a b", "é", "a\n"} {
		o := b.options()
		o.ID = name
		if _, err := Create(b.spec, o); err == nil || !strings.Contains(err.Error(), "container id") {
			t.Errorf("id %q: %v", name, err)
		}
		if _, err := Load(o.Root, name); err == nil {
			t.Errorf("id %q was loaded", name)
		}
	}
	for word, change := range map[string]func(s *specs.Spec){
		"process.args": func(s *specs.Spec) { s.Process.Args = nil },
		"process.cwd":  func(s *specs.Spec) { s.Process.Cwd = "here" },
		"root.path":    func(s *specs.Spec) { s.Root = nil },
		"the source": func(s *specs.Spec) {
			s.Mounts = append(s.Mounts, specs.Mount{Destination: "/x", Source: "/no/such", Type: "bind"})
		},
		"rootfs": func(s *specs.Spec) { s.Root.Path = "no-rootfs" },
	} {
		spec := proposal("true")
		spec.Linux.CgroupsPath = b.spec.Linux.CgroupsPath
		change(spec)
		if _, err := Create(spec, b.options()); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// PID 1 of a PID namespace is spared by the signals that it has no handler for, even by its own SIGKILL. With --init the
// program is no PID 1, and dies as usual.
func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		script          string
		alone, withInit int
	}{
		{"exit 0", 0, 0}, {"exit 7", 7, 7}, {"kill -9 $$; exit 3", 3, 137}, {"kill -TERM $$; exit 4", 4, 143},
		{"sh -c 'kill -TERM $$; true'; exit $?", 143, 143},
	} {
		b := newBox(t, c.script)
		if _, code := b.output(nil); code != c.alone {
			t.Errorf("%s: exit code %d, want %d", c.script, code, c.alone)
		}
		if _, code := b.output(func(o *Options) { o.Init = true }); code != c.withInit {
			t.Errorf("%s with --init: exit code %d, want %d", c.script, code, c.withInit)
		}
	}
}

// Between create and start the stage keeps a descriptor for who will start it: the init has it, too, until its program runs.
func TestInitOfACreatedContainer(t *testing.T) {
	for script, want := range map[string]int{"exit 7": 7, "kill -9 $$; exit 3": 137, "ls /proc/self/fd | grep -q 4 && exit 9; exit 0": 0} {
		b := newBox(t, script)
		o := b.options()
		o.Init = true
		c, err := Create(b.spec, o)
		must(t, err)
		must(t, c.Start())
		if code := await(t, c); code != want {
			t.Errorf("%s: exit code %d, want %d", script, code, want)
		}
		must(t, c.Delete(true))
	}
}

// What only execve can find out is told to who starts the container.
func TestProgramThatFailsAtTheStart(t *testing.T) {
	b := newBox(t, "")
	must(t, os.WriteFile(b.dir+"/rootfs/lost", []byte("#!/no/interpreter\n"), 0o755))
	b.spec.Process.Args = []string{"/lost"}
	c, err := Create(b.spec, b.options())
	must(t, err)
	err = c.Start()
	var notRun *ExecError
	if !errors.As(err, &notRun) || notRun.Code != 127 || !strings.Contains(err.Error(), `execve("/lost"`) {
		t.Errorf("got %#v, want code 127", err)
	}
	if code := await(t, c); code != 125 {
		t.Errorf("exit code %d, want 125", code)
	}
	must(t, c.Delete(true))
}

// A program that can not be run: 127 when there is none, 126 when it is none.
func TestProgramsThatCanNotRun(t *testing.T) {
	b := newBox(t, "")
	must(t, os.WriteFile(b.dir+"/rootfs/text", []byte("no program"), 0o755))
	must(t, os.WriteFile(b.dir+"/rootfs/lost", []byte("#!/no/interpreter\n"), 0o755))
	must(t, os.WriteFile(b.dir+"/rootfs/plain", nil, 0o644))
	for program, want := range map[string]int{"nothing": 127, "/nothing": 127, "/plain": 126, "/bin": 126, "/text": 126, "/lost": 127} {
		b.spec.Process.Args = []string{program}
		if _, err := Run(b.spec, b.options()); codeOf(err) != want {
			t.Errorf("run %s: %v, want exit code %d", program, err, want)
		}
		b.reap()
	}
	b.spec.Process.Args = []string{"sleep", "1000"}
	c, err := Run(b.spec, b.options())
	must(t, err)
	for program, want := range map[string]int{"nothing": 127, "/plain": 126, "/text": 126} {
		p := *b.spec.Process
		p.Args = []string{program}
		if _, err := c.Exec(&p, ExecOptions{}); codeOf(err) != want {
			t.Errorf("exec %s: %v, want exit code %d", program, err, want)
		}
	}
	b.ended(c)
}

// Of many that ask for one id at the same time, one gets it.
func TestOneIDOneContainer(t *testing.T) {
	b := newBox(t, "exec sleep 1000")
	var wg sync.WaitGroup
	made := make(chan *Container, 8)
	for range cap(made) {
		wg.Go(func() {
			c, err := Create(b.spec, b.options())
			switch {
			case err == nil:
				made <- c
			case !errors.Is(err, ErrExists):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Fatalf("%d containers have the id, want 1", len(made))
	}
	b.ended(<-made)
}

// The visitor clones the program for us: both are our children, and both have to be collected, also where the program can not run.
func TestExecLeavesNoDeadChildren(t *testing.T) {
	b := newBox(t, "sleep 60")
	must(t, os.WriteFile(b.dir+"/rootfs/bin/lost", []byte("#!/no/such/interpreter\n"), 0o755))
	c, err := Run(b.spec, b.options())
	must(t, err)
	defer func() { must(t, c.Delete(true)) }()
	dead := func() int {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		must(t, err)
		return pid
	}
	for dead() != 0 { // of other tests
	}
	p := *b.spec.Process
	for _, path := range []string{"/bin/true", "/bin/lost", "/bin/nowhere"} {
		p.Args = []string{path}
		if process, err := c.Exec(&p, ExecOptions{}); err == nil {
			_, err = process.Wait()
			must(t, err)
		}
		if pid := dead(); pid != 0 {
			t.Errorf("%s: the process %d has ended and was not collected", path, pid)
		}
	}
	p.Args = []string{"/bin/true"} // the control: a program that nobody has waited for
	process, err := c.Exec(&p, ExecOptions{})
	must(t, err)
	pid := dead()
	for ; pid == 0; pid = dead() {
	}
	if pid != process.PID {
		t.Errorf("the dead child is %d, want the program %d", pid, process.PID)
	}
}

// A container that begins with few mounts has the same ones in the end. Its root is none of those that it begins with.
func TestBeginsWithFewMounts(t *testing.T) {
	b := newBox(t, "cat /proc/self/mountinfo")
	root := b.dir + "/mounted"
	must(t, os.Mkdir(root, 0o755))
	must(t, kernel.Bind{Source: b.dir + "/rootfs", Target: root}.Do())
	defer kernel.Unmount{Target: root}.Do()
	b.spec.Root.Path = root
	bare := kernel.BareMounts{Dir: b.dir + "/bare", Ways: []string{b.dir}}
	must(t, bare.Do())
	defer kernel.BareMountsRemove(bare).Do()
	mounts := func(from string) string {
		text, code := b.output(func(o *Options) { o.Bare = from })
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, text)
		}
		var same []string
		for line := range strings.Lines(text) {
			_, rest, _ := strings.Cut(line, " / ") // without numbers: those are its own
			same = append(same, rest)
		}
		return strings.Join(same, "")
	}
	ours, few := mounts(""), mounts(bare.File())
	if ours != few {
		t.Errorf("with the host's mounts:\n%s\nwith few:\n%s", ours, few)
	}
	must(t, kernel.BareMountsRemove(bare).Do())
	o := b.options()
	o.Bare = bare.File()
	if _, err := Run(b.spec, o); err == nil || !strings.Contains(err.Error(), "setns") { // the control
		t.Errorf("it does not begin with them: %v", err)
	}
}
