// This file makes scripts readable: the container's id, 64 digits in every second path, becomes $ID.
package explain

import "strings"

// withID puts "ID=…" at the head of a file and $ID where the id stood. Within single quotes nothing is expanded, so what
// stands there keeps the id; but for the words of later, which are evaluated in the end. Ids of other containers stay.
func withID(text, id string) string {
	if id == "" || !strings.Contains(text, id) {
		return text
	}
	var b strings.Builder
	quoted := false // in a word that began with a quote on an earlier line
	for line := range strings.Lines(text) {
		inner, isLater := strings.CutPrefix(line, "later '")
		inner = strings.TrimSuffix(inner, "'\n")
		plain := !quoted && (!strings.Contains(line, "'") || isLater && !strings.Contains(inner, "'"))
		if quoted || !strings.HasPrefix(line, "#") {
			quoted = quotedAfter(line, quoted)
		}
		if plain {
			line = strings.ReplaceAll(line, id, "$ID")
		}
		b.WriteString(line)
	}
	return strings.Replace(b.String(), "set -eu\n", "set -eu\nID="+id+"\n", 1)
}

// quotedAfter tells whether a single quote is still open at the end of a line.
func quotedAfter(line string, quoted bool) bool {
	double := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted:
			quoted = c != '\''
		case c == '\\':
			i++
		case c == '"':
			double = !double
		case c == '\'' && !double:
			quoted = true
		}
	}
	return quoted
}
