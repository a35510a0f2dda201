// This file checks the tables that people read.
package links

import (
	"io"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"links", func(w io.Writer) error {
			return WriteLinks(w, []Link{
				{Name: "lo", Index: 1, Type: "device", MTU: 65536, Up: true, State: "unknown", Addresses: []string{"127.0.0.1/8", "::1/128"}},
				{Name: "port0", Index: 3, Type: "veth", MAC: "02:00:00:00:00:09", MTU: 1500, State: "down", Master: "br0", PeerIndex: 2},
			})
		}, `INDEX  NAME   TYPE    UP   STATE    MASTER  MTU    MAC                ADDRESSES
1      lo     device  yes  unknown  -       65536  -                  127.0.0.1/8 ::1/128
3      port0  veth:2  no   down     br0     1500   02:00:00:00:00:09  -
`},
		{"routes", func(w io.Writer) error {
			return WriteRoutes(w, []Route{{To: "default", Via: "10.9.0.1", Link: "eth0", Scope: "universe", Protocol: "boot"}})
		}, `TO       VIA       INTERFACE  SOURCE  SCOPE     MADE BY
default  10.9.0.1  eth0       -       universe  boot
`},
		{"neighbours", func(w io.Writer) error {
			return WriteNeighbours(w, []Neighbour{{"10.9.0.1", "02:00:00:00:00:01", "eth0", "stale"}})
		}, `ADDRESS   MAC                INTERFACE  STATE
10.9.0.1  02:00:00:00:00:01  eth0       stale
`},
	} {
		var got strings.Builder
		if err := c.write(&got); err != nil || got.String() != c.want {
			t.Errorf("%s: error %v\n got\n%s\nwant\n%s", c.name, err, got.String(), c.want)
		}
	}
}
