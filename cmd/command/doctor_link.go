// This file tries to make network devices, in a network namespace that nobody else sees and that is gone a moment later.
package command

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

const anyMAC = "02:00:00:00:00:01"

func addBridge() error {
	return kernel.LinkEnsureBridge{Name: "probe0", MAC: anyMAC, MTU: 1500}.Do()
}

func addVeth() error {
	if err := addBridge(); err != nil {
		return err
	}
	return kernel.LinkAddVeth{Name: "probe1", Bridge: "probe0", MTU: 1500, Peer: "probe2", PeerMAC: anyMAC,
		PeerNetns: "/proc/thread-self/ns/net"}.Do()
}

// addShare makes a device that shares the bridge's: kind is macvlan or ipvlan.
func addShare(kind, mode string) func() error {
	return func() error {
		if err := addBridge(); err != nil {
			return err
		}
		return kernel.LinkAddShare{Kind: kind, Mode: mode, Parent: "probe0", Name: "probe1", MAC: anyMAC, Netns: "/proc/thread-self/ns/net"}.Do()
	}
}

func addVXLAN() error {
	if err := addBridge(); err != nil {
		return err
	}
	return kernel.LinkEnsureVXLAN{Name: "probe1", Bridge: "probe0", ID: 1, Port: 4789, MTU: 1450}.Do()
}

// checkLink tries a kind of device. Without bridges and veth there is no network but the host's; the others have a driver each.
func checkLink(module string, add func() error) finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	err := elsewhere(unix.CLONE_NEWNET, add)
	if err == nil {
		return finding{State: fine, Found: "made one"}
	}
	f := finding{State: degraded, Found: err.Error(), Remedy: remedyOf(module)}
	if errors.Is(err, unix.EOPNOTSUPP) {
		f.Found = "this kernel has none"
	}
	switch module {
	case "bridge", "veth":
		f.State, f.Lost = missing, "all networks but host and none"
	case "vxlan":
		f.Lost = "networks of the driver overlay"
	default:
		f.Lost = "networks of the driver " + module
	}
	return f
}

// elsewhere does something on a thread in a new namespace, which ends with the thread.
func elsewhere(namespace int, do func() error) error {
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		err := unix.Unshare(namespace)
		if err == nil {
			err = do()
		}
		done <- err
	})
	return <-done
}
