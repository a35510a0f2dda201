// This file judges a check: its facts must hold, its controls must not.
package lessons

import (
	"context"
	"fmt"
	"time"
)

// Verdict is the outcome of a check.
type Verdict struct {
	Passed bool
	Facts  []Judged
}

// Judged is one fact with what was found.
type Judged struct {
	Fact     Fact
	Holds    bool
	Evidence []string
	Err      error // it could not be judged, which is never a pass, for a control neither
}

// OK tells whether a fact came out as the lesson says.
func (j Judged) OK() bool { return j.Err == nil && j.Holds == j.Fact.Want }

// patience is how long a fact may take to become true: a block that starts something in the background does not wait for it.
const patience = 2 * time.Second

// judge reads the variables from the session and then judges every fact, controls last.
func (s *Session) judge(ctx context.Context, c Check) (Verdict, error) {
	deadline := time.Now().Add(patience)
	v := Verdict{Passed: true}
	for _, wanted := range []bool{true, false} {
		for _, f := range c.Facts {
			if f.Want != wanted {
				continue
			}
			values, err := s.Values(ctx, variables(f.Text))
			if err != nil {
				return Verdict{}, err
			}
			j := judgeUntil(f, fill(f.Text, values), deadline)
			v.Facts = append(v.Facts, j)
			v.Passed = v.Passed && j.OK()
		}
	}
	return v, nil
}

// judgeUntil asks again as long as a fact does not hold. A control is asked once: it must not hold already.
func judgeUntil(f Fact, text string, deadline time.Time) Judged {
	for {
		j := judgeFact(f, text)
		if j.OK() || !f.Want || time.Now().After(deadline) {
			return j
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func judgeFact(f Fact, text string) Judged {
	k, args, ok := recognise(text)
	if !ok {
		return Judged{Fact: f, Err: fmt.Errorf("%q: a variable in it is empty: has the block that sets it been run?", text)}
	}
	found, err := k.judge(args)
	return Judged{Fact: f, Holds: found.holds, Evidence: found.evidence, Err: err}
}
