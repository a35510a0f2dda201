// This file fills in the ids of a new user namespace as an ordinary user, who may map nobody but himself: for more there are
// two set-user-ID programs, which ask /etc/subuid and /etc/subgid first. man 7 user_namespaces, man 1 newuidmap.
package kernel

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// idWriter maps the ids of one kind.
type idWriter struct {
	kind string // uid, gid
	maps []IDMap
	own  int
}

func (c Clone) idWriters() []idWriter {
	return []idWriter{{"uid", c.UIDs, os.Geteuid()}, {"gid", c.GIDs, os.Getegid()}}
}

// OnlyItself tells whether the maps are of one id: that of the one who writes them, which needs no rights.
func OnlyItself(maps []IDMap) bool { return len(maps) == 1 && maps[0].Size == 1 }

// mapIDs does it for the process that waits for it.
func (c Clone) mapIDs(pid int) error {
	for _, w := range c.idWriters() {
		write := w.write
		if c.Unprivileged {
			write = w.ask
		}
		if err := write(pid); err != nil {
			return err
		}
	}
	return nil
}

// ask writes what an ordinary user may write, and asks others for the rest.
func (w idWriter) ask(pid int) error {
	if !OnlyItself(w.maps) || w.maps[0].Host != w.own {
		return w.helper(pid)
	}
	if w.kind == "gid" { // who could drop a group would gain what is closed to that group
		if err := writeFile(fmt.Sprintf("/proc/%d/setgroups", pid), "deny", 0, 0); err != nil {
			return refused(setgroupsCall, err)
		}
	}
	return w.write(pid)
}

func (w idWriter) write(pid int) error {
	if err := writeFile(fmt.Sprintf("/proc/%d/%s_map", pid, w.kind), mapLines(w.maps), 0, 0); err != nil {
		return refused(w.mapCall(), err)
	}
	return nil
}

// helper calls newuidmap or newgidmap.
func (w idWriter) helper(pid int) error {
	words := w.helperWords(strconv.Itoa(pid))
	path, err := exec.LookPath(words[0])
	if err != nil {
		return fmt.Errorf("map the ids of a user namespace: an ordinary user needs the program %s for it: install the package uidmap", words[0])
	}
	if err := (RunHook{Path: path, Args: words, Dir: "/"}).Do(); err != nil {
		return fmt.Errorf("%w: /etc/sub%s says which ids this user may map", err, w.kind)
	}
	return nil
}

func (w idWriter) helperWords(pid string) []string {
	words := []string{"new" + w.kind + "map", pid}
	for _, m := range w.maps {
		words = append(words, strconv.Itoa(m.Container), strconv.Itoa(m.Host), strconv.Itoa(m.Size))
	}
	return words
}

const setgroupsCall = `write("/proc/$PID/setgroups", "deny")`

func (w idWriter) mapCall() string {
	return fmt.Sprintf("write(\"/proc/$PID/%s_map\", %q)", w.kind, mapLines(w.maps))
}

// mapCalls are told: by whom the maps are written, too.
func (c Clone) mapCalls() []string {
	if !c.Unprivileged {
		return []string{idWriter{kind: "uid", maps: c.UIDs}.mapCall(), idWriter{kind: "gid", maps: c.GIDs}.mapCall()}
	}
	var lines []string
	for _, w := range []idWriter{{kind: "uid", maps: c.UIDs}, {kind: "gid", maps: c.GIDs}} {
		switch {
		case !OnlyItself(w.maps):
			lines = append(lines, `execve("`+strings.Join(w.helperWords("$PID"), `", "`)+`")`)
		case w.kind == "gid":
			lines = append(lines, setgroupsCall, w.mapCall())
		default:
			lines = append(lines, w.mapCall())
		}
	}
	return slices.Clip(lines)
}
