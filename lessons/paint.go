// This file prints what happens in a lesson: commands, verdicts, evidence.
package lessons

import (
	"fmt"
	"io"
	"strings"
)

// paint is whether to use colours.
type paint bool

// The colours, as ANSI SGR numbers.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (c paint) in(colour, text string) string {
	if !c || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// command shows a command as a terminal would.
func (c paint) command(command string) string {
	if comment(command) {
		return c.in(dim, command)
	}
	return c.in(cyan, "# "+strings.ReplaceAll(command, "\n", "\n> "))
}

// verdict prints
//
//	check own-uts: passed
//	  ok      uts namespace of $PID is not that of $$
//	          /proc/4242/ns/uts -> uts:[4026532567]
//	  ok      uts namespace of $$ is not that of $$: false, as the control must be
func (c paint) verdict(w io.Writer, check Check, v Verdict) {
	outcome := c.in(green, "passed")
	if !v.Passed {
		outcome = c.in(red, "not yet")
	}
	fmt.Fprintf(w, "%s %s\n", c.in(bold, "check "+check.Name+":"), outcome)
	for _, j := range v.Facts {
		label := c.in(green, "ok     ")
		if !j.OK() {
			label = c.in(red, "NOT OK ")
		}
		fmt.Fprintf(w, "  %s %s%s\n", label, j.Fact.Text, outcomeOf(j))
		for _, e := range j.Evidence {
			fmt.Fprintf(w, "          %s\n", c.in(dim, e))
		}
		if j.Err != nil {
			fmt.Fprintf(w, "          %s\n", c.in(yellow, j.Err.Error()))
		}
	}
}

func outcomeOf(j Judged) string {
	switch {
	case j.Err != nil:
		return ": could not be read"
	case j.Fact.Want && !j.Holds:
		return ": does not hold"
	case !j.Fact.Want && j.Holds:
		return ": holds, but this is the control, which must not: the check proves nothing"
	case !j.Fact.Want:
		return ": false, as the control must be"
	}
	return ""
}
