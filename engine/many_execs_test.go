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
	var all, ready sync.WaitGroup
	ready.Add(number)
	for range number {
		all.Go(func() {
			code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"sh", "-c", "sleep 1; exit 3"}, Started: ready.Done})
			if err != nil || code != 3 {
				t.Errorf("exit code %d, %v", code, err)
			}
		})
	}
	ready.Wait()
	shim, err := look.ReadProcess(status.Shim)
	if err != nil {
		t.Fatal(err)
	}
	if shim.Threads >= number {
		t.Errorf("%d programs run, and the shim has %d threads", number, shim.Threads)
	}
	all.Wait()
}
