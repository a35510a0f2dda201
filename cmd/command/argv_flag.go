// This file reads single flags, long and short, and says what is wrong with them in Docker's words.
package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// usageError is a command line that can not be understood.
type usageError struct {
	text string
	code int
}

func (e usageError) Error() string { return e.text }

// bare gives the value of a flag that may stand alone: --explain is --explain=text.
func bare(name string) (value string, ok bool) {
	if name == "explain" {
		return "text", true
	}
	return "", false
}

// long reads --name, --name=value or --name value.
func (a *argv) long(word string) error {
	name, value, given := strings.Cut(word[2:], "=")
	f := a.find(name)
	if f == nil || len(name) == 1 {
		return a.bad("unknown flag: --%s%s", name, didYouMean("--", name, a.longNames()))
	}
	return a.take(f, "--"+name, value, given)
}

// short reads -x, -xyz, -xVALUE and -x VALUE.
func (a *argv) short(word string) error {
	for rest := word[1:]; rest != ""; {
		letter := rest[:1]
		rest = rest[1:]
		f := a.find(letter)
		if f == nil {
			return a.bad("unknown shorthand flag: '%s' in %s", letter, word)
		}
		value, given := strings.CutPrefix(rest, "=")
		if !isSwitch(f) && rest != "" {
			return a.take(f, "-"+letter, value, true)
		}
		if given {
			return a.take(f, "-"+letter, value, true)
		}
		if err := a.take(f, "-"+letter, "", false); err != nil {
			return err
		}
	}
	return nil
}

// take notes a flag, with the next word as its value if it needs one.
func (a *argv) take(f cli.Flag, as, value string, given bool) error {
	name := f.Names()[0]
	if !given {
		if standing, ok := bare(name); ok {
			value, given = standing, true
		}
	}
	switch {
	case given:
	case isSwitch(f):
		a.read = append(a.read, "--"+name)
		return nil
	case len(a.words) == 0:
		return a.bad("flag needs an argument: %s", as)
	default:
		value, a.words = a.words[0], a.words[1:]
	}
	a.read = append(a.read, "--"+name+"="+value)
	return nil
}

func (a *argv) find(name string) cli.Flag {
	for _, f := range a.flags {
		if first, others := wordsOf(f); first == name || slices.Contains(others, name) {
			return f
		}
	}
	if name == "help" || name == "h" {
		return cli.HelpFlag
	}
	return nil
}

func isSwitch(f cli.Flag) bool {
	_, ok := f.(*cli.BoolFlag)
	return ok
}

func (a *argv) longNames() []string {
	var names []string
	for _, f := range a.flags {
		names = append(names, f.Names()[0])
	}
	return names
}

// bad is an error of the command line; Docker's exit code for one is 125.
func (a *argv) bad(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...) + " (see '" + a.command + " --help')", 125}
}

func (a *argv) unknownCommand(commands []*cli.Command) error {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Names()...)
		}
	}
	name := a.words[0]
	text := fmt.Sprintf("unknown command: %s%s (see '%s --help')", name, didYouMean("", name, names), a.command)
	return usageError{text, 1}
}

// didYouMean proposes the name nearest to what was typed, if one is near.
func didYouMean(dashes, typed string, names []string) string {
	best, nearest := 3, ""
	for _, n := range names {
		if d := distance(typed, n); d < best && d < len(typed) {
			best, nearest = d, n
		}
	}
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean '%s%s'?", dashes, nearest)
}

// distance counts the letters to add, take away or change to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
