// This file answers facts about who listens in the network of a process: /proc/PID/net/tcp and udp, man 5 proc.
package lessons

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

func socketKinds() []kind {
	return []kind{{"somebody listens at {protocol} {address} in the network of {pid}", listens}}
}

func listens(args []string) (finding, error) {
	pid, err := process(args[2])
	if err != nil {
		return finding{}, err
	}
	if args[0] != "tcp" && args[0] != "udp" {
		return finding{}, fmt.Errorf("%q is no protocol of this fact: tcp or udp", args[0])
	}
	file := fmt.Sprintf("/proc/%d/net/%s", pid, args[0])
	text, err := os.ReadFile(file)
	if err != nil {
		return finding{}, fmt.Errorf("see who listens: %w", err)
	}
	var f finding
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		fields := strings.Fields(line)
		if i == 0 || len(fields) < 4 {
			continue
		}
		local, err := localAddress(fields[1])
		if err != nil {
			return finding{}, fmt.Errorf("read %s: %w", file, err)
		}
		const listening, unconnected = "0A", "07" // TCP_LISTEN; what UDP has for it
		if fields[3] == listening || fields[3] == unconnected {
			f.evidence = append(f.evidence, file+": "+local.String())
			f.holds = f.holds || like(args[1], local.String())
		}
	}
	if len(f.evidence) == 0 {
		f.evidence = []string{file + ": nobody listens"}
	}
	return f, nil
}

// localAddress reads 0B00007F:0035, which is 127.0.0.11:53: the address as a number in the machine's byte order, here little endian.
func localAddress(text string) (netip.AddrPort, error) {
	address, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(address)
	if err != nil || len(bytes) != 4 {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", text)
	}
	slices.Reverse(bytes)
	number, err := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(bytes)), uint16(number)), err
}
