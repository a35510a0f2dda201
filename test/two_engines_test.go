// This file lets two engines, with directories of their own, work on one machine: neither takes what is the other's.
package test

import (
	"strings"
	"sync"
	"testing"
)

// The second engine keeps the bridge that it made, also when the first one's has become free: its containers are to meet.
func TestTwoEnginesOnOneMachine(t *testing.T) {
	first, second := newPlace(t), newPlace(t)
	first.must("run", "-d", "--name", "one", "box", "sleep", "1000")
	second.must("run", "-d", "--name", "old", "box", "sleep", "1000")
	address := strings.TrimSpace(second.must("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "old"))
	if other := strings.TrimSpace(first.must("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "one")); other == address {
		t.Errorf("both engines gave the address %s away", address)
	}
	first.must("rm", "-f", "one")
	if r := second.run("run", "--rm", "box", "ping", "-c", "1", "-W", "2", address); r.code != 0 {
		t.Errorf("containers of one engine do not meet: %s", r)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if r := first.run("run", "--rm", "box", "true"); r.code != 0 {
				t.Error(r)
			}
		})
	}
	for range 8 {
		if r := second.run("audit"); r.code != 0 {
			t.Errorf("while another engine works: %s", r)
		}
	}
	all.Wait()
	second.must("rm", "-f", "old")
	for _, p := range []place{first, second} {
		if r := p.run("audit"); r.code != 0 {
			t.Error(r)
		}
	}
}
