// This file prints the rules as a table.
package devices

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

// Write prints who may use which device.
func Write(w io.Writer, a Allowed) error {
	switch {
	case a.Version == 0:
		_, err := fmt.Fprintln(w, "no devices controller: every device is allowed")
		return err
	case len(a.Lists) == 0:
		_, err := fmt.Fprintf(w, "no program is attached to %s or above: every device is allowed\n", a.Group)
		return err
	}
	for _, l := range a.Lists {
		if err := l.write(w, a.Group); err != nil {
			return err
		}
	}
	return nil
}

func (l List) write(w io.Writer, group string) error {
	title := "the list of " + group
	if l.Program != 0 {
		title = fmt.Sprintf("program %d%s of %s, %d instructions", l.Program, strings.TrimRight(" "+l.Name, " "), group, l.Instructions)
	}
	if _, err := fmt.Fprintf(w, "%s; the first line that matches decides\n\n", title); err != nil {
		return err
	}
	if l.Unread != "" {
		_, err := fmt.Fprintf(w, "It is no list of rules: %s\n\n", l.Unread)
		return err
	}
	t := look.NewTable(w, "RULE", "TYPE", "NUMBER", "ACCESS", "DEVICE")
	for _, r := range l.Rules {
		word, access := "deny", r.Access
		if r.Allow {
			word = "allow"
		}
		if r.Any && len(r.Access) < 3 {
			access = "any of " + r.Access
		}
		t.Row(word, r.Type, star(r.Major)+":"+star(r.Minor), access, r.name())
	}
	return t.Close()
}

func star(n int64) string {
	if n < 0 {
		return "*"
	}
	return strconv.FormatInt(n, 10)
}

// name is what the kernel calls the device here.
func (r Rule) name() string {
	kind := map[string]string{"b": "block", "c": "char"}[r.Type]
	if kind == "" || r.Major < 0 || r.Minor < 0 {
		return ""
	}
	to, err := os.Readlink(fmt.Sprintf("/sys/dev/%s/%d:%d", kind, r.Major, r.Minor))
	if err != nil { // this machine has no such device
		return ""
	}
	return filepath.Base(to)
}
