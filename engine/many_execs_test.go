// These tests let one supervisor attend many programs: it has no thread for each, and it is small again when they have ended.
package engine

import (
	"bufio"
	"fmt"
	"os"
	"strings"
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

func TestShimIsSmallAfterARush(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sleep", "100"))
	status, err := e.status(id)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"true"}}); err != nil || code != 0 {
				t.Errorf("exit code %d, %v", code, err)
			}
		})
	}
	all.Wait()
	const kilobytes, threads = 8 << 10, 12
	until(t, "the shim gives its threads and its memory back", func() bool {
		return statusNumber(t, status.Shim, "Threads") <= threads && statusNumber(t, status.Shim, "VmRSS") < kilobytes
	})
}

// statusNumber reads a line of /proc/PID/status.
func statusNumber(t *testing.T, pid int, name string) (n int) {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), name+":"); found {
			if _, err := fmt.Sscan(value, &n); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}
