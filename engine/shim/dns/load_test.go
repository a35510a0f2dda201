// This file measures: how long a known name takes, and how many questions one processor answers without losing any.
package dns

import (
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

func TestLatencyAndLoad(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"]}`)
	for i, name := range []string{"web", "db", "cache"} {
		g.enter("n1", name, `{"Network":"mynet","Names":["`+name+`"],"Addresses":["10.45.0.`+string(rune('2'+i))+`"]}`)
	}
	g.serve()
	time.Sleep(2 * tick) // what changed a moment ago is read again each time
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c, err := net.Dial("udp", wire.NameServer+":53")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const questions = 4000
	packet, buf := query(t, "web.", typeA, 1232), make([]byte, 512)
	var took []time.Duration
	start := time.Now()
	for range questions {
		sent := time.Now()
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			t.Fatalf("a question was lost: %v", err)
		}
		took = append(took, time.Since(sent))
	}
	rate := questions / time.Since(start).Seconds()
	slices.Sort(took)
	median := took[len(took)/2]
	t.Logf("median %v, 99 %% within %v, %.0f questions a second with client and server on one processor", median, took[len(took)*99/100], rate)
	if median > 300*time.Microsecond || rate < 2000 {
		t.Errorf("median %v (at most 0.3 ms), %.0f questions a second (at least 2000)", median, rate)
	}
}
