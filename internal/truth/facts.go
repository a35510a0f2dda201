// Package truth compares what was told with what was seen: the calls that the story of a container names, and those that a
// tracer saw the kernel do. Both are lines as strace prints them, so one reader serves for both.
//
// This file turns a line into facts: short keys that are equal when the two mean the same request.
package truth

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fact is one request. Undo is the key of the request that takes it back, empty if there is none: whoever tells a mount has
// told that it will be unmounted.
type fact struct{ key, undo string }

var (
	message  = regexp.MustCompile(`\b((?:RTM|NFT_MSG)_(?:NEW|DEL|SET)[A-Z]+)\b(?: \((\d+) of them\))?`)
	newSpace = regexp.MustCompile(`CLONE_NEW[A-Z]+`)
	process  = regexp.MustCompile(`^"/proc/(?:[0-9]+|\$PID|self)/`)
	request  = regexp.MustCompile(`TIOCSCTTY|SIOCSIFFLAGS`)
)

// factsOf reads a line; it has no facts if it changes nothing that a tracer reports.
func factsOf(line string) []fact {
	name, args := split(line)
	switch name {
	case "sendto", "sendmsg", "netlink":
		return messages(line)
	case "ioctl":
		return named("ioctl", request.FindString(line))
	case "clone", "unshare":
		return named("new", strings.Join(sorted(newSpace.FindAllString(line, -1)), "|"))
	case "setns":
		if strings.Contains(line, `"net:[`) {
			return []fact{{key: "back to the network namespace"}} // by the file in /proc that the thread had open
		}
		return named("setns", newSpace.FindString(line))
	case "open":
		if !strings.Contains(line, "O_CREAT") && !strings.Contains(line, "O_TRUNC") {
			return nil
		}
	}
	count, ok := telling[name]
	if !ok || len(args) < count {
		return nil
	}
	key := name + " " + strings.Join(args[:count], " ")
	switch name {
	case "execve":
		// A program that lies nowhere has no path to be seen: it is our own, or a deputy, which no container can write to.
		return []fact{{key: strings.NewReplacer(` "/proc/self/exe"`, ` "/"`, ` "/memfd:glassbox"`, ` "/"`, ` "/memfd:glassbox (deleted)"`, ` "/"`).Replace(key)}}
	case "mount":
		return []fact{{key, "umount2 " + args[1]}}
	case "mkdir", "open", "mknod", "creat":
		return []fact{{key, "remove " + args[0]}}
	case "symlink":
		return []fact{{key, "remove " + args[1]}}
	case "rmdir", "unlink", "unlinkat":
		return []fact{{key: "remove " + args[0]}}
	}
	return []fact{{key: key}}
}

// telling says how many arguments of a call tell it from others of its name. Modes and lengths are left out, and what a
// tracer can not see as the teller does: the path of a namespace, the bytes of a filter.
var telling = map[string]int{
	"mount": 5, "umount2": 1, "pivot_root": 2, "chroot": 1, "open_tree": 1, "move_mount": 2, "mount_setattr": 0,
	"fsopen": 1, "fsconfig": 0, "fsmount": 0,
	"mkdir": 1, "open": 1, "creat": 1, "mknod": 1, "symlink": 2, "link": 2, "rename": 2, "rmdir": 1, "unlink": 1, "unlinkat": 1,
	"write": 2, "writev": 1, "truncate": 1, "chmod": 1, "chown": 1, "fchown": 3, "setxattr": 1,
	"sethostname": 1, "setdomainname": 1, "execve": 1, "chdir": 1, "umask": 1, "setsid": 0, "close_range": 1,
	"setuid": 1, "setgid": 1, "setreuid": 2, "setregid": 2, "setresuid": 3, "setresgid": 3, "setgroups": 1,
	"capset": 0, "prctl": 1, "seccomp": 0, "prlimit": 4, "bpf": 0, "personality": 1, "keyctl": 0,
}

func named(name, what string) []fact {
	if what == "" {
		return nil
	}
	return []fact{{key: name + " " + what}}
}

// messages are those of a netlink batch. Told with `in "FILE"`, they are sent from inside a network namespace.
func messages(line string) []fact {
	var facts []fact
	if strings.Contains(line, ` in "`) {
		facts = named("setns", "CLONE_NEWNET")
	}
	for _, m := range message.FindAllStringSubmatch(line, -1) {
		f := fact{key: m[1]}
		if strings.Contains(m[1], "_NEW") {
			f.undo = strings.Replace(m[1], "_NEW", "_DEL", 1)
		}
		count, err := strconv.Atoi(m[2])
		if err != nil {
			count = 1
		}
		facts = append(facts, slices.Repeat([]fact{f}, count)...)
	}
	return facts
}

// split takes name(a, b, c) apart at the commas that are in no string.
func split(line string) (name string, args []string) {
	name, rest, ok := strings.Cut(line, "(")
	if !ok {
		return "", nil
	}
	rest = strings.TrimSuffix(strings.TrimSpace(rest), ")")
	begin, quoted := 0, false
	for i := 0; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quoted:
			i++
		case rest[i] == '"':
			quoted = !quoted
		case rest[i] == ',' && !quoted:
			args, begin = append(args, plain(rest[begin:i])), i+1
		}
	}
	args = append(args, plain(rest[begin:]))
	return name, slices.DeleteFunc(args, func(arg string) bool { return arg == "AT_FDCWD" })
}

// plain makes equal what is written in two ways.
func plain(arg string) string {
	arg = strings.TrimSpace(arg)
	if arg == `""` {
		return "NULL"
	}
	return process.ReplaceAllString(arg, `"/proc/self/`)
}

func sorted(words []string) []string {
	slices.Sort(words)
	return words
}
