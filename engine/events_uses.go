// This file notes which networks and volumes containers use: connect and mount before a program starts, disconnect and unmount when it
// has ended.
package engine

import (
	"errors"
	"strconv"

	"glassbox/network"
)

// emitNetwork notes what has happened to a network, with a container or none.
func (e *Engine) emitNetwork(action string, n network.Network, container string) error {
	attributes := map[string]string{"name": n.Name, "type": n.Driver}
	if container != "" {
		attributes["container"] = container
	}
	return e.emit("network", action, n.ID, attributes)
}

// emitUses notes the same of all networks and volumes of a container.
func (e *Engine) emitUses(r *Record, s network.Sandbox, connected, mounted string) error {
	var errs []error
	for _, end := range s.Endpoints {
		errs = append(errs, e.emitNetwork(connected, end.Network, r.ID))
	}
	for _, m := range r.Request.Mounts {
		if m.Type == MountVolume {
			errs = append(errs, e.emit("volume", mounted, m.Source, map[string]string{"container": r.ID, "destination": m.Target,
				"driver": wantedVolume(m).Driver, "read/write": strconv.FormatBool(!m.ReadOnly)}))
		}
	}
	return errors.Join(errs...)
}
