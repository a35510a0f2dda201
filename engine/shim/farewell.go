// This file ends the container when its shim is asked to end, by SIGTERM: the machine goes down. systemd asks every process so, and
// waits 90 seconds for the last one; but the first process of a container does not even hear a signal that it has no handler for.
package shim

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// heed does what `glassbox stop` would. Nobody has stopped the container by hand, so it comes back after the reboot if its policy says so.
func (s *shim) heed(asked <-chan os.Signal) {
	select {
	case <-asked:
	case <-s.over:
		return
	}
	s.sendLast(unix.Signal(s.birth.StopSignal))
	if s.birth.Patience < 0 {
		return // for ever: whoever ends the machine is less patient
	}
	select {
	case <-time.After(s.birth.Patience):
		s.sendLast(unix.SIGKILL)
	case <-s.over:
	}
}

func (s *shim) sendLast(number unix.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.send(wire.Sign{Number: int(number), Last: true}); err != nil && s.status.Error == "" {
		s.status.Error = err.Error()
	}
}
