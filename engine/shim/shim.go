// Package shim is the supervisor of one container: a small process that stands between the program and the rest of the world for
// as long as the program runs. It owns the program's input and output, keeps its log, learns its exit code (only a parent can
// wait for a child) and starts further programs beside it. The command that started the container may end or be killed.
//
//	shim.go      how the process begins and ends
//	birth.go     opens what the shim needs; life.go makes the container, by package runtime/container
//	stdio.go     pipes or a terminal, and what flows through them
//	audience.go  who listens: the log and any number of clients
//	client.go    one of them, and what waits for it
//	sink.go      where output is kept: log.go files, log_socket.go syslog and journald, ring.go in memory meanwhile
//	serve.go     shim.sock: attach, exec; command.go: signal, freeze, alter
//	exec.go      further programs
//	names.go     the container's name server: dns/
//	health.go    asks the container how it fares
//	farewell.go  the machine goes down
//	death.go     the exit code, the cgroup's last words, cleaning up
//	will.go      whether the program is started again; again.go starts it
//	wire/        the protocol, drawn
//
// It runs in the program glassbox-oci, whose main must begin with
//
//	if shim.IsShim() {
//		shim.Main()
//	}
package shim

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"glassbox/engine/shim/wire"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/container"
)

// engineEnd is the descriptor of the socket to the engine that started us.
const engineEnd = 3

// IsShim tells whether this process was started as one.
func IsShim() bool { return len(os.Args) > 0 && strings.HasPrefix(os.Args[0], wire.Title) }

// Main supervises one container from its birth to its end. It does not return.
func Main() {
	debug.SetGCPercent(-1) // quick at first: see settleDown
	debug.SetMemoryLimit(32 << 20)
	engine, err := wire.FromDescriptor(engineEnd)
	if err == nil {
		err = live(engine)
	}
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// live goes through the stages of a shim's life. What goes wrong is told to the engine, for a shim has no terminal: its own
// descriptors 0 to 2 are /dev/null.
func live(engine *wire.Conn) error {
	seen := container.LookAhead() // while the engine is busy
	s, err := awaitBirth(engine)
	if err == nil {
		err = s.bear(seen, engine)
	}
	if errors.Is(err, errGivenUp) {
		return nil
	}
	if err != nil {
		report(engine, err)
		return err
	}
	time.AfterFunc(time.Second, settleDown)
	return s.supervise(engine)
}

// settleDown makes the shim of a container that lives longer than a moment small: there may be hundreds, and none has much to do.
// Until then collecting garbage would only keep the program's first output waiting. What there is at birth is collected later still: that
// takes milliseconds, and where one container after the other is started, the next one would have to wait for them.
func settleDown() {
	debug.SetGCPercent(20)
	time.AfterFunc(9*time.Second, debug.FreeOSMemory)
}

// rest gives memory back, a while after a program was run for a client; those that come meanwhile share it.
func (s *shim) rest() {
	if s.resting.CompareAndSwap(false, true) {
		time.AfterFunc(3*time.Second, func() {
			s.resting.Store(false)
			dismissThreads()
			debug.FreeOSMemory()
		})
	}
}

// dismissThreads ends those that a rush of clients has left idle: Go keeps each that it has ever needed, with 48 KB of stacks. One that
// belongs to a goroutine alone ends with it, and its memory is found when the next one is made: so as many end as there are.
func dismissThreads() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return // to have too many is no harm
	}
	var leaving sync.WaitGroup
	for range threads {
		leaving.Go(runtime.LockOSThread)
	}
	leaving.Wait()
}

// errGivenUp says that the engine hung up before there was a container: nobody wants to hear of it.
var errGivenUp = errors.New("the engine gave up")

// hear waits for a word of the engine's, and reads what it says; nil: nothing.
func hear(engine *wire.Conn, want wire.Kind, what any) error {
	kind, payload, err := engine.Receive()
	if errors.Is(err, io.EOF) {
		return errGivenUp
	}
	if err != nil {
		return err
	}
	if kind != want {
		return fmt.Errorf("the shim got a frame %q in place of %q: the program is of another version", kind, want)
	}
	if what == nil {
		return nil
	}
	if err := quickjson.Unmarshal(payload, what); err != nil {
		return fmt.Errorf("read what the engine says: %w", err)
	}
	return nil
}

// report sends an error to the one who asked. If that one has gone, nobody wants to know.
func report(to *wire.Conn, err error) {
	_ = to.SendJSON(wire.Failed, failure(err))
}
