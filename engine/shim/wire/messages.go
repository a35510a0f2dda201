// This file holds what the frames carry, and the status that a shim leaves in a file.
package wire

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel/quickjson"
)

// NameServer is where a container's programs ask a shim for names. Docker's choice; resolv.conf in the container names it.
const NameServer = "127.0.0.11"

// Birth tells a shim which container is its own. Its files are there, with the OCI spec; its network is made meanwhile.
type Birth struct {
	ID       string
	Bundle   string   // directory with config.json, the OCI spec
	Dir      string   // for the shim's own files: shim.sock, lock, status.json
	Runtime  string   // the runtime's state root
	Log      Log      // where the output is kept
	Story    string   // the file to keep the runtime's story in when the container has ended; empty: nowhere
	Terminal bool     // the program has one
	Netns    string   // path of the network namespace; empty: the host's
	Bare     string   // path of a mount namespace to begin with; empty: the host's
	Stdin    bool     // somebody may write to the program's standard input
	Init     bool     // a reaper as PID 1
	Tell     bool     // send each step and wait for the answer
	Attach   bool     // the one who sends this also wants input and output
	Release  []string // the command that cleans up when nobody else does
	Pack     []string // the command that compresses the file whose name follows
	Record   string   // the container's record: when that is gone, the shim removes Bundle; empty: it stays

	Events  string            // the directory of the journal of events
	About   map[string]string // what every event of this container says: name, image, labels
	Restart Restart
	Health  *Health // nil: nobody asks

	StopSignal int           // how the program is asked to end
	Patience   time.Duration // and how long it may take; negative: as long as it likes
}

// Program is what Exec asks for.
type Program struct {
	ID      string // for the events
	Process *specs.Process
	Stdin   bool
	Detach  bool // not connected with anybody
}

// Sign is what Signal asks for.
type Sign struct {
	Number int
	Last   bool // after this one the container is not to be started again
}

// Change replaces what a shim was told at its start; nil: it stays.
type Change struct {
	Restart *Restart
	About   map[string]string
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
	Created    = "created"
	Running    = "running"
	Restarting = "restarting" // it has ended and will be started again
	Ended      = "exited"
)

// Status is what a shim knows of its container.
type Status struct {
	State     string
	PID       int // of the program, 0 when it has ended
	Shim      int // the shim's own; 0 if it was killed
	ExitCode  int
	OOMKilled bool
	Paused    bool      `json:",omitempty"`
	ByHand    bool      `json:",omitempty"` // somebody stopped it: "unless-stopped" means this
	Restarts  int       `json:",omitempty"` // how often the shim has started it again
	Dropped   uint64    `json:",omitempty"` // lines that a log in non-blocking mode had no room for
	Health    string    `json:",omitempty"` // "starting", "healthy", "unhealthy"; empty: nobody asks
	Failing   int       `json:",omitempty"` // failed checks in a row
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
	HealthFile = "health.json"
	LockFile   = "lock"
)

// Write puts the status into the directory in one moment: a reader sees the old one or the new one.
func (s Status) Write(dir string) error {
	if err := writeFile(filepath.Join(dir, StatusFile), s); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

func writeFile(name string, v any) error {
	data, err := quickjson.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", append(data, '\n'), 0o600); err != nil {
		return err
	}
	// A file that takes another's place is written to the disk at once by some file systems, in case the machine loses power: nobody
	// needs that of what lives as long as a container does. So the two change places, unless this is the first of its name.
	if unix.Renameat2(unix.AT_FDCWD, name+".new", unix.AT_FDCWD, name, unix.RENAME_EXCHANGE) == nil {
		return os.Remove(name + ".new")
	}
	return os.Rename(name+".new", name)
}

// ReadStatus reads the status in a directory; ok is false where there is none.
func ReadStatus(dir string) (s Status, ok bool, err error) {
	data, err := os.ReadFile(filepath.Join(dir, StatusFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil
	}
	if err == nil {
		err = quickjson.Unmarshal(data, &s)
	}
	if err != nil {
		return s, false, fmt.Errorf("read the status in %s: %w", dir, err)
	}
	return s, true, nil
}

// Title begins the name under which `ps` shows a shim; the short id of its container follows. It is also how the program knows
// what it is.
const Title = "glassbox: shim "
