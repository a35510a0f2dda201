// This file sets capabilities, the pieces into which root's power is cut. They belong to a thread: these ops change the calling
// thread alone, which is the one that will execve. man 7 capabilities.
package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// KeepCapabilities lets the permitted set survive a change from user 0 to another, until the next execve.
// man 2 prctl, PR_SET_KEEPCAPS.
type KeepCapabilities struct{}

func (k KeepCapabilities) Do() error { return do(k) }
func (k KeepCapabilities) calls(m *making) error {
	m.add(prctl(unix.PR_SET_KEEPCAPS, 1))
	return nil
}
func (k KeepCapabilities) Call() string { return "prctl(PR_SET_KEEPCAPS, 1)" }

// Shell is empty: no tool does this alone, for its own execve would take it back.
func (k KeepCapabilities) Shell() string { return "" }

// DropBounding removes all capabilities but those kept from the bounding set: no execve can ever bring them back. It needs
// CAP_SETPCAP. man 2 prctl, PR_CAPBSET_DROP.
type DropBounding struct{ Keep uint64 }

func (d DropBounding) Do() error { return do(d) }

// calls asks the kernel rather than our table which capabilities there are: a newer one must be dropped as well. One that is
// gone already is dropped again, for a user namespace that is joined first brings it back.
func (d DropBounding) calls(m *making) error {
	for bit := range 64 {
		has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(bit), 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break // past the last one
		}
		if err != nil {
			return fmt.Errorf("%s: %w", capabilityName(bit), err)
		}
		if d.Keep>>bit&1 == 0 {
			drop := prctl(unix.PR_CAPBSET_DROP, bit)
			drop.name = "prctl(PR_CAPBSET_DROP, " + capabilityName(bit) + ")"
			if has == 0 {
				drop.may = errnos(unix.EPERM)
			}
			m.add(drop)
		}
	}
	return nil
}

func (d DropBounding) Call() string {
	dropped := CapabilityNames(AllCapabilities &^ d.Keep)
	switch len(dropped) {
	case 0:
		return "prctl(PR_CAPBSET_READ, CAP_CHOWN)"
	case 1:
		return "prctl(PR_CAPBSET_DROP, " + dropped[0] + ")"
	}
	return "prctl(PR_CAPBSET_DROP, " + dropped[0] + ")\nthe same for " + strings.Join(dropped[1:], " ")
}

func (d DropBounding) Shell() string { return "setpriv --bounding-set=" + setprivList(d.Keep) }

// SetCapabilities sets the four sets that a thread can set itself. Ambient ones must be permitted and inheritable too.
// man 2 capset; man 2 prctl, PR_CAP_AMBIENT.
type SetCapabilities struct{ Permitted, Effective, Inheritable, Ambient uint64 }

func (s SetCapabilities) Do() error { return do(s) }

func (s SetCapabilities) calls(m *making) error {
	var header, data []byte
	header = binary.NativeEndian.AppendUint32(header, unix.LINUX_CAPABILITY_VERSION_3)
	header = binary.NativeEndian.AppendUint32(header, 0) // this thread
	for _, shift := range []int{0, 32} {
		for _, set := range []uint64{s.Effective, s.Permitted, s.Inheritable} {
			data = binary.NativeEndian.AppendUint32(data, uint32(set>>shift))
		}
	}
	clear := prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL)
	clear.name = "clear the ambient set"
	m.add(call{number: unix.SYS_CAPSET, args: with{header, data}}, clear)
	for bit := range 64 {
		if s.Ambient>>bit&1 == 1 {
			raise := prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, bit)
			raise.name = "make " + capabilityName(bit) + " ambient, which needs it permitted and inheritable"
			m.add(raise)
		}
	}
	return nil
}

func (s SetCapabilities) Call() string {
	lines := []string{
		fmt.Sprintf("capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=%s, permitted=%s, inheritable=%s})",
			straceSet(s.Effective), straceSet(s.Permitted), straceSet(s.Inheritable)),
		"prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)",
	}
	for _, name := range CapabilityNames(s.Ambient) {
		lines = append(lines, "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, "+name+", 0, 0)")
	}
	return strings.Join(lines, "\n")
}

// Shell leaves out what setpriv can not say: the permitted and effective sets of its program follow from the user and the
// bounding set.
func (s SetCapabilities) Shell() string {
	return "setpriv --inh-caps=" + setprivList(s.Inheritable) + " --ambient-caps=" + setprivList(s.Ambient)
}

// straceSet prints a set as strace does.
func straceSet(mask uint64) string {
	if mask == 0 {
		return "0"
	}
	return "1<<" + strings.Join(CapabilityNames(mask), "|1<<")
}

// setprivList prints a set as setpriv wants it: none, and then these.
func setprivList(mask uint64) string {
	list := "-all"
	for _, name := range CapabilityNames(mask) {
		list += ",+" + strings.ToLower(strings.TrimPrefix(name, "CAP_"))
	}
	return list
}
