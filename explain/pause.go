// This file is --step: it stops before every step and asks.
package explain

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Pause asks before every step. Out shows the prompt; Shell opens a shell to look round and may be nil.
type Pause struct {
	In    *bufio.Reader
	Out   io.Writer
	Shell func(inside bool) error
}

const pauseHelp = `     Enter  do this step        s  leave it out           q  undo what was done and quit
     f      let it fail (EPERM) !  a shell to look round  ?  this help
`

// Hear asks until it has an answer. The end of the input quits.
func (p *Pause) Hear(e Event) Answer {
	if e.Done {
		return Go
	}
	for {
		fmt.Fprint(p.Out, "     Enter s f q ! ? > ")
		line, err := p.In.ReadString('\n')
		if err != nil {
			fmt.Fprintln(p.Out)
			return Quit
		}
		if answer, decided := p.decide(strings.TrimSpace(line), e); decided {
			return answer
		}
	}
}

func (p *Pause) decide(key string, e Event) (answer Answer, decided bool) {
	switch key {
	case "":
		return Go, true
	case "f":
		return Fail, true
	case "q":
		return Quit, true
	case "s":
		if e.Keep == "" {
			return Skip, true
		}
		fmt.Fprintf(p.Out, "     this step can not be left out here: %s\n", e.Keep)
	case "!":
		p.lookRound(e.Inside)
	default:
		p.help(e)
	}
	return Go, false
}

func (p *Pause) help(e Event) {
	fmt.Fprint(p.Out, pauseHelp)
	fmt.Fprintf(p.Out, "     %s: %s\n", e.Title, e.Why)
	if e.Lesson != "" {
		fmt.Fprintf(p.Out, "     more: glassbox lesson %s\n", e.Lesson)
	}
	for _, op := range e.Ops {
		if op.Undo != "" {
			fmt.Fprintf(p.Out, "     to take it back: %s\n", op.Undo)
		}
	}
}

func (p *Pause) lookRound(inside bool) {
	if p.Shell == nil {
		fmt.Fprintln(p.Out, "     no shell can be opened here")
		return
	}
	if err := p.Shell(inside); err != nil {
		fmt.Fprintf(p.Out, "     the shell ended: %v\n", err)
	}
}
