// Package stage is the half of the runtime that runs inside: the second copy of this program, born in the new namespaces. It
// is told over a socket what to become, does its half of the plan, and ends by turning into the container's program.
//
//	outside                          inside (the stage)
//	Config                   -->     what to become
//	Message{Event}           <--     "about to do this"            only when somebody listens
//	explain.Answer           -->     "go", "skip" …                (pause = simply not sending it)
//	Message{Furnished}       <--     its files are in place        only when the runtime has hooks to run now
//	explain.Answer           -->     "go": they have run
//	Message{Ready}           <--     all is in place
//	explain.Answer           -->     "go": the state is on disk
//	the fifo is opened       -->     start (of a container that was only created); from here on the fifo takes the socket's place
//	Message{Failure}         <--     or the end of the stream: execve has closed our end, success
//
// If the outside dies, the stage reads the end of the stream and ends as well: nothing half made stays behind.
package stage

import (
	"os"
	"time"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

// Config is what the stage is told.
type Config struct {
	Container plan.Container
	Host      plan.Host
	Listen    bool
	Preserve  int // descriptors 3, 4 … that the program gets
	Console   int // descriptor of the socket for the terminal's master
	Fifo      int // descriptor of the fifo that start opens; 0: go on at once
}

// Message is what the stage says; one of its fields.
type Message struct {
	Event     *explain.Event
	Furnished bool
	Ready     *Ready
	Failure   *Failure
}

// Ready says that only execve is left.
type Ready struct {
	Program string          // where it was found
	Env     []string        // what it will see: the specification's, and HOME
	Took    []time.Duration // by each op of the inside half
}

// Failure is why there will be no program, and Docker's exit code for it: 127 not found, 126 not executable, 125 the rest.
type Failure struct {
	Text string
	Code int
	Hook bool // a hook of the start has failed: the container is to be destroyed
}

// The names by which a copy of this program knows what it is; ps shows them.
const (
	name     = "glassbox: stage"
	initName = "glassbox: init"
)

// Argv are the arguments that make a copy of this program a stage, with the descriptor of its socket.
func Argv(socket string) []string { return []string{name, socket} }

// IsInside tells whether this process is a stage, or the init that one has become.
func IsInside() bool { return os.Args[0] == name || os.Args[0] == initName }
