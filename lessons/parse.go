// This file reads a lesson's Markdown. FORMAT.md describes it for authors; the errors here name file and line.
package lessons

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Parse reads the README.md of the lesson in folder id ("01-namespaces"). All mistakes are reported together.
func Parse(id, text string) (Lesson, error) {
	number, name, _ := strings.Cut(id, "-")
	p := &parser{lesson: Lesson{Number: number, Name: name, Raw: text}, lines: strings.Split(text, "\n")}
	p.frontMatter()
	for p.at < len(p.lines) {
		p.part()
	}
	p.whole()
	return p.lesson, errors.Join(p.mistakes...)
}

type parser struct {
	lesson   Lesson
	lines    []string
	at       int // the next line, from 0
	mistakes []error
}

func (p *parser) wrong(line int, format string, args ...any) {
	where := fmt.Sprintf("lessons/%s/README.md:%d: ", p.lesson.ID(), line)
	p.mistakes = append(p.mistakes, errors.New(where+fmt.Sprintf(format, args...)))
}

// frontMatter reads the lines between the two "---".
func (p *parser) frontMatter() {
	if p.lines[0] != "---" {
		p.wrong(1, "a lesson begins with its front matter, between two lines of ---")
		return
	}
	for p.at = 1; p.at < len(p.lines) && p.lines[p.at] != "---"; p.at++ {
		key, value, _ := strings.Cut(p.lines[p.at], ":")
		value = strings.TrimSpace(value)
		switch key {
		case "title":
			p.lesson.Title = value
		case "time":
			p.lesson.Time = value
		case "guide":
			p.lesson.Guide = strings.Fields(value)
		case "needs":
			p.lesson.Needs = strings.Fields(value)
		default:
			p.wrong(p.at+1, "front matter has title, time, guide and needs, not %q", key)
		}
	}
	p.at++
}

// part reads up to the next fence, or one fenced block.
func (p *parser) part() {
	start := p.at
	if fence, info, ok := fenceOf(p.lines[p.at]); ok {
		p.fenced(fence, info)
		return
	}
	for p.at < len(p.lines) {
		if _, _, ok := fenceOf(p.lines[p.at]); ok {
			break
		}
		p.at++
	}
	p.prose(start, p.lines[start:p.at])
}

// fenceOf recognises the line that opens a block: ```sh run
func fenceOf(line string) (fence, info string, ok bool) {
	rest := strings.TrimLeft(line, "`")
	if n := len(line) - len(rest); n >= 3 {
		return line[:n], strings.TrimSpace(rest), true
	}
	return "", "", false
}

// prose adds text to read; neighbouring pieces become one part.
func (p *parser) prose(start int, lines []string) {
	if n := len(p.lesson.Parts); n > 0 && p.lesson.Parts[n-1].Kind == Prose {
		p.lesson.Parts[n-1].Lines = append(p.lesson.Parts[n-1].Lines, lines...)
		return
	}
	p.lesson.Parts = append(p.lesson.Parts, Part{Kind: Prose, Line: start + 1, Lines: slices.Clone(lines)})
}

func (p *parser) fenced(fence, info string) {
	start := p.at
	for p.at++; p.at < len(p.lines) && p.lines[p.at] != fence; p.at++ {
	}
	if p.at == len(p.lines) {
		p.wrong(start+1, "this block has no end")
		return
	}
	body := slices.Clone(p.lines[start+1 : p.at])
	p.at++
	part := Part{Line: start + 2, Lines: body}
	words := strings.Fields(info)
	switch {
	case info == "sh run":
		part.Kind = Run
	case info == "sh run fails":
		part.Kind, part.Fails = Run, true
	case info == "sh cleanup":
		part.Kind = Cleanup
	case info == "output":
		part.Kind = Output
	case len(words) == 2 && words[0] == "check":
		part.Kind, part.Check = Judge, p.check(words[1], start+2, body)
	case len(words) > 1 || info == "check":
		p.wrong(start+1, "no block is called %q: sh run, sh run fails, sh cleanup, output, check NAME, or one word to just show it", info)
		return
	default:
		p.prose(start, p.lines[start:p.at])
		return
	}
	p.lesson.Parts = append(p.lesson.Parts, part)
}

// check reads the lines of a check: true:, false: and hint:.
func (p *parser) check(name string, line int, body []string) Check {
	c := Check{Name: name}
	for i, text := range body {
		key, value, _ := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "true", "false":
			c.Facts = append(c.Facts, Fact{Line: line + i, Want: key == "true", Text: value})
		case "hint":
			c.Hints = append(c.Hints, value)
		default:
			p.wrong(line+i, "a check has lines of true:, false: and hint:, not %q", text)
		}
	}
	p.controls(c, line)
	if len(c.Hints) != 3 {
		p.wrong(line, "check %s has %d hints; it needs three, from a nudge to the answer", name, len(c.Hints))
	}
	return c
}

// controls demands a control for every kind of fact: a check that can not fail proves nothing.
func (p *parser) controls(c Check, line int) {
	proved, refuted := map[string]bool{}, map[string]bool{}
	for _, f := range c.Facts {
		kind, _, ok := recognise(f.Text)
		switch {
		case !ok:
			p.wrong(f.Line, "no fact reads like %q (FORMAT.md lists them)", f.Text)
		case f.Want:
			proved[kind.pattern] = true
		default:
			refuted[kind.pattern] = true
		}
	}
	if len(proved) == 0 {
		p.wrong(line, "check %s has no fact that must be true", c.Name)
	}
	for pattern := range proved {
		if !refuted[pattern] {
			p.wrong(line, "check %s has no control (a false: line) for %q", c.Name, pattern)
		}
	}
}

// whole looks at the lesson as a whole.
func (p *parser) whole() {
	l := p.lesson
	if l.Title == "" || l.Time == "" || len(l.Guide) == 0 || len(l.Needs) == 0 {
		p.wrong(1, "front matter needs title, time, guide and needs")
	}
	names := map[string]bool{}
	for _, c := range l.Checks() {
		if names[c.Name] {
			p.wrong(1, "two checks are called %s", c.Name)
		}
		names[c.Name] = true
	}
	if len(l.cleanup()) == 0 {
		p.wrong(1, "a lesson needs a block of sh cleanup")
	}
	for i, part := range l.Parts {
		if part.Kind == Output && (i == 0 || !l.afterRun(i)) {
			p.wrong(part.Line, "an output block follows the block whose output it shows")
		}
	}
}

// afterRun tells whether only blank prose lies between part i and the Run before it.
func (l Lesson) afterRun(i int) bool {
	for i--; i >= 0; i-- {
		switch {
		case l.Parts[i].Kind == Run:
			return true
		case l.Parts[i].Kind != Prose || strings.TrimSpace(strings.Join(l.Parts[i].Lines, "")) != "":
			return false
		}
	}
	return false
}
