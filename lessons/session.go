// This file is the shell in which a lesson happens: one sh that lives as long as the lesson, so that variables and the
// current directory stay. To the learner it plays the host: it has mount, network, UTS and IPC namespaces of its own, so that
// a mount, a link, a rule or a hostname made in it ends with it. Processes, cgroups and files are the machine's.
//
//	engine --> sh   one line on descriptor 3     ". /run/gblesson/01/command </dev/null"
//	engine <-- sh   what the command prints, then a mark that no command prints: 0x1e TOKEN STATUS
package lessons

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Rule: a command that reads descriptor 3 would eat the next one, so commands get it closed. The trap keeps the shell alive
// when Ctrl-C ends a command, and ends loops; commands start with the signal's default, as POSIX has it for traps.
const driver = `
trap 'return 130' INT
mount -t tmpfs -o mode=755 gblesson "$GBLESSON/work" && cd "$GBLESSON/work" && ip link set lo up || exit 1
while IFS= read -r gblesson_next <&3; do
	eval "$gblesson_next"
	printf '\036%s %s\n' "$GBLESSON_MARK" "$?"
done
`

// Session is a running shell.
type Session struct {
	cmd         *exec.Cmd
	places      places
	mark        string
	commands    *os.File      // to descriptor 3
	lines       chan string   // what it prints, line by line
	ended       chan error    // closed when the shell has ended; its children may go on printing
	closed      chan struct{} // closed by Close
	stopBurying func()
}

// errEnded is returned when the shell is gone: somebody typed exit, or killed it.
var errEnded = errors.New("the lesson's shell has ended")

// start opens the session of a lesson. terminal may be nil; it is what typed commands talk to.
func start(l Lesson, terminal *os.File) (*Session, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("start lesson %s: it makes namespaces, mounts and cgroups, which needs root: sudo glassbox lesson %s", l.ID(), l.Number)
	}
	at, err := takePlaces(l.Number)
	if err != nil {
		return nil, fmt.Errorf("start lesson %s: %w", l.ID(), err)
	}
	if err := killStrays(at.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("start lesson %s: %w", l.ID(), err), at.leave())
	}
	s := &Session{places: at, mark: rand.Text(), lines: make(chan string, 64), ended: make(chan error, 1), closed: make(chan struct{})}
	if err := s.open(terminal); err != nil {
		return nil, errors.Join(fmt.Errorf("start lesson %s: %w", l.ID(), err), at.leave())
	}
	return s, nil
}

func (s *Session) open(terminal *os.File) error {
	commandsIn, commands, err := os.Pipe()
	if err != nil {
		return err
	}
	outputOut, output, err := os.Pipe()
	if err != nil {
		return errors.Join(err, commandsIn.Close(), commands.Close())
	}
	s.commands = commands
	s.cmd = exec.Command("/bin/sh", "-c", driver)
	s.cmd.Env = s.places.environment(s.mark)
	s.cmd.Stdout, s.cmd.Stderr = output, output
	s.cmd.ExtraFiles = []*os.File{commandsIn}
	if terminal != nil {
		s.cmd.ExtraFiles = append(s.cmd.ExtraFiles, terminal) // descriptor 4
	}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid:       true, // Ctrl-C goes to us; we decide what it ends
		Pdeathsig:    syscall.SIGKILL,
		Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
	}
	if err = adoptOrphans(); err == nil {
		err = s.startOnThreadOfItsOwn()
	}
	err = errors.Join(err, commandsIn.Close(), output.Close())
	go s.read(outputOut)
	if err != nil {
		return errors.Join(err, commands.Close())
	}
	s.stopBurying = buryOrphans(s.PID())
	return nil
}

// startOnThreadOfItsOwn starts the shell from a thread that lives as long as it does. Pdeathsig means the death of the thread
// that started it, not of the process, and package look ends the threads with which it visits namespaces.
func (s *Session) startOnThreadOfItsOwn() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.ended <- s.cmd.Wait()
			close(s.ended)
		}
	}()
	return <-started
}

// read passes on what the shell prints, until nobody listens any more. A mark may follow text that has no end of line.
func (s *Session) read(from *os.File) {
	defer from.Close()
	r := bufio.NewReader(from)
	for {
		line, err := r.ReadString('\n')
		before, mark, marked := strings.Cut(line, "\x1e"+s.mark)
		if before != "" && !s.pass(before) || marked && !s.pass("\x1e"+mark) || err != nil {
			return
		}
	}
}

func (s *Session) pass(line string) (listening bool) {
	select {
	case s.lines <- line:
		return true
	case <-s.closed:
		return false
	}
}

// PID is the shell's, as the machine counts.
func (s *Session) PID() int { return s.cmd.Process.Pid }

// Interrupt ends the running command, as Ctrl-C does at a terminal.
func (s *Session) Interrupt() error {
	return unix.Kill(-s.PID(), unix.SIGINT)
}

// Close ends the shell and every process that came from it, and gives the places back.
func (s *Session) Close() error {
	defer s.stopBurying()
	defer close(s.closed)
	s.commands.Close() // nobody needs the error: the shell may be gone
	err := killDescendants(s.PID(), time.Now().Add(5*time.Second), s.lines)
	<-s.ended // how it ended does not matter
	return errors.Join(err, s.places.leave())
}
