// This file prints flags by their names, and quotes words for a shell.
package kernel

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

type flagName struct {
	bit  uintptr
	name string
}

// mountFlags is ordered as strace prints them; man 2 mount.
var mountFlags = []flagName{
	{unix.MS_RDONLY, "MS_RDONLY"}, {unix.MS_NOSUID, "MS_NOSUID"}, {unix.MS_NODEV, "MS_NODEV"},
	{unix.MS_NOEXEC, "MS_NOEXEC"}, {unix.MS_SYNCHRONOUS, "MS_SYNCHRONOUS"}, {unix.MS_REMOUNT, "MS_REMOUNT"},
	{unix.MS_MANDLOCK, "MS_MANDLOCK"}, {unix.MS_DIRSYNC, "MS_DIRSYNC"}, {unix.MS_NOSYMFOLLOW, "MS_NOSYMFOLLOW"},
	{unix.MS_NOATIME, "MS_NOATIME"}, {unix.MS_NODIRATIME, "MS_NODIRATIME"}, {unix.MS_BIND, "MS_BIND"},
	{unix.MS_MOVE, "MS_MOVE"}, {unix.MS_REC, "MS_REC"}, {unix.MS_SILENT, "MS_SILENT"},
	{unix.MS_UNBINDABLE, "MS_UNBINDABLE"}, {unix.MS_PRIVATE, "MS_PRIVATE"}, {unix.MS_SLAVE, "MS_SLAVE"},
	{unix.MS_SHARED, "MS_SHARED"}, {unix.MS_RELATIME, "MS_RELATIME"}, {unix.MS_STRICTATIME, "MS_STRICTATIME"},
	{unix.MS_LAZYTIME, "MS_LAZYTIME"},
}

// flagString prints flags as A|B|C, bits without a name in hexadecimal, and none as 0.
func flagString(flags uintptr, names []flagName) string {
	var parts []string
	for _, n := range names {
		if flags&n.bit == n.bit {
			parts = append(parts, n.name)
			flags &^= n.bit
		}
	}
	if flags != 0 || len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("%#x", flags))
	}
	if len(parts) == 1 && parts[0] == "0x0" {
		return "0"
	}
	return strings.Join(parts, "|")
}

// mountOptions gives the words of mount(8) for the flags, without those that choose the kind of request.
func mountOptions(flags uintptr) string {
	var words []string
	for _, f := range mountFlags {
		if flags&f.bit != 0 && f.bit&(unix.MS_BIND|unix.MS_REC|unix.MS_REMOUNT|unix.MS_MOVE|unix.MS_SILENT) == 0 {
			words = append(words, mountWord(f.name))
		}
	}
	return strings.Join(words, ",")
}

func mountWord(name string) string {
	switch name {
	case "MS_RDONLY":
		return "ro"
	case "MS_SYNCHRONOUS":
		return "sync"
	case "MS_MANDLOCK":
		return "mand"
	}
	return strings.ToLower(strings.TrimPrefix(name, "MS_"))
}

// quote makes one word for a shell: as it is where nothing in it is special.
func quote(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:,=@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Quote joins words into a shell line.
func Quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

// nullable prints an optional string argument of a system call.
func nullable(s string) string {
	if s == "" {
		return "NULL"
	}
	return fmt.Sprintf("%q", s)
}
