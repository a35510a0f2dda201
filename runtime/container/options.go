// Package container is one OCI container as a thing that lives: created, started, visited, killed, deleted. It decides who
// carries out which plan and when; the plans themselves are in package plan.
//
//	options.go   what a caller says                  state.go    what is kept on disk, what is true now
//	create.go    Create, Run: the birth              beside.go   what is done at the same time
//	stage.go     the process that is born            movein.go   what it is told, up to its execve
//	inside.go    what it says, and fails at          start.go    Start: the fifo is opened
//	hooks.go     other people's programs             agent.go    other people's decisions about system calls
//	exec.go      Exec: a visit                       kill.go     Kill, Processes
//	delete.go    Delete: the journal read backwards
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

// Options says where and how; what, is in the specification.
type Options struct {
	ID     string
	Bundle string // absolute; a relative root path of the specification starts here
	Root   string // state of all containers; this one's is Root/ID

	Stdin, Stdout, Stderr *os.File   // of a program without terminal; nil: /dev/null
	ConsoleSocket         *os.File   // the terminal's master is sent here
	Preserve              []*os.File // become descriptors 3, 4, … of the program
	PidFile               string     // the pid is written here, before the program runs

	Listener explain.Listener // hears both halves of the plan; nil: silence. The story is kept anyway
	Warn     func(string)     // hears what is not as it was asked for, and no reason to stop; nil: nobody does
	Init     bool             // a reaper as PID 1
	NoPivot  bool
	Seen     *Sight // a look at the host that has begun already; nil: there is none

	Await     func() error // is called when nothing is left to do but the birth, which its error forbids; may be nil
	Allow     func() error // is called when the container waits for its program, which its error forbids; may be nil
	Meanwhile func()       // is called while the stage is busy, before the program may run; may be nil

	Bare        string      // the file of a mount namespace with few mounts for the container to begin with; empty: the caller's
	CallersKeys bool        // no keyring of its own
	Scope       *plan.Scope // what systemd is to call it; nil: it is not asked
}

// ExecError says that the program could not be run. Code is Docker's exit code for it: 125, 126 or 127.
type ExecError struct {
	Text string
	Code int
}

func (e *ExecError) Error() string { return e.Text }

// The errors that engines tell apart.
var (
	ErrNotFound   = errors.New("container does not exist")
	ErrExists     = errors.New("container with that id exists")
	ErrNotRunning = errors.New("container not running")
	ErrRunning    = errors.New("container is running")
)

func (o Options) dir() string { return filepath.Join(o.Root, o.ID) }

// checkID keeps ids to what is safe as a file name.
func checkID(id string) error {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_+-.", r)
	}
	if id == "" || id == "." || id == ".." || strings.IndexFunc(id, func(r rune) bool { return !safe(r) }) >= 0 {
		return fmt.Errorf("container id %q: use letters, digits and _ + - . only", id)
	}
	return nil
}
