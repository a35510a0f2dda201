// Command netbench measures what containers' networks cost: how much passes between two containers, and through a published port,
// beside two namespaces, a bridge and rules that were made by hand; how fast names are answered; and what the 200th container of a
// network costs more than the first. Each pair is measured in short turns, A B B A, and what counts is the median of the turns' ratios, for no
// machine is ever quiet. `make bench-network` runs it, in namespaces of its own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	turns := flag.Int("turns", 41, "how often each way is measured")
	bytes := flag.String("bytes", "256M", "what is sent in a turn, as iperf3 -n has it")
	crowd := flag.Int("crowd", 200, "containers on one network")
	flag.Parse()
	if err := run(*turns, *bytes, *crowd); err != nil {
		fmt.Fprintln(os.Stderr, "netbench:", err)
		os.Exit(1)
	}
}

func run(turns int, bytes string, crowd int) (err error) {
	g, err := prepare()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.end()) }()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		fmt.Fprintln(os.Stderr, "netbench:", errors.Join(errors.New("interrupted"), g.end()))
		os.Exit(1)
	}()
	if err := g.throughput(turns, bytes); err != nil {
		return err
	}
	if err := g.crowd(crowd); err != nil {
		return err
	}
	return g.names() // at the end: it leaves us on one processor
}

// verdict is a line of the report: what was measured, and whether it is within its budget.
func verdict(what, measured, budget string, kept bool) {
	word := "kept"
	if !kept {
		word = "MISSED"
	}
	fmt.Printf("%-44s %-34s %-28s %s\n", what, measured, budget, word)
}

func median[T float64 | time.Duration](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
