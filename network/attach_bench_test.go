// This file measures: what does a container's network cost?
package network

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glassbox/explain"
)

// BenchmarkAttach reports medians, in microseconds: of looking at the host, of attaching, of both, and of taking it back.
func BenchmarkAttach(b *testing.B) {
	freshHost(b)
	attach(b, runner(b), sandbox(b, "ffffffffffff", "10.44.9.9"))
	dir := b.TempDir()
	var look, attaching, both, undoing []time.Duration
	byStep := map[string][]time.Duration{}
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("%012x", i)
		address := netip.AddrFrom4([4]byte{10, 44, 1, byte(i%200 + 2)})
		e := sandboxAt(filepath.Join(dir, id), testNetwork(), id, address.String(), Port{Proto: "tcp", HostPort: 8080, Port: 80})
		begin := time.Now()
		plan := wholePlan(b, e)
		look = append(look, time.Since(begin))
		story := &explain.Record{}
		r := &explain.Runner{Listener: story}
		begin = time.Now()
		do(b, r, plan)
		attaching = append(attaching, time.Since(begin))
		both = append(both, look[i]+attaching[i])
		begin = time.Now()
		if err := r.Rollback(); err != nil {
			b.Fatal(err)
		}
		undoing = append(undoing, time.Since(begin))
		for _, s := range story.Story {
			byStep[s.Title] = append(byStep[s.Title], s.Took())
		}
	}
	b.ReportMetric(median(look), "look-µs")
	b.ReportMetric(median(attaching), "attach-µs")
	b.ReportMetric(median(both), "both-µs")
	b.ReportMetric(median(undoing), "undo-µs")
	for title, times := range byStep {
		b.Logf("%6.0f µs  %s", median(times), title)
	}
}

func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Nanoseconds()) / 1000
}
