// This file tells the story to a person: --explain, --dry-run, and the replay of a kept story. Plain text unless the output
// is a terminal; one JSON object a line for programs.
package explain

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Style says how to print.
type Style struct {
	Colour bool
	JSON   bool
}

// Print tells each step on w. A step is announced with its calls and shell lines, and closed with the time that it took.
type Print struct {
	W     io.Writer
	Style Style

	number  int
	inside  bool
	started bool
	id      string // the container's, once a line has shown it: printed as $ID from then on
}

// Hear prints e.
func (p *Print) Hear(e Event) Answer {
	switch {
	case p.Style.JSON:
		line, err := json.Marshal(e)
		if err != nil {
			line = fmt.Appendf(nil, "%q", err.Error())
		}
		fmt.Fprintf(p.W, "%s\n", line)
	case e.Done:
		p.close(e)
	default:
		p.open(e)
	}
	return Go
}

// open prints what is about to be done:
//
//	7  Name the machine
//	   why    the UTS namespace starts as a copy of ours
//	   call   sethostname("box", 3)
//	   shell  hostname box
func (p *Print) open(e Event) {
	if !p.started || e.Inside != p.inside {
		p.started, p.inside = true, e.Inside
		p.heading(e.Inside)
	}
	if p.number++; p.number > 1 {
		fmt.Fprintln(p.W)
	}
	lesson := ""
	if e.Lesson != "" {
		lesson = p.paint(dim, "  (lesson "+e.Lesson+")")
	}
	fmt.Fprintf(p.W, "%3d  %s%s\n", p.number, p.paint(bold, e.Title), lesson)
	p.line("why", e.Why)
	p.learnID(e)
	for _, op := range e.Ops {
		p.line("call", p.paint(cyan, op.Call))
		if op.Shell != "" {
			p.line("shell", p.paint(green, op.Shell))
		}
	}
}

func (p *Print) heading(inside bool) {
	text := "on the host"
	if inside {
		text = "inside the new namespaces"
	}
	if p.number > 0 {
		fmt.Fprintln(p.W)
	}
	fmt.Fprintf(p.W, "%s\n", p.paint(yellow, "-- "+text+" --"))
}

func (p *Print) close(e Event) {
	switch {
	case e.Skipped:
		p.line("left", p.paint(yellow, "left out"))
	case e.Error != "":
		p.line("error", p.paint(red, e.Error))
	default:
		p.line("took", p.paint(dim, Micros(e.Took())))
	}
}

// learnID finds the container's id, 64 hexadecimal digits, which would make every path unreadable.
func (p *Print) learnID(e Event) {
	if p.id != "" {
		return
	}
	for _, op := range e.Ops {
		if p.id = findID(op.Call); p.id != "" {
			fmt.Fprintf(p.W, "     with   ID=%s\n", p.id)
			return
		}
	}
}

func findID(text string) string {
	const digits = 64
	run := 0
	for i, c := range []byte(text) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			run++
		} else {
			run = 0
		}
		if run == digits {
			return text[i+1-digits : i+1]
		}
	}
	return ""
}

// line prints one labelled text; further lines of it stand under the first.
func (p *Print) line(label, text string) {
	if p.id != "" {
		text = strings.ReplaceAll(text, p.id, "$ID")
	}
	indent := "\n" + strings.Repeat(" ", 12)
	fmt.Fprintf(p.W, "     %-6s %s\n", label, strings.ReplaceAll(text, "\n", indent))
}

// Micros prints a duration in microseconds, the unit in which the kernel answers.
func Micros(d time.Duration) string {
	return fmt.Sprintf("%d µs", d.Microseconds())
}

// Replay tells a kept story as it was told when it happened.
func Replay(w io.Writer, style Style, story []Event) {
	p := &Print{W: w, Style: style}
	for _, e := range story {
		if !style.JSON {
			before := e
			before.Done = false
			p.Hear(before)
		}
		p.Hear(e)
	}
}

// The colours, as ANSI SGR numbers.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p *Print) paint(colour, text string) string {
	if !p.Style.Colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
