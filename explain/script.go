// This file is --script: a plan as a shell script that builds the same container with unshare, mount, ip, nft and the files of
// cgroups. It works on the shell lines alone, which are those that --explain prints. Three things need more than to be
// written one after the other:
//
//	the birth     a shell can not continue in a child: what happens inside is a second file, which unshare starts
//	undo          each line that has an inverse is followed by: later 'INVERSE'; a trap does them, the newest first
//	the far side  after pivot_root the host's programs are out of reach: script_inside.go
package explain

import (
	"fmt"
	"strings"
)

// Script is a plan in two halves: up to the move into the cgroups, and what the process does in its new namespaces.
type Script struct {
	About           string // the command line that it stands for
	Outside, Inside []Step
}

const scriptHead = quotesAreMeant + `set -eu

# What is done is taken back at the end, the newest first. What is gone already is no harm.
undo=
later() {
	undo="$1
$undo"
}
finish() {
	code=$?
	set +e
	eval "$undo" 2> /dev/null
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
`

// quotesAreMeant tells shellcheck that what stands in single quotes is not for this shell.
const quotesAreMeant = "# shellcheck disable=SC1003,SC2016\n"

// String is the text of the script.
func (s Script) String() string {
	b := &scriptWriter{}
	b.printf("#!/bin/sh\n# %s\n# as a script: run it as root. Standard input and output are the program's.\n", oneLine(s.About))
	b.WriteString(scriptHead)
	birth, joins := "", []string(nil)
	for _, step := range s.Outside {
		b.title(step)
		for _, op := range step.Ops {
			line := op.Shell()
			switch {
			case isBirth(line):
				birth, line, _ = strings.Cut(line, "\n")
				b.printf("# %s: at the end of this file\n", birth)
				if line == "" {
					break
				}
				fallthrough // it is to be born in a cgroup, which in a shell is a line of its own
			case strings.Contains(line, "$PID"):
				joins = append(joins, line)
				b.printf("# %s: by the process itself, in the file below\n", line)
			default:
				b.line(op)
				b.later(op)
			}
		}
	}
	id := findID(b.String())
	return withID(b.String(), id) + inside(b.number, withID(birth, id), joins, s.Inside, id)
}

// isBirth recognises kernel.Clone by its words: unshare with --fork, perhaps run by nsenter.
func isBirth(line string) bool {
	first, _, _ := strings.Cut(line, " ")
	return (first == "unshare" || first == "nsenter") && strings.Contains(line, " --fork")
}

// scriptWriter writes a script and numbers its steps.
type scriptWriter struct {
	strings.Builder
	number int
}

func (b *scriptWriter) printf(format string, args ...any) { fmt.Fprintf(b, format, args...) }

func (b *scriptWriter) title(s Step) {
	b.number++
	b.printf("\n# %d. %s\n#    %s\n", b.number, oneLine(s.Title), oneLine(s.Why))
}

// line writes an op; one that no command can do is a comment.
func (b *scriptWriter) line(op Op) {
	switch line := op.Shell(); {
	case strings.HasPrefix(line, "sysctl "):
		b.printf("%s > /dev/null\n", line) // it repeats what it was told
		return
	case line != "":
		b.printf("%s\n", line)
		return
	}
	b.printf("# no command for: %s\n", oneLine(op.Call()))
}

func (b *scriptWriter) later(op Op) {
	u, ok := op.(Undoer)
	if !ok {
		return
	}
	if line := u.Undo().Shell(); line != "" {
		b.printf("later %s\n", singleQuoted(line))
	}
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// oneLine keeps a text inside its comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
