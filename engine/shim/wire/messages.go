// This file holds what the frames carry, and the status that a shim leaves in a file.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Birth tells a shim which container is its own.
type Birth struct {
	ID      string
	Bundle  string   // directory with config.json, the OCI spec
	Dir     string   // for the shim's own files: shim.sock, lock, status.json
	Runtime string   // the runtime's state root
	Log     string   // the file to keep the output in
	Story   string   // the file to keep the runtime's story in when the container has ended; empty: nowhere
	Stdin   bool     // somebody may write to the program's standard input
	Init    bool     // a reaper as PID 1
	Tell    bool     // send each step and wait for the answer
	Attach  bool     // the one who sends this also wants input and output
	Release []string // the command that cleans up when nobody else does
}

// Program is what Exec asks for.
type Program struct {
	Process *specs.Process
	Stdin   bool
	Detach  bool // not connected with anybody
}

// Size is that of a terminal, in characters.
type Size struct{ Rows, Columns uint16 }

// Failure says why a program does not run. Code is the exit code by which shells tell the reasons apart: 127 there is no such
// program, 126 it can not be executed, 125 everything else.
type Failure struct {
	Code    int
	Message string
	Quit    bool // the listener wanted no more
}

func (f *Failure) Error() string { return f.Message }

// ExitCode is the one that a command line ends with.
func (f *Failure) ExitCode() int { return f.Code }

// The states of a container in its Status.
const (
	Created = "created"
	Running = "running"
	Ended   = "exited"
)

// Status is what a shim knows of its container.
type Status struct {
	State     string
	PID       int // of the program, 0 when it has ended
	Shim      int // the shim's own; 0 if it was killed
	ExitCode  int
	OOMKilled bool
	Error     string    `json:",omitempty"`
	Started   time.Time `json:",omitzero"`
	Finished  time.Time `json:",omitzero"`
}

// Supervised tells whether a shim looks after the container: from before the program's first instruction to after its last.
func (s Status) Supervised() bool { return s.Shim != 0 && s.State != Ended }

// The files in Birth.Dir.
const (
	SocketFile = "shim.sock"
	StatusFile = "status.json"
	LockFile   = "lock"
)

// Write puts the status into the directory in one moment: a reader sees the old one or the new one.
func (s Status) Write(dir string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	name := filepath.Join(dir, StatusFile)
	if err := os.WriteFile(name+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

// ReadStatus reads the status in a directory; ok is false where there is none.
func ReadStatus(dir string) (s Status, ok bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, StatusFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, false, fmt.Errorf("read the status in %s: %w", dir, err)
	}
	return s, true, nil
}

// Title begins the name under which `ps` shows a shim; the short id of its container follows. It is also how the program knows
// what it is.
const Title = "glassbox: shim "
