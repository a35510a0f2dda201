// This file reads which ports are open in the network of a process: man 5 proc, "/proc/pid/net/tcp".
package look

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Socket is one that waits for callers.
type Socket struct {
	Protocol string         `json:"protocol"` // "tcp", "udp"; for IPv6 "tcp6", "udp6"
	Address  netip.AddrPort `json:"address"`
	Own      bool           `json:"own"` // the process itself has it open, not only somebody in its network
}

// Listening lists the open ports of the network that a process is in. Own is false for all when its descriptors are closed to us.
func Listening(pid int) ([]Socket, error) {
	own, err := socketsOf(pid)
	if err != nil && !outOfReach(err) {
		return nil, err
	}
	var found []Socket
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := readProc(pid, "net/"+protocol)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		sockets, err := parseSockets(protocol, text, own)
		if err != nil {
			return nil, err
		}
		found = append(found, sockets...)
	}
	return found, nil
}

// parseSockets reads lines such as "0: 0B00007F:0035 00000000:0000 0A … inode …". State 0A is TCP's LISTEN, 07 what UDP has for it.
func parseSockets(protocol, text string, own map[string]bool) ([]Socket, error) {
	var found []Socket
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		waits := "0A"
		if strings.HasPrefix(protocol, "udp") {
			waits = "07"
		}
		if len(words) < 10 || words[3] != waits {
			continue
		}
		address, err := parseAddress(words[1])
		if err != nil {
			return nil, fmt.Errorf("read the %s sockets: %w", protocol, err)
		}
		found = append(found, Socket{protocol, address, own["socket:["+words[9]+"]"]})
	}
	return found, nil
}

// parseAddress reads "0B00007F:0035": numbers of four bytes in the machine's order, one for IPv4 and four for IPv6.
func parseAddress(text string) (netip.AddrPort, error) {
	numbers, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(numbers)
	if err != nil || len(bytes)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", text)
	}
	for i := 0; i < len(bytes); i += 4 {
		binary.NativeEndian.PutUint32(bytes[i:], binary.BigEndian.Uint32(bytes[i:]))
	}
	address, ok := netip.AddrFromSlice(bytes)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", text)
	}
	return netip.AddrPortFrom(address, uint16(number)), nil
}

// socketsOf lists what the descriptors of a process are that are sockets: "socket:[INODE]".
func socketsOf(pid int) (map[string]bool, error) {
	entries, err := os.ReadDir(procPath(pid, "fd"))
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, e := range entries {
		if to, err := os.Readlink(procPath(pid, "fd/"+e.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			own[to] = true
		}
	}
	return own, nil
}
