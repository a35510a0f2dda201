// This file puts the commands into groups, for help and the manual.
package command

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// commandGroup is a heading with its commands, in the order of the table below.
type commandGroup struct {
	title    string
	names    []string
	commands []*cli.Command
}

func commandGroups() []commandGroup {
	return []commandGroup{
		{title: "Begin here", names: []string{"run", "lesson", "doctor"}},
		{title: "Containers", names: []string{"create", "start", "stop", "restart", "kill", "pause", "unpause", "rm", "rename", "update", "wait",
			"exec", "attach", "cp", "boot"}},
		{title: "What containers do", names: []string{"ps", "logs", "top", "stats", "port", "diff", "events", "inspect"}},
		{title: "The glass walls", names: []string{"explain", "xray", "look", "blame", "trace-packet", "audit"}},
		{title: "Images", names: []string{"images", "pull", "push", "login", "logout", "tag", "rmi", "history", "save", "load", "import",
			"export", "commit"}},
		{title: "Kinds of things", names: []string{"container", "image", "network", "volume", "system"}},
		{title: "This program", names: []string{"info", "version", "completion", "man"}},
	}
}

// grouped leaves no command out: what no group names comes last.
func grouped(commands []*cli.Command) []commandGroup {
	groups := append(commandGroups(), commandGroup{title: "More"})
	last := len(groups) - 1
	for _, c := range commands {
		i := slices.IndexFunc(groups, func(g commandGroup) bool { return slices.Contains(g.names, c.Name) })
		switch {
		case c.Hidden:
		case i < 0:
			groups[last].commands = append(groups[last].commands, c)
		default:
			groups[i].commands = append(groups[i].commands, c)
		}
	}
	for _, g := range groups {
		slices.SortStableFunc(g.commands, func(a, b *cli.Command) int {
			return slices.Index(g.names, a.Name) - slices.Index(g.names, b.Name)
		})
	}
	return slices.DeleteFunc(groups, func(g commandGroup) bool { return len(g.commands) == 0 })
}
