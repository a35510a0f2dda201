// This file writes the half of a script that runs in the new namespaces, and the end of the outer half, which starts it.
package explain

import (
	"fmt"
	"strings"
)

// hold comes before pivot_root. A program needs its file, its libraries and the loader that joins them; all three can be had
// through an open descriptor of the old root, even when that root is no longer mounted anywhere.
const hold = `
# The host's programs are out of reach soon: descriptor 8 keeps its root open, and its loader runs them from there.
exec 8< /
for ld in /lib64/ld-linux*.so* /lib/ld-linux*.so*; do [ -e "$ld" ] && break; done
ld=/proc/self/fd/8$(readlink -f "$ld")
lib=${ld%/*}:/proc/self/fd/8/lib/$(uname -m)-linux-gnu:/proc/self/fd/8/usr/lib64
bin=/proc/self/fd/8/usr/bin
host() {
	tool=$1
	shift
	"$ld" --library-path "$lib" "$bin/$tool" "$@"
}

`

// insideWriter writes the inner files. A line that runs the rest of the script in changed surroundings ends a file.
type insideWriter struct {
	scriptWriter
	files []string
	away  bool     // the root has been swapped
	priv  []string // options that setpriv will have
}

// inside writes the inner files as here-documents and then the line that starts the first. number is that of the last step.
func inside(number int, birth string, joins []string, steps []Step, id string) string {
	w := &insideWriter{}
	w.number = number
	w.printf(quotesAreMeant + "set -eu\n")
	if len(joins) > 0 {
		w.printf("\nPID=0 # in cgroup.procs: the process that writes\n%s\n", strings.Join(joins, "\n"))
	}
	for _, s := range steps {
		w.title(s)
		for _, op := range s.Ops {
			w.op(op)
		}
	}
	end := &scriptWriter{}
	end.printf("\n# The files that run in the new namespaces.\nwork=$(mktemp -d)\nlater \"rm -r $work\"\n")
	for i, text := range append(w.files, w.String()) {
		end.printf("\ncat > \"$work/%d.sh\" <<'FILE'\n%sFILE\n", i+1, withID(text, id))
	}
	end.printf("\n# Birth.\n%s sh \"$work/1.sh\"\n", birth)
	return end.String()
}

func (w *insideWriter) op(op Op) {
	line := op.Shell()
	first, rest, _ := strings.Cut(line, " ")
	switch {
	case first == "unshare":
		w.files = append(w.files, fmt.Sprintf("%sexec %s sh \"${0%%/*}/%d.sh\"\n", w, line, len(w.files)+2))
		w.Reset()
		w.printf(quotesAreMeant + "set -eu\n")
	case first == "setsid":
		w.printf("# %s: left out, for the terminal is yours already\n", line)
	case first == "pivot_root":
		w.printf("%s%s\n", hold, line)
		w.away = true
	case first == "setpriv":
		w.priv = append(w.priv, rest)
		w.printf("# %s: together with what follows, below\n", line)
	case first == "exec":
		w.program(rest)
	case strings.Contains(line, "--seccomp-filter"):
		w.printf("# left out, for setpriv can do it only since util-linux 2.41, and there is no file: %s\n", oneLine(op.Call()))
	case w.away && line != "" && !isBuiltin(first):
		w.printf("host %s\n", line)
	default:
		w.line(op)
	}
}

func isBuiltin(word string) bool {
	switch word {
	case "cd", "echo", "umask", "ulimit", "printf", "#":
		return true
	}
	return false
}

// program is the last line: rest is "env -i NAME=VALUE… PROGRAM ARGUMENT…". The environment is cleared by the host's env, the
// rights are given up by its setpriv, and its sh closes the way back and finds the program.
func (w *insideWriter) program(rest string) {
	environment, command := splitEnv(strings.TrimPrefix(rest, "env -i "))
	const tool = `"$ld" --library-path "$lib" "$bin/`
	w.printf("exec %senv\" -i %s \\\n", tool, environment)
	if len(w.priv) > 0 {
		w.printf("\t%ssetpriv\" %s \\\n", tool, strings.Join(w.priv, " "))
	}
	w.printf("\t%ssh\" -c 'exec 8<&-; exec \"$@\"' sh %s\n", tool, command)
}

// splitEnv parts the assignments from the command. Both are words quoted for a shell.
func splitEnv(words string) (environment, command string) {
	end := 0
	for end < len(words) {
		word := wordAt(words[end:])
		if !strings.Contains(word, "=") {
			break
		}
		end += len(word)
	}
	return strings.TrimSpace(words[:end]), words[end:]
}

// wordAt is the first word with the blank after it; blanks in single quotes do not end it.
func wordAt(s string) string {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '\\' && !quoted:
			i++
		case s[i] == ' ' && !quoted:
			return s[:i+1]
		}
	}
	return s
}
