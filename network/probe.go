// This file finds out whether this kernel has the links that a network needs: small kernels lack some. It tries, in a network
// namespace that nobody else sees and that is gone a moment later.
package network

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// Supported returns an error if this kernel has no links of the kinds that the network needs.
func Supported(n Network, h Host) error {
	if n.Driver == DriverBridge || n.Driver == DriverCNI {
		return nil // what is missing there is missing for everything
	}
	needs := map[string]explain.Op{}
	switch {
	case n.Driver == DriverOverlay:
		needs["vxlan"] = kernel.LinkEnsureVXLAN{Name: "probe1", Bridge: "probe0", ID: 1, Port: vxlanPort, MTU: overlayMTU}
	case n.Made && !h.Present:
		if _, id, vlan := vlanOf(n.Bridge); vlan {
			needs["8021q"] = kernel.LinkEnsureVLAN{Name: "probe1", Parent: "probe0", ID: id}
		} else {
			needs["dummy"] = kernel.LinkEnsureDummy{Name: "probe1"}
		}
	}
	if n.onParent() {
		needs[n.Driver] = kernel.LinkAddShare{Kind: n.Driver, Mode: shareMode(n), Parent: "probe0", Name: "probe2",
			Netns: "/proc/thread-self/ns/net", MAC: "02:00:00:00:00:02"}
	}
	for module, op := range needs {
		if err := elsewhere(op.Do); errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("the driver %s needs links that this kernel does not have: try 'modprobe %s', or another kernel: %w",
				n.Driver, module, unix.EOPNOTSUPP)
		}
	}
	return nil
}

// elsewhere does something in a new network namespace with a bridge in it.
func elsewhere(do func() error) error {
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = kernel.LinkEnsureBridge{Name: "probe0", MAC: "02:00:00:00:00:01", MTU: defaultMTU}.Do()
		}
		if err == nil {
			err = do()
		}
		done <- err
	})
	return <-done
}
