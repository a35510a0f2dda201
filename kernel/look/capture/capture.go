// Package capture sees packets pass, on every device of a network namespace, as tcpdump does: man 7 packet. It changes nothing.
package capture

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Sighting is one packet on one device.
type Sighting struct {
	Index  int       // of the device
	Out    bool      // it left by the device
	When   time.Time // the kernel's clock
	Packet Packet
}

// Tap watches one namespace.
type Tap struct{ fd int }

// Open begins to watch a namespace, "" for our own.
func Open(namespace string) (*Tap, error) {
	t := &Tap{}
	dial := func() (err error) {
		all := int(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8) // in the network's byte order
		t.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, all)
		return err
	}
	var err error
	if namespace == "" {
		err = dial()
	} else {
		err = look.Inside(namespace, unix.CLONE_NEWNET, dial)
	}
	if err != nil {
		return nil, fmt.Errorf("watch the packets of %s: %w", namespace, err)
	}
	if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return nil, errors.Join(fmt.Errorf("watch the packets of %s: %w", namespace, err), unix.Close(t.fd))
	}
	return t, nil
}

// Close stops watching.
func (t *Tap) Close() error { return unix.Close(t.fd) }

// Seen returns the packets that passed so far and that want accepts.
func (t *Tap) Seen(want func(Packet) bool) ([]Sighting, error) {
	var all []Sighting
	frame, control := make([]byte, 2048), make([]byte, 128)
	for {
		n, c, _, from, err := unix.Recvmsg(t.fd, frame, control, 0)
		if err == unix.EAGAIN {
			return all, nil
		}
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return all, fmt.Errorf("see the packets that passed: %w", err)
		}
		device, ok := from.(*unix.SockaddrLinklayer)
		p, readable := Read(frame[:n])
		if !ok || !readable || !want(p) {
			continue
		}
		all = append(all, Sighting{Index: device.Ifindex, Out: device.Pkttype == unix.PACKET_OUTGOING, When: stamp(control[:c]), Packet: p})
	}
}

// stamp finds the time in the control messages.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}
	}
	for _, m := range messages {
		if m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(nativeUint64(m.Data)), int64(nativeUint64(m.Data[8:])))
		}
	}
	return time.Time{}
}
