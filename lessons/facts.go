// This file is the language of checks: the sentences that a fact may be, and what answers each. FORMAT.md lists them (a test
// keeps the two alike). The facts_*.go files hold the answers, by topic.
package lessons

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is one sentence. Words in braces stand for what a lesson fills in; most also take $VARIABLES of its shell.
type kind struct {
	pattern string
	judge   func(args []string) (finding, error)
}

// finding is an answer with what it rests on: one line for each thing read, with the kernel's file.
type finding struct {
	holds    bool
	evidence []string
}

// kinds is a function, for the table is nobody's to change. Where two sentences fit, the first counts: "is a port of" stands
// before "is a".
func kinds() []kind {
	return slices.Concat(processKinds(), mountKinds(), cgroupKinds(), fileKinds(), linkKinds(), socketKinds(), ruleKinds())
}

// recognise finds the kind of a fact and what fills its braces.
func recognise(text string) (kind, []string, bool) {
	for _, k := range kinds() {
		if words := k.expression().FindStringSubmatch(text); words != nil {
			return k, words[1:], true
		}
	}
	return kind{}, nil, false
}

func (k kind) expression() *regexp.Regexp {
	placeholders := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	return regexp.MustCompile("^" + placeholders.ReplaceAllString(regexp.QuoteMeta(k.pattern), "(.+?)") + "$")
}

// variables lists the names after dollar signs in a text: "$PID" and "$$" give "PID" and "$".
func variables(text string) []string {
	var names []string
	for _, found := range regexp.MustCompile(`\$(\$|[A-Za-z_][A-Za-z0-9_]*)`).FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

// fill puts the values of variables into a text.
func fill(text string, values map[string]string) string {
	return regexp.MustCompile(`\$(\$|[A-Za-z_][A-Za-z0-9_]*)`).ReplaceAllStringFunc(text, func(name string) string {
		return values[name[1:]]
	})
}

// process reads a pid.
func process(word string) (int, error) {
	pid, err := strconv.Atoi(word)
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%q is no process id: has the block that sets the variable been run?", word)
	}
	return pid, nil
}

// like compares with a pattern in which * stands for anything.
func like(pattern, value string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == value
	}
	value, ok := strings.CutPrefix(value, pieces[0])
	for _, piece := range pieces[1 : len(pieces)-1] {
		var found bool
		_, value, found = strings.Cut(value, piece)
		ok = ok && found
	}
	return ok && strings.HasSuffix(value, pieces[len(pieces)-1])
}
