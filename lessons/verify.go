// This file plays lessons with nobody at the terminal: every block runs, every output is compared, every check is judged.
package lessons

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Report counts blocks, outputs and checks.
type Report struct {
	Passed, Failed, Skipped int
}

// String is the last line that is printed.
func (r Report) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", r.Passed, r.Failed, r.Skipped)
}

// Verifier plays lessons unattended.
type Verifier struct {
	Out     io.Writer
	Verbose bool // show what the blocks print and what the checks found, also where all is well
	Colour  bool
	MustRun bool // a lesson that can not be played here counts as failed
	Limit   time.Duration
}

// Verify plays the lessons in order.
func (v Verifier) Verify(ctx context.Context, course []Lesson) Report {
	var total Report
	for _, l := range course {
		started := time.Now()
		r := v.lesson(ctx, l)
		fmt.Fprintf(v.Out, "%s: %s in %.1f s\n", l.ID(), r, time.Since(started).Seconds())
		total.Passed += r.Passed
		total.Failed += r.Failed
		total.Skipped += r.Skipped
	}
	return total
}

func (v Verifier) lesson(ctx context.Context, l Lesson) (r Report) {
	if v.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.Limit)
		defer cancel()
	}
	var said strings.Builder
	p, err := begin(ctx, l, &said, nil)
	if errors.Is(err, errMissing) {
		fmt.Fprintf(v.Out, "SKIPPED %v\n", err)
		return v.skipped(l)
	}
	if err != nil {
		fmt.Fprintf(v.Out, "FAILED  %v\n", err)
		return Report{Failed: 1, Skipped: count(l.Parts)}
	}
	p.paint = paint(v.Colour)
	defer func() {
		if ended := p.end(); ended != nil {
			r.Failed++
			fmt.Fprintf(v.Out, "FAILED  %v\n", ended)
		}
	}()
	return v.parts(ctx, p, &said)
}

func (v Verifier) skipped(l Lesson) Report {
	if v.MustRun {
		return Report{Failed: count(l.Parts)}
	}
	return Report{Skipped: count(l.Parts)}
}

// count tells how many parts can pass or fail.
func count(parts []Part) int {
	n := 0
	for _, part := range parts {
		if part.Kind == Run || part.Kind == Output || part.Kind == Judge {
			n++
		}
	}
	return n
}

// parts stops at the first part that fails: what follows builds on it.
func (v Verifier) parts(ctx context.Context, p *player, said *strings.Builder) (r Report) {
	for i, part := range p.lesson.Parts {
		if count([]Part{part}) == 0 {
			continue
		}
		said.Reset()
		err := p.play(ctx, part)
		if v.Verbose || err != nil {
			fmt.Fprint(v.Out, said.String())
		}
		if err != nil {
			r.Failed++
			r.Skipped = count(p.lesson.Parts[i+1:])
			fmt.Fprintf(v.Out, "FAILED  lessons/%s/README.md: %v\n", p.lesson.ID(), err)
			return r
		}
		r.Passed++
	}
	return r
}

// play runs, compares or judges one part.
func (p *player) play(ctx context.Context, part Part) error {
	switch part.Kind {
	case Run:
		return p.run(ctx, part)
	case Output:
		return p.output(part)
	case Judge:
		return p.check(ctx, part)
	}
	return nil
}

// check judges a check and shows the evidence.
func (p *player) check(ctx context.Context, part Part) error {
	v, err := p.session.judge(ctx, part.Check)
	if err != nil {
		return fmt.Errorf("line %d: check %s: %w", part.Line, part.Check.Name, err)
	}
	p.paint.verdict(p.out, part.Check, v)
	if !v.Passed {
		return fmt.Errorf("line %d: check %s did not pass", part.Line, part.Check.Name)
	}
	return nil
}

// MustRun tells whether the environment forbids skips.
func MustRun() bool { return os.Getenv("MUST_RUN") == "1" }
