// This test listens to the stream of measurements.
package engine

import (
	"errors"
	"testing"
)

func TestStatsStream(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sh", "-c", "while :; do :; done"))
	enough := errors.New("enough")
	var heard [][]Sample
	err := e.StatsStream(t.Context(), StatsRequest{Refs: []string{id[:12]}}, func(list []Sample) error {
		if heard = append(heard, list); len(heard) == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || len(heard) != 2 || len(heard[0]) != 1 || len(heard[1]) != 1 {
		t.Fatalf("heard %d times: %v (%v)", len(heard), heard, err)
	}
	first, second := heard[0][0], heard[1][0]
	if second.Ref != id[:12] || second.ID != id || second.PreCPUStats.CPUUsage.TotalUsage != first.CPUStats.CPUUsage.TotalUsage {
		t.Errorf("the second sample does not follow the first: %+v, %+v", first.CPUStats, second.PreCPUStats)
	}
	if percent := CPUPercent(second.PreCPUStats, second.CPUStats); percent < 1 {
		t.Errorf("a busy loop takes %.2f %%", percent)
	}
	if err := e.StatsStream(t.Context(), StatsRequest{Refs: []string{"nobody"}}, nil); !errors.As(err, new(*NotFound)) {
		t.Errorf("of nobody: %v", err)
	}
}
