// This file measures.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// throughput sends as much as passes, from container to container and from outside to a published port.
func (g *ground) throughput(turns int, bytes string) error {
	for _, path := range []struct {
		name string
		send func(host) (float64, error)
	}{
		{"between two containers", func(h host) (float64, error) { return iperf(h.client, h.address, "5201", bytes) }},
		{"through a published port", func(h host) (float64, error) { return iperf(h.outside, hostAddress, published, bytes) }},
	} {
		var ours, byHand, ratios []float64
		for turn := range turns {
			for i := range 2 {
				h, list := g.ours, &ours
				if (turn+i)%2 == 1 { // A B, B A: who comes first meets another machine
					h, list = g.byHand, &byHand
				}
				rate, err := path.send(h)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", path.name, h.name, err)
				}
				*list = append(*list, rate)
			}
			ratios = append(ratios, ours[turn]/byHand[turn])
		}
		verdict(path.name, fmt.Sprintf("%.2f Gbit/s, by hand %.2f", median(ours), median(byHand)),
			fmt.Sprintf("%.3f of it (at least 0.97)", median(ratios)), median(ratios) >= 0.97)
	}
	return nil
}

// iperf returns the gigabits a second that came through.
func iperf(from, to, port, bytes string) (float64, error) {
	out, err := exec.Command("nsenter", "--net="+from, "iperf3", "-J", "-c", to, "-p", port, "-n", bytes).Output()
	if err != nil {
		return 0, fmt.Errorf("iperf3 to %s port %s: %w: %s", to, port, err, out)
	}
	var r struct {
		End struct {
			Received struct {
				Rate float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		} `json:"end"`
	}
	return r.End.Received.Rate / 1e9, json.Unmarshal(out, &r)
}

// names asks the name server of a container for another one: first one question after the other, then 2,000 a second, whether or
// not there are answers. The server and we share one processor, as the budget says.
func (g *ground) names() error {
	id, err := g.glassbox("inspect", "-f", "{{.ID}}", "client")
	if err != nil {
		return err
	}
	if err := oneProcessor(strings.TrimSpace(id)); err != nil {
		return err
	}
	c, err := dialIn(g.ours.client, "127.0.0.11:53")
	if err != nil {
		return err
	}
	defer c.Close()
	m := dnsmessage.Message{Header: dnsmessage.Header{RecursionDesired: true}, Questions: []dnsmessage.Question{
		{Name: dnsmessage.MustNewName("server."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	question, err := m.Pack()
	if err != nil {
		return err
	}
	var took []time.Duration
	buf := make([]byte, 512)
	for range 4000 {
		sent := time.Now()
		if _, err = c.Write(question); err == nil {
			err = c.SetReadDeadline(sent.Add(time.Second))
		}
		if err == nil {
			_, err = c.Read(buf)
		}
		if err != nil {
			return fmt.Errorf("ask for a name: %w", err)
		}
		took = append(took, time.Since(sent))
	}
	verdict("a known name", fmt.Sprintf("%v at the median", median(took)), "at most 300µs", median(took) <= 300*time.Microsecond)
	asked, answered := flood(c, question, 2000, 3*time.Second)
	verdict("questions at 2,000 a second, one processor", fmt.Sprintf("%d asked, %d answered", asked, answered), "none lost", asked == answered)
	return nil
}

// dialIn opens a socket in a network namespace, by a thread that goes there and ends there.
func dialIn(netns, address string) (c net.Conn, err error) {
	file, err := os.Open(netns)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		if err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err == nil {
			c, err = net.Dial("udp", address)
		}
		close(done)
	}()
	<-done
	return c, err
}

// burst is how many questions are sent at once where a busy machine has kept us from sending them in time.
const burst = 50

// flood asks at a rate and counts the answers.
func flood(c net.Conn, question []byte, rate int, length time.Duration) (asked, answered int) {
	counted := make(chan int)
	go func() {
		n, buf := 0, make([]byte, 512)
		for {
			_ = c.SetReadDeadline(time.Now().Add(2 * time.Second)) // an error here is one of Read as well
			if _, err := c.Read(buf); err != nil {
				counted <- n
				return
			}
			n++
		}
	}()
	begin := time.Now()
	for time.Since(begin) < length {
		due := int(time.Since(begin).Seconds() * float64(rate))
		for end := min(due, asked+burst); asked < end; asked++ {
			if _, err := c.Write(question); err != nil {
				return asked, <-counted
			}
		}
		time.Sleep(200 * time.Microsecond)
	}
	return asked, <-counted
}

// oneProcessor puts a container's supervisor and ourselves on the machine's first processor.
func oneProcessor(id string) error {
	out, err := exec.Command("pgrep", "-f", "glassbox: shim "+id[:12]).Output()
	if err != nil {
		return fmt.Errorf("find the supervisor of %s: %w", id, err)
	}
	for pid := range strings.FieldsSeq(string(out)) {
		if err := exec.Command("taskset", "-a", "-p", "1", pid).Run(); err != nil {
			return fmt.Errorf("taskset -p %s: %w", pid, err)
		}
	}
	var first unix.CPUSet
	first.Set(0)
	runtime.LockOSThread()
	runtime.GOMAXPROCS(1)
	return unix.SchedSetaffinity(0, &first)
}

// crowd puts many containers on one network.
func (g *ground) crowd(many int) error {
	var took []time.Duration
	for i := range many {
		begin := time.Now()
		if _, err := g.glassbox("run", "-d", "--network", "bench", "--name", fmt.Sprintf("crowd%d", i), "box", "sleep", "3600"); err != nil {
			return err
		}
		took = append(took, time.Since(begin))
	}
	ids, err := g.glassbox("ps", "-q")
	if err != nil {
		return err
	}
	told, err := g.glassbox(append([]string{"inspect", "-f", "{{.NetworkSettings.Networks.bench.IPAddress}}"}, strings.Fields(ids)...)...)
	if err != nil {
		return err
	}
	distinct := map[string]bool{}
	for address := range strings.FieldsSeq(told) {
		distinct[address] = true
	}
	n := max(many/8, 1)
	first, last := median(took[:n]), median(took[many-n:])
	verdict(fmt.Sprintf("%d containers on one network", many), fmt.Sprintf("first %d: %v, last: %v", n, first.Round(time.Millisecond), last.Round(time.Millisecond)),
		fmt.Sprintf("%.2f of it (at most 1.30)", float64(last)/float64(first)), float64(last)/float64(first) <= 1.3)
	verdict("their addresses, and of two more", fmt.Sprintf("%d, all distinct: %v", len(strings.Fields(told)), len(distinct) == many+2), "all distinct", len(distinct) == many+2)
	return nil
}
