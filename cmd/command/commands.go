// This file lists the commands by their names, and makes those that a command line needs: all of them, with 700 flags, would take
// 0.2 ms and 200 KB, of which one alone needs next to nothing.
package command

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// maker makes the command of a name.
type maker struct {
	name string
	make func() *cli.Command
}

func makers() []maker {
	return append(lifeMakers(), []maker{
		{"ps", psCommand}, {"container", containerCommand}, {"events", eventsCommand}, {"info", infoCommand}, {"boot", bootCommand},
		{"pack", packCommand}, {"inspect", inspectCommand}, {"explain", explainCommand}, {"look", lookCommand}, {"xray", xrayCommand},
		{"trace-packet", tracePacketCommand}, {"audit", auditCommand}, {"doctor", doctorCommand}, {"lesson", lessonCommand},
		{"images", imagesCommand}, {"image", imageCommand}, {"system", systemCommand}, {"pull", pullCommand}, {"push", pushCommand},
		{"login", loginCommand}, {"logout", logoutCommand}, {"rmi", rmiCommand}, {"tag", tagCommand}, {"history", historyCommand},
		{"save", saveCommand}, {"load", loadCommand}, {"import", importCommand}, {"export", exportCommand}, {"commit", commitCommand},
		{"diff", diffCommand}, {"cp", cpCommand}, {"blame", blameCommand}, {"volume", volumeCommand}, {"network", networkCommand},
		{"version", versionCommand}, {"release", releaseCommand}, {"completion", completionCommand}, {"complete", completeCommand},
		{"man", manCommand},
	}...)
}

// lifeMakers make the commands that exist with and without "container" before them.
func lifeMakers() []maker {
	return []maker{
		{"run", runCommand}, {"create", createCommand}, {"start", startCommand}, {"stop", stopCommand}, {"restart", restartCommand},
		{"kill", killCommand}, {"rm", rmCommand}, {"pause", pauseCommand}, {"unpause", unpauseCommand}, {"rename", renameCommand},
		{"update", updateCommand}, {"wait", waitCommand}, {"attach", attachCommand}, {"exec", execCommand}, {"logs", logsCommand},
		{"top", topCommand}, {"port", portCommand}, {"stats", statsCommand},
	}
}

// commands makes the command of this name. Where there is none it makes all: help wants to list them, and who has mistyped a name
// wants to hear of the nearest.
func commands(name string) []*cli.Command {
	list := makers()
	if i := slices.IndexFunc(list, func(m maker) bool { return m.name == name }); i >= 0 {
		list = list[i : i+1]
	}
	commands := made(list)
	for _, c := range commands {
		ours(c)
	}
	return commands
}

func made(list []maker) []*cli.Command {
	commands := make([]*cli.Command, len(list))
	for i, m := range list {
		commands[i] = m.make()
	}
	return commands
}

// ours gives a command what all have: no argument of it is taken for the command "help", and Docker's exit code for bad flags.
func ours(c *cli.Command) {
	c.HideHelpCommand, c.OnUsageError, c.Before = true, badValue, forgetFlags
	for _, sub := range c.Subcommands {
		ours(sub)
	}
}
