// This file opens the netlink sockets through which the other files look.
package links

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// open opens a socket in a namespace. A netlink socket stays in the namespace in which it was opened, so the thread that
// joined is needed for this one call.
func open(namespace string) (h *netlink.Handle, err error) {
	dial := func() error {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	}
	if namespace == "" {
		err = dial()
	} else {
		err = look.Inside(namespace, unix.CLONE_NEWNET, dial)
	}
	if err != nil {
		return nil, fmt.Errorf("look at the network of %s: %w", nameOf(namespace), err)
	}
	return h, nil
}

func nameOf(namespace string) string {
	if namespace == "" {
		return "this namespace"
	}
	return namespace
}

// Whole repeats a listing that the kernel calls torn (NLM_F_DUMP_INTR): something changed while it was being written. On a
// machine where containers come and go all the time that happens often, but not for a second without a pause.
func Whole[T any](list func() ([]T, error)) (all []T, err error) {
	for begin := time.Now(); time.Since(begin) < time.Second; {
		all, err = list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}
