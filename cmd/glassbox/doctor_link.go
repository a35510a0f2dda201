// This file tries to make network devices, in a network namespace that nobody else sees and that is gone a moment later.
package main

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

func checkLink(module string, add func() error) finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	err := elsewhere(add)
	switch {
	case err == nil:
		return finding{State: fine, Found: "made one"}
	case errors.Is(err, unix.EOPNOTSUPP):
		return finding{State: missing, Found: "this kernel has none", Remedy: "modprobe " + module}
	}
	return finding{State: missing, Found: err.Error(), Remedy: "modprobe " + module}
}

// elsewhere does something on a thread in a new network namespace, which ends with the thread.
func elsewhere(do func() error) error {
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = do()
		}
		done <- err
	})
	return <-done
}
