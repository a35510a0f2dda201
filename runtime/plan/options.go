// This file reads the options of a mount. man 8 mount; OCI config-linux, "mounts".
package plan

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// mountRequest is what a list of options asks for.
type mountRequest struct {
	flags       uintptr // MS_* of the mount or remount
	bind        bool
	recursive   bool    // rbind
	propagation uintptr // MS_PRIVATE … with MS_REC; 0: as it is
	tree        attributes
	idmap       bool   // with its ids mapped
	mapAll      bool   // ridmap: those of the mounts below, too
	copyUp      bool   // tmpcopyup
	data        string // what is left for the file system
}

type option struct {
	name  string
	clear bool
	flag  uintptr
}

var options = []option{
	{"async", true, unix.MS_SYNCHRONOUS}, {"atime", true, unix.MS_NOATIME}, {"defaults", false, 0},
	{"dev", true, unix.MS_NODEV}, {"diratime", true, unix.MS_NODIRATIME}, {"dirsync", false, unix.MS_DIRSYNC},
	{"exec", true, unix.MS_NOEXEC}, {"iversion", false, unix.MS_I_VERSION}, {"lazytime", false, unix.MS_LAZYTIME},
	{"loud", true, unix.MS_SILENT}, {"mand", false, unix.MS_MANDLOCK}, {"noatime", false, unix.MS_NOATIME},
	{"nodev", false, unix.MS_NODEV}, {"nodiratime", false, unix.MS_NODIRATIME}, {"noexec", false, unix.MS_NOEXEC},
	{"noiversion", true, unix.MS_I_VERSION}, {"nolazytime", true, unix.MS_LAZYTIME}, {"nomand", true, unix.MS_MANDLOCK},
	{"norelatime", true, unix.MS_RELATIME}, {"nostrictatime", true, unix.MS_STRICTATIME}, {"nosuid", false, unix.MS_NOSUID},
	{"nosymfollow", false, unix.MS_NOSYMFOLLOW}, {"relatime", false, unix.MS_RELATIME}, {"remount", false, unix.MS_REMOUNT},
	{"ro", false, unix.MS_RDONLY}, {"rw", true, unix.MS_RDONLY}, {"silent", false, unix.MS_SILENT},
	{"strictatime", false, unix.MS_STRICTATIME}, {"suid", true, unix.MS_NOSUID}, {"symfollow", true, unix.MS_NOSYMFOLLOW},
	{"sync", false, unix.MS_SYNCHRONOUS},
}

func readOptions(words []string) mountRequest {
	var r mountRequest
	var data []string
	for _, w := range words {
		i := slices.IndexFunc(options, func(o option) bool { return o.name == w })
		switch {
		case i >= 0 && options[i].clear:
			r.flags &^= options[i].flag
		case i >= 0:
			r.flags |= options[i].flag
		case w == "bind" || w == "rbind":
			r.bind, r.recursive = true, w == "rbind"
		case w == "idmap" || w == "ridmap":
			r.idmap, r.mapAll = true, w == "ridmap"
		case w == "tmpcopyup":
			r.copyUp = true
		case r.tree.read(w):
		case propagation(w) != 0:
			r.propagation = propagation(w)
		default:
			data = append(data, w)
		}
	}
	r.data = strings.Join(data, ",")
	return r
}

// MountFlags divides the words of mount(8) into the flags of mount(2), and what is left for the file system.
func MountFlags(words []string) (flags uintptr, data string) {
	r := readOptions(words)
	return r.flags, r.data
}

// propagation reads private, rslave and so on; 0 for any other word.
func propagation(word string) uintptr {
	var recursive uintptr
	if strings.HasPrefix(word, "r") {
		word, recursive = word[1:], unix.MS_REC
	}
	switch word {
	case "private":
		return unix.MS_PRIVATE | recursive
	case "slave":
		return unix.MS_SLAVE | recursive
	case "shared":
		return unix.MS_SHARED | recursive
	case "unbindable":
		return unix.MS_UNBINDABLE | recursive
	}
	return 0
}

// MountOptions lists the words that readOptions knows; others are left to the file system.
func MountOptions() []string {
	words := []string{"bind", "rbind", "idmap", "ridmap", "tmpcopyup"}
	for _, o := range options {
		words = append(words, o.name)
	}
	for _, o := range recursiveOptions {
		words = append(words, o.name)
	}
	for _, p := range []string{"private", "slave", "shared", "unbindable"} {
		words = append(words, p, "r"+p)
	}
	slices.Sort(words)
	return words
}
