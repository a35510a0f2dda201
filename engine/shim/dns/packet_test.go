// These tests hand single packets to the server: what is malformed, what is unusual, what must not be answered.
package dns

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const typeA = dnsmessage.TypeA

// query writes a question; size 0 leaves EDNS out.
func query(t testing.TB, name string, kind dnsmessage.Type, size uint16) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 0x1234, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	}
	if size > 0 {
		var h dnsmessage.ResourceHeader
		if err := h.SetEDNS0(int(size), 0, false); err != nil {
			t.Fatal(err)
		}
		m.Additionals = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.OPTResource{}}}
	}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func exchangeUDP(t testing.TB, server string, packet []byte) []byte {
	t.Helper()
	c, err := net.Dial("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(8 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(packet); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

func testZone() *zone {
	return newZone(view{}, []entry{{Network: "mynet", Names: []string{"web"}, Addresses: []netip.Addr{netip.MustParseAddr("10.45.0.2")}}})
}

func first(int) int { return 0 }

func TestAnswers(t *testing.T) {
	bare := testZone()
	bare.upstream, bare.keepBare = []netip.Addr{netip.MustParseAddr("192.0.2.1")}, true
	for _, c := range []struct {
		say     string
		z       *zone
		packet  []byte
		code    dnsmessage.RCode
		answers int
	}{
		{"a name with its address", testZone(), query(t, "web.", typeA, 0), dnsmessage.RCodeSuccess, 1},
		{"an address of another kind: no data, and nobody else is asked", bare, query(t, "web.", dnsmessage.TypeAAAA, 0), dnsmessage.RCodeSuccess, 0},
		{"another kind of record", bare, query(t, "web.", dnsmessage.TypeMX, 0), dnsmessage.RCodeSuccess, 0},
		{"all records", testZone(), query(t, "web.", dnsmessage.TypeALL, 0), dnsmessage.RCodeSuccess, 1},
		{"an unknown name with nobody to ask", testZone(), query(t, "web.example.", typeA, 1232), dnsmessage.RCodeNameError, 0},
		{"a name without a dot, with ndots", bare, query(t, "nobody.", typeA, 0), dnsmessage.RCodeNameError, 0},
		{"the root", testZone(), query(t, ".", typeA, 0), dnsmessage.RCodeNameError, 0},
		{"two questions", testZone(), twice(query(t, "web.", typeA, 0)), dnsmessage.RCodeFormatError, 0},
		{"half a question", testZone(), query(t, "web.", typeA, 0)[:15], dnsmessage.RCodeFormatError, 0},
		{"a future version of EDNS", testZone(), version1(query(t, "web.", typeA, 1232)), 0, 0},
		{"a zone transfer's opcode", testZone(), opcode(query(t, "web.", typeA, 0), 4), dnsmessage.RCodeNotImplemented, 0},
		{"another class", testZone(), class(query(t, "web.", typeA, 0), 3), dnsmessage.RCodeNotImplemented, 0},
	} {
		reply, q := answer(c.z, nil, c.packet, overUDP, first)
		var m dnsmessage.Message
		if err := m.Unpack(reply); err != nil || q != nil {
			t.Errorf("%s: %v (others are asked: %v)", c.say, err, q != nil)
			continue
		}
		if m.ID != 0x1234 || !m.Response || m.RCode != c.code || len(m.Answers) != c.answers {
			t.Errorf("%s: %s", c.say, m.GoString())
		}
	}
}

// Others are asked for what is in no book; what is no question gets no answer; books that can not be read are not "no such name".
func TestNotOurs(t *testing.T) {
	z := testZone()
	z.upstream = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	if _, q := answer(z, nil, query(t, "example.org.", typeA, 0), overUDP, first); q == nil {
		t.Error("nobody is asked for example.org")
	}
	response := query(t, "web.", typeA, 0)
	response[2] |= 0x80
	for say, packet := range map[string][]byte{"an answer": response, "nothing": nil, "half a header": make([]byte, 11)} {
		if reply, q := answer(z, nil, packet, overUDP, first); reply != nil || q != nil {
			t.Errorf("%s is answered with %x", say, reply)
		}
	}
	reply, _ := answer(nil, errors.New("no book"), query(t, "web.", typeA, 0), overUDP, first)
	if dnsmessage.RCode(reply[3]&0xf) != dnsmessage.RCodeServerFailure {
		t.Errorf("without books the answer is %x", reply)
	}
}

func twice(packet []byte) []byte {
	packet[5] = 2
	return append(packet, packet[12:]...)
}

func version1(packet []byte) []byte {
	packet[len(packet)-5] = 1
	return packet
}

func opcode(packet []byte, code byte) []byte {
	packet[2] |= code << 3
	return packet
}

func class(packet []byte, class byte) []byte {
	packet[len(packet)-1] = class
	return packet
}

func TestReversed(t *testing.T) {
	six := "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"
	for name, want := range map[string]string{
		"2.0.45.10.in-addr.arpa": "10.45.0.2", six: "fd00::2", "45.10.in-addr.arpa": "", "300.0.0.1.in-addr.arpa": "",
		"1.2.3.4": "", "x" + six[1:]: "", "ip6.arpa": "", "01.0.0.1.in-addr.arpa": "",
	} {
		got, ok := reversed(name)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s is %v, want %q", name, got, want)
		}
	}
}

// FuzzAnswer: whatever comes, an answer is a message that fits, to the same question.
func FuzzAnswer(f *testing.F) {
	for _, p := range [][]byte{
		query(f, "web.", typeA, 0), query(f, "web.mynet.", dnsmessage.TypeAAAA, 1232), query(f, "example.org.", dnsmessage.TypeALL, 512),
		query(f, "2.0.45.10.in-addr.arpa.", dnsmessage.TypePTR, 4096), twice(query(f, "web.", typeA, 0)), query(f, ".", typeA, 0)[:14], nil,
	} {
		f.Add(p, true)
		f.Add(p, false)
	}
	asking := testZone()
	asking.upstream = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	f.Fuzz(func(t *testing.T, packet []byte, tcp bool) {
		over, limit := overUDP, largestUDP
		if tcp {
			over, limit = overTCP, 0xffff
		}
		for _, z := range []*zone{testZone(), asking} {
			reply, q := answer(z, nil, packet, over, first)
			if q != nil {
				reply = q.failure()
			}
			var m dnsmessage.Message
			if reply == nil {
				continue
			}
			if err := m.Unpack(reply); err != nil {
				t.Fatalf("%x is answered with %x: %v", packet, reply, err)
			}
			if len(reply) > limit || !m.Response || reply[0] != packet[0] || reply[1] != packet[1] {
				t.Fatalf("%x is answered with %x", packet, reply)
			}
		}
	})
}
