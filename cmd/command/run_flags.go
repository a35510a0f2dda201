// This file lists the flags of run: Docker's, in Docker's words, by what they are about; and our own.
package command

import "github.com/urfave/cli/v2"

func runFlags() []cli.Flag {
	var all []cli.Flag
	for _, group := range []struct {
		about string
		flags []cli.Flag
	}{
		{"The glass walls:", storyFlags()},
		{"The container:", containerFlags()},
		{"The image:", imageFlags()},
		{"The program:", programFlags()},
		{"Files:", fileFlags()},
		{"Network:", networkFlags()},
		{"Names:", nameFlags()},
		{"Limits:", limitFlags()},
		{"Rights:", rightsFlags()},
		{"Namespaces:", namespaceFlags()},
		{"Upkeep:", upkeepFlags()},
		{"Docker's, and not here:", foreignFlags()},
	} {
		for _, f := range group.flags {
			all = append(all, categorised(f, group.about))
		}
	}
	return all
}

func categorised(f cli.Flag, about string) cli.Flag {
	switch f := f.(type) {
	case *cli.BoolFlag:
		f.Category = about
	case *cli.StringFlag:
		f.Category = about
	case *cli.StringSliceFlag:
		f.Category = about
	case *cli.IntFlag:
		f.Category = about
	case *cli.Int64Flag:
		f.Category = about
	case *cli.Uint64Flag:
		f.Category = about
	case *cli.UintFlag:
		f.Category = about
	case *cli.DurationFlag:
		f.Category = about
	case *cli.Float64Flag:
		f.Category = about
	}
	return f
}

func storyFlags() []cli.Flag {
	return []cli.Flag{
		flagText("explain", "`FORMAT` tell every step on standard error: text (also --explain alone) or json, one event a line"),
		flagSwitch("step", "stop before every step and ask"),
		flagSwitch("dry-run", "print the plan and do nothing"),
		flagSwitch("script", "print a shell script that makes the same container"),
		flagList("without", "`TITLE` leave out the step of this title, to see what it is for"),
	}
}

func containerFlags() []cli.Flag {
	return []cli.Flag{
		flagText("name", "`NAME` of the container; one is drawn otherwise"),
		flagSwitch("detach", "run in the background and print the id", "d"),
		flagText("detach-keys", "`KEYS` that leave it to itself (ctrl-p,ctrl-q)"),
		flagSwitch("rm", "remove the container when its program ends"),
		flagSwitch("init", "run a small init as PID 1, which collects zombies and passes signals on"),
		flagList("label", "`NAME=VALUE` a note on the container", "l"),
		flagList("label-file", "`FILE` of labels, one a line"),
		flagList("annotation", "`NAME=VALUE` a note for the OCI runtime and its hooks"),
		flagText("cidfile", "`FILE` to write the id to"),
		flagText("stop-signal", "`SIGNAL` that stop sends (SIGTERM)"),
		flagWhole("stop-timeout", "`SECONDS` how long stop waits before it kills (10)"),
		&cli.BoolFlag{Name: "sig-proxy", Value: true, Usage: "pass signals on to the program (true)"},
	}
}

func programFlags() []cli.Flag {
	return []cli.Flag{
		flagSwitch("interactive", "keep standard input open", "i"),
		flagSwitch("tty", "give the program a terminal", "t"),
		flagList("attach", "`STREAM` stdin, stdout or stderr: connect these alone", "a"),
		flagList("env", "`NAME=VALUE` an environment variable; NAME alone takes the value from here", "e"),
		flagList("env-file", "`FILE` of environment variables"),
		flagText("workdir", "`DIR` the directory to start in", "w"),
		flagText("user", "`USER[:GROUP]` names or numbers, as the container has them", "u"),
		flagList("group-add", "`GROUP` a further group"),
		flagText("entrypoint", "`PROGRAM` the program, in place of the image's"),
	}
}

func fileFlags() []cli.Flag {
	return append(mountFlags(),
		flagSwitch("read-only", "the image's files can not be changed"),
		flagText("shm-size", "`BYTES` size of /dev/shm (64m)"),
		flagList("device", "`HOST[:CONTAINER[:rwm]]` a device of the host"),
	)
}

func flagText(name, usage string, short ...string) cli.Flag {
	return &cli.StringFlag{Name: name, Aliases: short, Usage: usage}
}

func flagList(name, usage string, short ...string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Aliases: short, Usage: usage}
}

func flagSwitch(name, usage string, short ...string) cli.Flag {
	return &cli.BoolFlag{Name: name, Aliases: short, Usage: usage}
}

func flagLong(name, usage string) cli.Flag {
	return &cli.Int64Flag{Name: name, Usage: usage}
}

func flagWhole(name, usage string) cli.Flag {
	return &cli.IntFlag{Name: name, Usage: usage}
}
