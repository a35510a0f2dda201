// This file runs the contenders, takes their times and asks for their memory.
package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is what one of the tables compares. The first contender is ours.
type table struct {
	name, title string
	contenders  []*contender
	absent      []error
	once        bool // in turn alone, and not weighed: it takes long, or leaves much
}

// contender is one or more command lines, run one after the other.
type contender struct {
	name   string
	steps  [][]string
	before []string // makes what the steps need, once
	after  []string // takes it away
	turn   []time.Duration
	block  []time.Duration
	peak   int // kilobytes; 0: not known
	rounds int
}

// measure fills the table. Each of the two ways begins no further block after the given time.
func (t *table) measure(rounds int, limit time.Duration) error {
	const length = 10 // of a block: short enough that the machine is much the same for all, long enough to meet one's own traces
	defer t.clear()
	t.try()
	turn, block := func(c *contender) *[]time.Duration { return &c.turn }, func(c *contender) *[]time.Duration { return &c.block }
	if t.once {
		return t.repeat(rounds, 1, limit, turn)
	}
	return errors.Join(t.repeat(rounds, 1, limit, turn), t.repeat(rounds, length, limit, block))
}

// repeat runs each contender in blocks of one length until all have had their rounds, each of which has an order of its own: nobody is
// to meet the traces of the same one every time.
func (t *table) repeat(rounds, length int, limit time.Duration, took func(*contender) *[]time.Duration) error {
	begin := time.Now()
	for done := 0; done < rounds && (done == 0 || time.Since(begin) < limit); done += length {
		for _, n := range rand.Perm(len(t.contenders)) {
			c := t.contenders[n]
			for range length {
				if err := c.once(took(c)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// try runs each once, untimed. Who is not installed, or does not work here, is left out and named with the reason.
func (t *table) try() {
	t.contenders = slices.DeleteFunc(t.contenders, func(c *contender) bool {
		err := c.ready(!t.once)
		if errors.Is(err, exec.ErrNotFound) {
			err = fmt.Errorf("%s: not installed", c.name)
		}
		if err != nil {
			t.absent = append(t.absent, err)
		}
		return err != nil
	})
}

func (t *table) clear() {
	for _, c := range t.contenders {
		if err := c.do(c.after); err != nil {
			t.absent = append(t.absent, err)
		}
	}
}

func (c *contender) ready(weigh bool) error {
	if err := c.do(c.before); err != nil {
		return err
	}
	if err := c.once(new([]time.Duration)); err != nil || !weigh {
		return err
	}
	return c.weigh()
}

func (c *contender) once(took *[]time.Duration) error {
	c.rounds++
	begin := time.Now()
	for _, argv := range c.steps {
		if err := c.do(argv); err != nil {
			return err
		}
	}
	*took = append(*took, time.Since(begin))
	return nil
}

func (c *contender) do(argv []string) error {
	if len(argv) == 0 {
		return nil
	}
	argv = slices.Clone(argv)
	for i, word := range argv {
		argv[i] = strings.ReplaceAll(word, round, strconv.Itoa(c.rounds))
	}
	if err := exec.Command(argv[0], argv[1:]...).Run(); err != nil {
		out, _ := exec.Command(argv[0], argv[1:]...).CombinedOutput() // again, to hear why; the first error is returned
		return fmt.Errorf("%s: %w: %s", c.name, err, out)
	}
	return nil
}

// weigh asks time(1) for the memory of the largest process. A process that we start ourselves would begin with our own size.
func (c *contender) weigh() error {
	clock, err := exec.LookPath("time")
	if err != nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "glassbox-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "memory")
	for _, argv := range c.steps {
		if err := c.do(append([]string{clock, "-f", "%M", "-o", file}, argv...)); err != nil {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		kilobytes, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return fmt.Errorf("read what time(1) says: %w", err)
		}
		c.peak = max(c.peak, kilobytes)
	}
	return nil
}
