// This file prints tables as `nft list ruleset` does.
package nft

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Write prints the rules.
func Write(w io.Writer, tables []Table) error {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "table %s %s {\n", t.Family, t.Name)
		var parts []string
		for _, s := range t.Sets {
			parts = append(parts, s.text())
		}
		for _, c := range t.Chains {
			parts = append(parts, c.text())
		}
		b.WriteString(strings.Join(parts, "\n") + "}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Set) text() string {
	if s.Lost {
		return fmt.Sprintf("\tset %s {\n\t\t# could not be read, see 'nft list ruleset'\n\t}\n", s.Name)
	}
	kind, typ := "set", s.Key
	if s.Value != "" {
		kind, typ = "map", s.Key+" : "+s.Value
	}
	text := fmt.Sprintf("\t%s %s {\n\t\ttype %s\n", kind, s.Name, typ)
	if len(s.Flags) > 0 {
		text += "\t\tflags " + strings.Join(s.Flags, ",") + "\n"
	}
	var elements []string
	for _, e := range s.Elements {
		if e.Value != "" {
			e.Key += " : " + e.Value
		}
		elements = append(elements, e.Key)
	}
	if len(elements) > 0 {
		text += "\t\telements = { " + strings.Join(elements, ",\n\t\t\t     ") + " }\n"
	}
	return text + "\t}\n"
}

func (c Chain) text() string {
	text := fmt.Sprintf("\tchain %s {\n", c.Name)
	if c.Hook != "" {
		text += fmt.Sprintf("\t\ttype %s hook %s priority %s; policy %s;\n", c.Type, c.Hook, priority(c.Priority, c.Hook), c.Policy)
	}
	for _, r := range c.Rules {
		text += "\t\t" + r.Text
		if r.Comment != "" {
			text += " comment " + strconv.Quote(r.Comment)
		}
		if r.Partly {
			text += fmt.Sprintf(" # handle %d: could not be read wholly, see 'nft -a list ruleset'", r.Handle)
		}
		text += "\n"
	}
	return text + "\t}\n"
}

// priority prints a number as the name from which it is at most 10 away: "filter - 5".
func priority(n int, hook string) string {
	for _, known := range []struct {
		at   int
		name string
	}{{-300, "raw"}, {-150, "mangle"}, {-100, "dstnat"}, {0, "filter"}, {50, "security"}, {100, "srcnat"}} {
		if known.name == "dstnat" && hook != "prerouting" || known.name == "srcnat" && hook != "postrouting" {
			continue
		}
		switch off := n - known.at; {
		case off == 0:
			return known.name
		case off > 0 && off <= 10:
			return fmt.Sprintf("%s + %d", known.name, off)
		case off < 0 && off >= -10:
			return fmt.Sprintf("%s - %d", known.name, -off)
		}
	}
	return strconv.Itoa(n)
}
