// This test lets one supervisor attend many programs at once: it has no thread for each.
package engine

import (
	"sync"
	"testing"

	"glassbox/kernel/look"
)

func TestManyExecsNeedFewThreads(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sleep", "100"))
	status, err := e.status(id)
	if err != nil {
		t.Fatal(err)
	}
	const number = 40
	var all sync.WaitGroup
	for range number { // one after the other: to start many at once takes threads, which Go keeps
		started := make(chan bool)
		begun := sync.OnceFunc(func() { close(started) })
		all.Go(func() {
			defer begun()
			code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"sh", "-c", "until test -e /go; do sleep 0.1; done; exit 3"}, Started: begun})
			if err != nil || code != 3 {
				t.Errorf("exit code %d, %v", code, err)
			}
		})
		<-started
	}
	shim, err := look.ReadProcess(status.Shim)
	if err != nil {
		t.Fatal(err)
	}
	if shim.Threads >= number {
		t.Errorf("%d programs run, and the shim has %d threads", number, shim.Threads)
	}
	if code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"touch", "/go"}}); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	all.Wait()
}
