// Package engine is where the three meet: storage gives a container its files, network its address, runtime its process. A
// container as users know it has a name, a log, an exit code; all that is kept here, in files that anybody can read:
//
//	ROOT/names/NAME -> ID             who owns a name
//	ROOT/containers/ID/record.json    what was asked for
//	                   config.json    the OCI spec made of it
//	                   fs/            upper, work, merged: its files
//	                   ID-json.log    what it wrote
//	                   status.json    how it ended
//	                   health.json    what it last said of its health
//	                   story.jsonl    how it was made
//	                   start.jsonl    how it was last started
//	ROOT/events/                      what has happened: package event
//	STATE/containers/ID/              while it runs: the shim's socket and status, the journal, hosts, resolv.conf
//	STATE/netns/ID  STATE/leases/     its network namespace; who has which address
//	STATE/bare/                       where there are many containers: the mounts that the next one begins with
//
// Every verb of the command line is one method of Engine. There is no daemon: each container has a shim (package shim), and
// commands meet in the files. To read how a container comes and goes: create.go, start.go, release.go, remove.go.
package engine

import (
	"io"
	"time"

	"glassbox/explain"
	"glassbox/storage"
	"glassbox/storage/archive"
)

// Engine is a place where containers live. Two engines with the same directories are the same engine.
type Engine struct {
	Root    string   // what outlives a reboot: /var/lib/glassbox
	State   string   // what does not: /run/glassbox
	Runtime string   // the program glassbox-oci, which is also the shim
	Self    []string // how to call the program glassbox with the same Root and State, for whoever cleans up after a container

	Crowd int // so many containers at once begin with few mounts (see bare.go); 0: 64

	Codecs *archive.Codecs // nil: images have to be unpacked already

	Warn func(what string) // if not nil, hears what is no reason to stop
}

// Store opens the image store.
func (e *Engine) Store() (*storage.Store, error) {
	store, err := storage.Open(e.Root)
	if err != nil {
		return nil, err
	}
	store.Codecs = e.Codecs
	return store, nil
}

// RunRequest is a Request and how to run it.
type RunRequest struct {
	Request
	Detach   bool
	Streams  Streams
	Listener explain.Listener
	Ready    Ready
	// Started, if not nil, is called once the program runs: the time to forward signals and to change the terminal.
	Started func(id string)
}

// Ready is closed when a signal tells the caller to give up, and does not end him any more: nothing is made before. nil: no matter.
type Ready <-chan struct{}

func (r Ready) wait() {
	if r != nil {
		<-r
	}
}

// Streams connect a caller with a program. Nil streams are not connected.
type Streams struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer   // a program with a terminal writes everything to Stdout
	Size   <-chan Size // the caller's terminal, first and whenever it changes
}

// Size is that of a terminal, in characters.
type Size struct{ Rows, Columns uint16 }

// Result is how a run ended.
type Result struct {
	ID       string
	ExitCode int // of the program: 128+n after signal n
}

// StartRequest starts a container that was created or has ended.
type StartRequest struct {
	Attach   bool // stay until it ends
	Streams  Streams
	Listener explain.Listener
	Ready    Ready
	Started  func(id string)
}

// ExecRequest is a further program in a running container.
type ExecRequest struct {
	Command    []string
	Env        []string
	WorkDir    string
	User       string
	TTY        bool
	Detach     bool
	Privileged bool
	Streams    Streams
	Started    func()
}

// LogsRequest chooses from what a container has written.
type LogsRequest struct {
	Follow     bool
	Timestamps bool
	Details    bool // the labels and variables that --log-opt has named
	Tail       int  // the last lines only; negative: all
	Since      time.Time
	Until      time.Time // zero: no bound
	Stdout     io.Writer
	Stderr     io.Writer
}
