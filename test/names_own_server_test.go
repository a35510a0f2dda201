// This file runs a name server of the container's own beside the one that every container has on a network with names.
package test

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"glassbox/kernel"

	"glassbox/internal/testkit"
)

// A program may have port 53 of all addresses, and names are found all the same. The control: not without the rules that lead
// questions to the port where the supervisor listens.
func TestOwnNameServer(t *testing.T) {
	testkit.Need(t, testkit.Binary("dig"))
	p := newPlace(t)
	p.mustWords("network create mynet")
	for name, connect := range map[string]string{"born": "network inspect mynet", "later": "network connect mynet later"} {
		network := map[string]string{"born": "mynet", "later": "bridge"}[name]
		p.mustWords("run -d --name " + name + " --network " + network + " box sleep 1000")
		netns := "/proc/" + strings.TrimSpace(p.mustWords("inspect --format {{.State.Pid}} "+name)) + "/ns/net"
		ownServer(t, netns)
		p.mustWords(connect)
		for _, flags := range []string{"+notcp", "+tcp"} {
			if got := dig(netns, flags, "@127.0.0.11", name); !strings.Contains(got, "10.") {
				t.Errorf("%s: %s: 127.0.0.11 knows no name: %s", name, flags, got)
			}
		}
		if got := exchange(t, netns, "127.0.0.1:53"); got != "own" {
			t.Errorf("%s: the container's own server answers %q", name, got)
		}
		if out, err := exec.Command("nsenter", "--net="+netns, "nft", "delete", "table", "ip", "glassbox_dns").CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		if got := dig(netns, "+notcp", "@127.0.0.11", name); strings.Contains(got, "10.") {
			t.Errorf("%s: found without the rules: %s", name, got)
		}
	}
	p.mustWords("rm -f born later")
	p.mustWords("network rm mynet")
}

// ownServer takes port 53 of every address as a program without any care does, and answers "own" to what comes.
func ownServer(t *testing.T, netns string) {
	t.Helper()
	var packets net.PacketConn
	err := kernel.InNetns(netns, func() (err error) {
		if packets, err = net.ListenPacket("udp4", "0.0.0.0:53"); err != nil {
			return err
		}
		t.Cleanup(func() { packets.Close() })
		listener, err := net.Listen("tcp4", "0.0.0.0:53")
		if err == nil {
			t.Cleanup(func() { listener.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("port 53 is taken in the container: %v", err)
	}
	go func() {
		buf := make([]byte, 512)
		for {
			_, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			if _, err := packets.WriteTo([]byte("own"), from); err != nil {
				t.Error(err)
			}
		}
	}()
}

func dig(netns string, words ...string) string {
	out, err := exec.Command("nsenter", append([]string{"--net=" + netns, "dig", "+short", "+tries=1", "+time=1"}, words...)...).CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

// exchange sends one datagram and returns the answer.
func exchange(t *testing.T, netns, to string) string {
	t.Helper()
	buf, n := make([]byte, 512), 0
	err := kernel.InNetns(netns, func() error {
		c, err := net.Dial("udp4", to)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write([]byte("question")); err != nil {
			return err
		}
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		n, err = c.Read(buf)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return string(buf[:n])
}
