// This file gives the container its name server, if it is on a network whose members have names. It may be connected to one
// later: then the engine says so.
package shim

import (
	"errors"
	"sync"

	"glassbox/engine/shim/dns"
)

// names is the container's name server; none until there is something to serve, and none again when the container has ended.
type names struct {
	starting sync.Mutex
	server   *dns.Server
	over     bool
}

// serveNames starts the name server where there is none and the container has a view of names.
func (s *shim) serveNames() error {
	s.names.starting.Lock()
	defer s.names.starting.Unlock()
	if s.names.over || s.names.server != nil || !dns.Served(s.birth.Dir) {
		return nil
	}
	if s.birth.Netns == "" {
		return errors.New("serve names: the container has no network namespace of its own")
	}
	var err error
	s.names.server, err = dns.Serve(s.birth.Netns, s.birth.Dir)
	return err
}

// endNames lets go of the container's network namespace.
func (s *shim) endNames() {
	s.names.starting.Lock()
	defer s.names.starting.Unlock()
	s.names.over = true
	if s.names.server != nil {
		s.names.server.Close()
	}
}
