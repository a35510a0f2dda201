// This file prints the tables.
package main

import (
	"fmt"
	"slices"
	"time"
)

func (t *table) print() {
	fmt.Printf("%-24s   %-24s   %-24s   %s\n", t.title, "in turn, median (least)", "in blocks", "peak memory")
	for _, c := range t.contenders {
		ours := t.contenders[0]
		fmt.Printf("%-24s   %-24s   %-24s   %s\n", "  "+c.name, figures(c.turn, ours.turn), figures(c.block, ours.block), t.memory(c))
	}
	for _, err := range t.absent {
		fmt.Println("  left out:", err)
	}
	fmt.Println("  0.50x: the first line takes half of this one's time")
	fmt.Println()
}

// figures are the median, the shortest time and what part of the median the first contender takes.
func figures(took, ours []time.Duration) string {
	if len(took) == 0 {
		return ""
	}
	least := slices.Min(took)
	return fmt.Sprintf("%6.2f ms (%6.2f) %5.2fx", ms(median(took)), ms(least), float64(median(ours))/float64(median(took)))
}

func median(took []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(took))[len(took)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (t *table) memory(c *contender) string {
	switch {
	case t.once:
		return ""
	case c.peak == 0:
		return "(needs time(1))"
	}
	return fmt.Sprintf("%.1f MB", float64(c.peak)/1024)
}
