// This file decides whether a program that has ended is started again, and how long to wait before: 100 ms, then twice as long
// each time, up to a minute. A run of ten seconds shows that it works, and the wait is short again.
package shim

import (
	"time"

	"glassbox/engine/shim/wire"
)

const (
	shortestWait = 100 * time.Millisecond
	longestWait  = time.Minute
	longEnough   = 10 * time.Second
)

// will is what is to happen after the program's end.
type will struct {
	policy   wire.Restart
	wait     time.Duration
	failures int           // in a row
	forgo    chan struct{} // closed when somebody wants it to stay ended
	forgone  bool
}

func newWill(policy wire.Restart) will { return will{policy: policy, forgo: make(chan struct{})} }

// returns tells whether the program is to be started again, and after how long.
func (w *will) returns(exitCode int, ran time.Duration) (wait time.Duration, again bool) {
	if w.failures++; exitCode == 0 {
		w.failures = 0
	}
	if ran >= longEnough {
		w.wait = 0
	}
	w.wait = min(max(2*w.wait, shortestWait), longestWait)
	if w.forgone {
		return 0, false
	}
	switch w.policy.Name {
	case "always", "unless-stopped":
		return w.wait, true
	case "on-failure":
		return w.wait, exitCode != 0 && (w.policy.Max == 0 || w.failures <= w.policy.Max)
	}
	return 0, false
}

// stop makes this run the last.
func (w *will) stop() {
	if !w.forgone {
		w.forgone = true
		close(w.forgo)
	}
}
