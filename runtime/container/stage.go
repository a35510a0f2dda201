// This file starts the stage, the deputy that becomes the container's program, and gives it its descriptors.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/check"
	"glassbox/runtime/plan"
	"glassbox/runtime/stage"
)

// gifts are the descriptors that only the stage has, by their numbers.
type gifts struct{ console, fifo, proc, self, tree int }

// start clones the stage as early as can be.
func (m *maker) start(wait bool) error {
	ours, theirs, err := socketpair(unix.SOCK_SEQPACKET)
	if err != nil {
		return err
	}
	m.lent = append(m.lent, theirs)
	m.stage = inside{Deputy: kernel.Deputy{Child: &m.child, Socket: ours, Listener: m.introduce}, run: explain.Runner{Listener: m.Listener, Inside: true}}
	if m.agent, err = m.c.dialAgent(); err != nil {
		return err
	}
	null, err := completeStdio(&m.Stdin, &m.Stdout, &m.Stderr)
	if err != nil {
		return err
	}
	m.lent = append(m.lent, null)
	m.child.Argv, m.child.Env = stage.Argv(), []string{}
	m.child.Files = append([]*os.File{m.Stdin, m.Stdout, m.Stderr}, m.Preserve...)
	m.child.Link = m.give(theirs)
	m.gets.console = m.give(m.ConsoleSocket)
	if wait {
		fifo, proc, err := m.makeFifo()
		if err != nil {
			return err
		}
		m.lent = append(m.lent, fifo, proc)
		m.gets.fifo, m.gets.proc = m.give(fifo), m.give(proc)
	}
	if plan.RunsItself(m.c.Plan) {
		self, err := kernel.ProtectedSelf()
		if err != nil {
			return err
		}
		m.lent = append(m.lent, self)
		m.gets.self = m.give(self)
	}
	trees := make([]kernel.MountTree, plan.Trees(m.c.Plan))
	err = m.run.Run(plan.MapMounts(m.c.Plan, trees)...)
	m.gets.tree = len(m.child.Files)
	for _, t := range trees {
		m.lent = append(m.lent, t.File)
		m.give(t.File)
	}
	if err != nil {
		return err
	}
	return m.bear()
}

// bear starts it, beside somebody who writes down what it is to do.
func (m *maker) bear() error {
	m.Seen.ask(m.write)
	if plan.BirthWaits() {
		seen := <-m.seen
		if seen.err != nil {
			return seen.err
		}
		m.c.Plan, m.c.Host = seen.plan, seen.host
	}
	err := m.run.Run(plan.Before(m.c.Plan, m.c.Host)...)
	if err == nil && m.Await != nil {
		if err = m.Await(); err == nil {
			err = check.Namespaces(m.c.Plan.Spec)
		}
	}
	if err == nil {
		err = m.birth.Run(plan.Birth(m.c.Plan, m.c.Host, &m.child))
	}
	if err != nil {
		err = errors.Join(err, m.share()) // what was made beside us is to be taken back, too
	}
	return err
}

// give adds a descriptor to the stage's, and says which it will be.
func (m *maker) give(f *os.File) int {
	m.child.Files = append(m.child.Files, f)
	return len(m.child.Files) - 1
}

// closeLent closes what only the stage is to have, when it is written down what it does with it.
func (m *maker) closeLent() {
	for _, f := range m.lent {
		f.Close() // nil is none
	}
	m.lent = nil
}

// introduce gives the seccomp agent the descriptor by which it decides the container's calls.
func (m *maker) introduce(seccomp *os.File) error {
	return introduce(m.agent, seccomp, plan.AgentState(m.c.Plan, specs.StateCreating, m.child.PID, m.child.PID))
}

// makeFifo opens it O_PATH: the stage opens it anew through that descriptor, whatever its root is by then, by way of the host's /proc.
func (m *maker) makeFifo() (fifo, proc *os.File, err error) {
	path := filepath.Join(m.dir(), fifoFile)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, nil, fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o622); err != nil { // the stage opens it as the user that it has become
		return nil, nil, err
	}
	if fifo, err = openPath(path); err != nil {
		return nil, nil, err
	}
	if proc, err = openPath("/proc"); err != nil {
		fifo.Close()
	}
	return fifo, proc, err
}

func openPath(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

func socketpair(kind int) (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "stage"), os.NewFile(uintptr(fds[1]), "runtime"), nil
}
