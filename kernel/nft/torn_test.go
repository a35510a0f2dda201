// This test reads a list that is longer than the kernel sends at once, while others change it.
package nft

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

func TestLongListIsReadWhole(t *testing.T) {
	const stay = 600
	apart(func() {
		do(t, EnsureTable{})
		for n := range stay {
			do(t, Publish{Proto: "udp", HostPort: uint16(20000 + n), Addr: "10.1.1.1", Port: 80})
		}
		here, stop, stopped := fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), make(chan bool), make(chan error)
		go func() { stopped <- look.Inside(here, unix.CLONE_NEWNET, func() error { return comeAndGo(stop) }) }()
		for begin := time.Now(); time.Since(begin) < 3*time.Second && !t.Failed(); {
			list, err := Published()
			var seen []uint16
			for _, p := range list {
				if p.Proto == "udp" {
					seen = append(seen, p.HostPort)
				}
			}
			slices.Sort(seen)
			if n := len(seen); err != nil || n != stay || len(slices.Compact(seen)) != stay {
				t.Errorf("of %d ports %d were read, %d of them once (%v)", stay, n, len(slices.Compact(seen)), err)
			}
		}
		close(stop)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// comeAndGo publishes ports and takes them back until it is stopped.
func comeAndGo(stop chan bool) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		case <-time.After(3 * time.Millisecond):
		}
		p := Publish{Proto: "tcp", HostPort: uint16(10000 + n%500), Addr: "10.1.1.1", Port: 80}
		if err := p.Do(); err != nil {
			return err
		}
		if err := Unpublish(p).Do(); err != nil {
			return err
		}
	}
}
