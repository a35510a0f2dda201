// This file holds the parts of which rtnetlink messages are made: each encodes itself for the kernel and prints itself for a
// reader. Rule: names of links and paths of namespaces stay names until a message is sent; only then are they looked up.
package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// part is a piece of a message.
type part interface {
	encode(*encoder) ([]byte, error)
	String() string
}

// encoder knows where names are looked up, and holds what must stay open until the message is sent.
type encoder struct {
	socket int
	opened []int
}

func (e *encoder) close() {
	for _, fd := range e.opened {
		unix.Close(fd)
	}
}

// attr is one attribute: its type and its value.
type attr struct {
	name  string
	kind  uint16
	value part
}

func (a attr) String() string { return a.name + "=" + a.value.String() }

func encodeAttrs(e *encoder, attrs []attr) ([]byte, error) {
	var b []byte
	for _, a := range attrs {
		value, err := a.value.encode(e)
		if err != nil {
			return nil, err
		}
		b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofNlAttr+len(value)))
		b = binary.NativeEndian.AppendUint16(b, a.kind)
		b = append(b, value...)
		b = append(b, make([]byte, aligned(len(value))-len(value))...)
	}
	return b, nil
}

// nested is an attribute that holds attributes, after a header of its own where it has one.
type nested struct {
	head  part // may be nil
	attrs []attr
}

func (n nested) encode(e *encoder) ([]byte, error) {
	var head []byte
	if n.head != nil {
		var err error
		if head, err = n.head.encode(e); err != nil {
			return nil, err
		}
	}
	attrs, err := encodeAttrs(e, n.attrs)
	return append(head, attrs...), err
}

func (n nested) String() string {
	var words []string
	if n.head != nil {
		words = append(words, n.head.String())
	}
	for _, a := range n.attrs {
		words = append(words, a.String())
	}
	return "[" + strings.Join(words, ", ") + "]"
}

type text string

func (t text) encode(*encoder) ([]byte, error) { return append([]byte(t), 0), nil }
func (t text) String() string                  { return fmt.Sprintf("%q", string(t)) }

type number uint32

func (n number) encode(*encoder) ([]byte, error) {
	return binary.NativeEndian.AppendUint32(nil, uint32(n)), nil
}
func (n number) String() string { return fmt.Sprint(uint32(n)) }

type octet byte

func (o octet) encode(*encoder) ([]byte, error) { return []byte{byte(o)}, nil }
func (o octet) String() string                  { return fmt.Sprint(byte(o)) }

// inet is an address without its prefix length.
type inet string

func (i inet) encode(*encoder) ([]byte, error) {
	a, err := netip.ParseAddr(string(i))
	return a.AsSlice(), err
}
func (i inet) String() string { return fmt.Sprintf("inet_addr(%q)", string(i)) }

// mac is a hardware address, six bytes.
type mac string

func (m mac) encode(*encoder) ([]byte, error) {
	b := make([]byte, 6)
	n, err := fmt.Sscanf(string(m), "%02x:%02x:%02x:%02x:%02x:%02x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5])
	if err != nil || n != len(b) {
		return nil, fmt.Errorf("hardware address %q: want six bytes like 02:42:0a:2c:00:02", string(m))
	}
	return b, nil
}
func (m mac) String() string { return string(m) }

// linkIndex is a link by its name. The kernel wants its number in that namespace where the socket is.
type linkIndex string

func (l linkIndex) encode(e *encoder) ([]byte, error) {
	request, err := unix.NewIfreq(string(l))
	if err != nil {
		return nil, fmt.Errorf("link name %q: at most 15 bytes: %w", string(l), err)
	}
	if err := unix.IoctlIfreq(e.socket, unix.SIOCGIFINDEX, request); err != nil {
		return nil, fmt.Errorf("there is no link %q: %w", string(l), err)
	}
	return number(request.Uint32()).encode(e)
}
func (l linkIndex) String() string { return fmt.Sprintf("if_nametoindex(%q)", string(l)) }

// netnsFile is a network namespace by the file that shows it. The kernel wants a descriptor.
type netnsFile string

func (n netnsFile) encode(e *encoder) ([]byte, error) {
	fd, err := unix.Open(string(n), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open(%q, O_RDONLY): %w", string(n), err)
	}
	e.opened = append(e.opened, fd)
	return number(fd).encode(e)
}
func (n netnsFile) String() string { return fmt.Sprintf("open(%q)", string(n)) }

// askForLink does ioctl(SIOCETHTOOL, ETHTOOL_GLINK): a struct ifreq that points to a struct ethtool_value.
func askForLink(socket int, name string) error {
	value := [2]uint32{unix.ETHTOOL_GLINK}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data *[2]uint32
		pad  [16]byte
	}{data: &value}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}
