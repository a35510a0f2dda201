// This file makes the whole OCI spec of a container: Spec, with the facts of this machine, and the seccomp filter.
package engine

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func (e *Engine) spec(n *newborn, account Account) (*specs.Spec, error) {
	place, err := e.place(n.ID, n.Request, account)
	if err != nil {
		return nil, err
	}
	spec, err := Spec(n.Request, n.image.Config.Config, place)
	if err != nil {
		return nil, err
	}
	spec.Process.ConsoleSize = n.size
	return spec, Confine(spec, n.Request.Security)
}

// accountName is whom the program runs as: what the user says, else what the image says.
func accountName(n *newborn) string {
	if n.Request.User != "" {
		return n.Request.User
	}
	return n.image.Config.Config.User
}
