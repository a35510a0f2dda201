// This file finds what a word that is being typed may become. It reads the same tables as the command line itself.
package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// candidate is what a word may become.
type candidate struct{ name, about string }

// typing is a command line that is not finished.
type typing struct {
	app   *cli.App
	known func(nameKind) []candidate
}

// candidates looks at the words after the program's name; the last one is being typed. None: the shell completes files.
func (t typing) candidates(words []string) []candidate {
	if len(words) == 0 {
		return nil
	}
	done, current := words[:len(words)-1], words[len(words)-1]
	at := reading{commands: t.app.Commands, flags: t.app.Flags}
	for i := 0; i < len(done); i++ {
		i += at.pass(done[i])
		if i >= len(done) { // current is the value of the flag before it
			return starting(t.valuesOf(at.flag(done[len(done)-1])), current)
		}
	}
	if flag, value, ok := strings.Cut(current, "="); ok && strings.HasPrefix(flag, "--") {
		return prefixed(flag+"=", starting(t.valuesOf(at.flag(flag)), value))
	}
	if strings.HasPrefix(current, "-") && !at.ended {
		return starting(at.flagNames(), current)
	}
	return starting(append(at.commandNames(), t.arguments(at)...), current)
}

// reading is how far a command line has been read.
type reading struct {
	command  *cli.Command
	commands []*cli.Command
	flags    []cli.Flag
	count    int  // of the arguments
	ended    bool // no flags follow
}

// pass reads one word and returns how many words after it belong to it.
func (p *reading) pass(word string) int {
	switch {
	case p.ended:
	case word == "--":
		p.ended = true
		return 0
	case len(word) > 1 && word[0] == '-':
		return p.valueAfter(word)
	}
	if c := findCommand(p.commands, word); c != nil && p.count == 0 {
		p.command, p.commands, p.flags = c, c.Subcommands, c.Flags
		return 0
	}
	p.count++
	p.ended = p.ended || p.command != nil && ownsTheRest(p.command)
	return 0
}

// flag finds the flag that a word names: --network, or the last of several letters, -itv.
func (p *reading) flag(word string) cli.Flag {
	name := strings.TrimLeft(word, "-")
	if !strings.HasPrefix(word, "--") {
		name = word[len(word)-1:]
	}
	for _, f := range p.flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// valueAfter is 1 for a flag whose value is the next word.
func (p *reading) valueAfter(word string) int {
	f := p.flag(word)
	if f == nil || isSwitch(f) || strings.Contains(word, "=") {
		return 0
	}
	if _, alone := bare(f.Names()[0]); alone {
		return 0
	}
	return 1
}

func (p *reading) commandNames() []candidate {
	if p.count > 0 {
		return nil
	}
	var list []candidate
	for _, c := range p.commands {
		if !c.Hidden {
			list = append(list, candidate{c.Name, c.Usage})
		}
	}
	return list
}

func (p *reading) flagNames() []candidate {
	var list []candidate
	for _, f := range p.flags {
		_, about := flagHelp(f)
		list = append(list, candidate{"--" + f.Names()[0], about})
	}
	return append(list, candidate{"--help", "print this help"})
}

// arguments completes by what a command's usage calls its arguments; the last one may be repeated: CONTAINER…
func (t typing) arguments(p reading) []candidate {
	if p.command == nil {
		return nil
	}
	wanted := strings.Fields(p.command.ArgsUsage)
	number := p.count
	if number >= len(wanted) {
		number = len(wanted) - 1
		if number < 0 || !strings.HasSuffix(wanted[number], "…") && !strings.HasSuffix(wanted[number], "…]") {
			return nil
		}
	}
	word := strings.Trim(wanted[number], "[]…")
	if word == "CONTAINER|PID" || word == "PID|CONTAINER" {
		word = "CONTAINER"
	}
	if word == "bash|zsh|fish" {
		return words("bash", "zsh", "fish")
	}
	if word == "NAME" && p.command.Name == "inspect" {
		return slices.Concat(t.known(nameOfContainer), t.known(nameOfImage), t.known(nameOfNetwork), t.known(nameOfVolume))
	}
	needsLife := []string{"stop", "kill", "exec", "attach", "pause", "top", "stats", "look", "xray"}
	kinds := map[string]nameKind{"CONTAINER": nameOfContainer, "IMAGE": nameOfImage, "NETWORK": nameOfNetwork, "VOLUME": nameOfVolume, "NAME[:TAG": nameOfImage}
	k := kinds[word]
	if k == nameOfContainer && slices.Contains(needsLife, p.command.Name) {
		k = nameOfRunning
	}
	return t.known(k)
}

// valuesOf completes the values of flags that take a name or one of a few words.
func (t typing) valuesOf(f cli.Flag) []candidate {
	if f == nil {
		return nil
	}
	switch f.Names()[0] {
	case "network":
		return t.known(nameOfNetwork)
	case "volumes-from":
		return t.known(nameOfContainer)
	case "volume":
		return t.known(nameOfVolume)
	case "restart":
		return words("no", "on-failure", "always", "unless-stopped")
	case "pull":
		return words("always", "missing", "never")
	case "log-driver":
		return words("json-file", "local", "none", "syslog", "journald")
	case "pid", "uts":
		return words("host")
	case "ipc":
		return words("private", "shareable", "host", "none")
	case "userns":
		return words("host", "remap")
	case "cgroupns":
		return words("private", "host")
	}
	return nil
}

func words(list ...string) []candidate {
	var all []candidate
	for _, w := range list {
		all = append(all, candidate{name: w})
	}
	return all
}

func starting(list []candidate, typed string) []candidate {
	return slices.DeleteFunc(list, func(c candidate) bool { return !strings.HasPrefix(c.name, typed) })
}

func prefixed(before string, list []candidate) []candidate {
	for i := range list {
		list[i].name = before + list[i].name
	}
	return list
}
