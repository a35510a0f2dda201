// These tests decide whether programs are started again; no time passes in them.
package shim

import (
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

func TestWhoReturns(t *testing.T) {
	for _, c := range []struct {
		policy wire.Restart
		codes  []int
		want   []bool
	}{
		{wire.Restart{}, []int{1}, []bool{false}},
		{wire.Restart{Name: "no"}, []int{1}, []bool{false}},
		{wire.Restart{Name: "always"}, []int{0, 1}, []bool{true, true}},
		{wire.Restart{Name: "unless-stopped"}, []int{0, 1}, []bool{true, true}},
		{wire.Restart{Name: "on-failure"}, []int{1, 2, 0}, []bool{true, true, false}},
		{wire.Restart{Name: "on-failure", Max: 2}, []int{1, 1, 1}, []bool{true, true, false}},
	} {
		w := newWill(c.policy)
		for i, code := range c.codes {
			if _, again := w.returns(code, time.Second); again != c.want[i] {
				t.Errorf("%v: end %d with code %d: again %v", c.policy, i+1, code, again)
			}
		}
	}
}

func TestWaitDoublesAndIsForgiven(t *testing.T) {
	w := newWill(wire.Restart{Name: "always"})
	wait := func(ran time.Duration) time.Duration { d, _ := w.returns(1, ran); return d }
	for _, want := range []time.Duration{100, 200, 400, 800, 1600} {
		if got := wait(0); got != want*time.Millisecond {
			t.Errorf("wait %v, want %v ms", got, want)
		}
	}
	for range 10 {
		wait(0)
	}
	if got := wait(0); got != time.Minute {
		t.Errorf("the longest wait is %v", got)
	}
	if got := wait(10 * time.Second); got != 100*time.Millisecond {
		t.Errorf("after a long run the wait is %v", got)
	}
	w.stop()
	w.stop()
	if _, again := w.returns(1, 0); again {
		t.Error("it returns although it was stopped")
	}
}
