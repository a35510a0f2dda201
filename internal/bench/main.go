// Command bench measures how long one container takes from birth to end, beside the other runtimes that are installed. All of
// them run the same static `true` from the same root filesystem, and the runtimes with the same default configuration. The
// rounds are interleaved, A B C A B C, so that whatever else the machine does meets all alike. `make bench` runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 60, "how often each contender runs")
	flag.Parse()
	if err := run(*rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int) error {
	dir, err := os.MkdirTemp("", "glassbox-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	g, err := prepare(dir)
	if err != nil {
		return err
	}
	ready, absent := try(contenders(g))
	for range rounds {
		for _, c := range ready {
			if err := c.once(); err != nil {
				return err
			}
		}
	}
	report(ready, absent)
	return nil
}

// contender is a command line that makes one container, and how long it took so far.
type contender struct {
	name string
	argv []string
	took []time.Duration
}

func (c *contender) once() error {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	begin := time.Now()
	err := cmd.Run()
	c.took = append(c.took, time.Since(begin))
	if err != nil {
		out, _ := exec.Command(c.argv[0], c.argv[1:]...).CombinedOutput() // again, to hear why; the first error is returned
		return fmt.Errorf("%s: %w: %s", c.name, err, out)
	}
	return nil
}

func (c *contender) median() time.Duration {
	slices.Sort(c.took)
	return c.took[len(c.took)/2]
}

// try runs each once, untimed. Who is not installed, or does not work here, is left out and named with the reason.
func try(all []*contender) (ready []*contender, absent []error) {
	for _, c := range all {
		err := c.once()
		c.took = nil
		switch {
		case errors.Is(err, exec.ErrNotFound):
			absent = append(absent, fmt.Errorf("%s: not installed", c.name))
		case err != nil:
			absent = append(absent, err)
		default:
			ready = append(ready, c)
		}
	}
	return ready, absent
}

func report(ready []*contender, absent []error) {
	if len(ready) == 0 {
		fmt.Println("nothing could be measured")
	}
	for i, c := range ready {
		if i == 0 {
			fmt.Printf("%-22s %9s %9s %9s   %s\n", "", "median", "fastest", "slowest", ready[0].name+" takes")
		}
		ratio := float64(ready[0].median()) / float64(c.median())
		fmt.Printf("%-22s %6.2f ms %6.2f ms %6.2f ms   %.2f x its time\n", c.name, ms(c.median()), ms(c.took[0]), ms(c.took[len(c.took)-1]), ratio)
	}
	for _, err := range absent {
		fmt.Println("left out:", err)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
