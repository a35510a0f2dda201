// This file checks how addresses of sockets are read. The kernel prints them in the machine's order; these are little endian's.
package look

import (
	"net"
	"os"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"0B00007F:0035":                         "127.0.0.11:53",
		"00000000:0050":                         "0.0.0.0:80",
		"00000000000000000000000001000000:1F90": "[::1]:8080",
	} {
		if got, err := parseAddress(text); err != nil || got.String() != want {
			t.Errorf("%s is %v (%v), want %s", text, got, err, want)
		}
	}
	if got, err := parseAddress("nonsense"); err == nil {
		t.Errorf("nonsense is %v", got)
	}
}

func TestListening(t *testing.T) {
	count := func(address string) (n int) {
		sockets, err := Listening(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sockets {
			if s.Own && s.Address.String() == address {
				n++
			}
		}
		return n
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if count(address) != 1 {
		t.Errorf("the open port %s is not seen", address)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if count(address) != 0 {
		t.Errorf("the closed port %s is seen", address)
	}
}
