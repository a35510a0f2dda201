// These tests read frames: whole ones, cut ones, and whatever a fuzzer makes of them.
package capture

import (
	"encoding/hex"
	"testing"
)

// frames as tcpdump saw them: what they are, and their bytes.
func frames() map[string]string {
	const ethernet = "02420a0900030242" + "0a0900020800"
	return map[string]string{
		"icmp 10.9.0.2:0 > 10.9.0.3:0": ethernet + "4500001e00004000400100000a0900020a090003" + "0800f7ff00070001" + "6162",
		"tcp 10.9.0.2:4660 > 10.9.0.3:80": ethernet + "4500002800004000400600000a0900020a090003" +
			"12340050000000090000000050020000000000000000",
		"udp 10.9.0.2:4660 > 10.9.0.3:53": ethernet + "4500001e00004000401100000a0900020a090003" + "12340035000a00006162",
	}
}

func TestRead(t *testing.T) {
	for want, text := range frames() {
		frame, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		p, ok := Read(frame)
		if got := p.Protocol + " " + p.From.String() + " > " + p.To.String(); !ok || got != want {
			t.Errorf("%s is read as %s (%v)", want, got, ok)
		}
		if p.ToMAC != "02:42:0a:09:00:03" || p.Protocol == "tcp" != p.Opens() || p.Protocol == "icmp" != p.Asks() {
			t.Errorf("%s: %+v", want, p)
		}
		if p.Protocol != "tcp" && string(p.Payload) != "ab" {
			t.Errorf("%s carries %q", want, p.Payload)
		}
		for n := range 14 + 20 + 8 {
			if _, ok := Read(frame[:n]); ok {
				t.Errorf("%s is read although only %d bytes are there", want, n)
			}
		}
	}
	if _, ok := Read(make([]byte, 64)); ok {
		t.Error("a frame of no protocol is read")
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range frames() {
		frame, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if p, ok := Read(frame); ok && len(p.Payload) > len(frame) {
			t.Errorf("%x carries more than it is", frame)
		}
	})
}
