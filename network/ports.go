// This file holds published ports.
package network

import (
	"fmt"
	"net"
	"strconv"
)

// Port is one published port.
type Port struct {
	Proto    string // tcp, udp or sctp
	HostIP   string // empty: every address of the host
	HostPort uint16 // 0: any that is free (ClaimPorts chooses)
	Last     uint16 // with HostPort: any that is free from there to here; 0: none but that
	Port     uint16 // the container's
}

// String prints it as `ps` does.
func (p Port) String() string {
	ip := p.HostIP
	if ip == "" {
		ip = "0.0.0.0"
	}
	return fmt.Sprintf("%s->%d/%s", net.JoinHostPort(ip, strconv.Itoa(int(p.HostPort))), p.Port, p.Proto)
}
