// This file lists the flags of run: Docker's, in Docker's words, by what they are about; and our own.
package main

import "github.com/urfave/cli/v2"

func runFlags() []cli.Flag {
	var all []cli.Flag
	for _, group := range []struct {
		about string
		flags []cli.Flag
	}{
		{"The glass walls:", storyFlags()},
		{"The container:", containerFlags()},
		{"The program:", programFlags()},
		{"Files:", fileFlags()},
		{"Network:", networkFlags()},
		{"Limits:", limitFlags()},
		{"Rights:", rightsFlags()},
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
		flagText("name", "the container's name; one is drawn otherwise"),
		flagSwitch("detach", "run in the background and print the id", "d"),
		flagSwitch("rm", "remove the container when its program ends"),
		flagSwitch("init", "run a small init as PID 1, which collects zombies and passes signals on"),
		flagList("label", "`NAME=VALUE` a note on the container", "l"),
		flagText("cidfile", "write the id to this file"),
		flagText("stop-signal", "the signal that stop sends (SIGTERM)"),
		flagWhole("stop-timeout", "`SECONDS` how long stop waits before it kills (10)"),
		&cli.BoolFlag{Name: "sig-proxy", Value: true, Usage: "pass signals on to the program (true)"},
	}
}

func programFlags() []cli.Flag {
	return []cli.Flag{
		flagSwitch("interactive", "keep standard input open", "i"),
		flagSwitch("tty", "give the program a terminal", "t"),
		flagList("env", "`NAME=VALUE` an environment variable; NAME alone takes the value from here", "e"),
		flagList("env-file", "a file of environment variables"),
		flagText("workdir", "the directory to start in", "w"),
		flagText("user", "`USER[:GROUP]` names or numbers, as the container has them", "u"),
		flagList("group-add", "a further group"),
		flagText("entrypoint", "the program, in place of the image's"),
	}
}

func fileFlags() []cli.Flag {
	return []cli.Flag{
		flagList("volume", "`HOST:CONTAINER[:ro]` show a part of the host inside", "v"),
		flagList("tmpfs", "`DIR[:OPTIONS]` a file system in memory"),
		flagSwitch("read-only", "the image's files can not be changed"),
		flagText("shm-size", "size of /dev/shm (64m)"),
		flagList("device", "`HOST[:CONTAINER[:rwm]]` a device of the host"),
	}
}

func networkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "network", Aliases: []string{"net"}, Value: "bridge", Usage: "`MODE` bridge, none, host or container:NAME"},
		flagList("publish", "`[ADDRESS:][HOST:]CONTAINER[/udp]` a port of the host for one of the container", "p"),
		flagText("hostname", "the machine's name inside", "h"),
		flagList("dns", "`ADDRESS` a name server"),
		flagList("add-host", "`NAME:ADDRESS` a line of /etc/hosts"),
		flagList("sysctl", "`NAME=VALUE` a kernel parameter of the container's namespaces"),
	}
}

func limitFlags() []cli.Flag {
	return []cli.Flag{
		flagText("memory", "bytes, or with k, m, g", "m"),
		flagText("memory-swap", "memory and swap together; -1: no limit to swap"),
		flagText("cpus", "processors, such as 1.5"),
		&cli.Uint64Flag{Name: "cpu-shares", Aliases: []string{"c"}, Usage: "weight against others (1024)"},
		flagText("cpuset-cpus", "which processors, such as 0-2,4"),
		flagWhole("pids-limit", "`NUMBER` how many processes and threads; -1: no limit"),
		flagList("ulimit", "`NAME=SOFT[:HARD]` a limit of each process"),
		flagWhole("oom-score-adj", "how readily it is killed when memory runs out, -1000 to 1000"),
	}
}

func rightsFlags() []cli.Flag {
	return []cli.Flag{
		flagList("cap-add", "give a capability, or ALL"),
		flagList("cap-drop", "take a capability away, or ALL"),
		flagSwitch("privileged", "all capabilities and devices, nothing masked: hardly a container"),
		flagList("security-opt", "`OPTION` no-new-privileges, seccomp=unconfined or seccomp=FILE"),
	}
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

func flagWhole(name, usage string) cli.Flag {
	return &cli.IntFlag{Name: name, Usage: usage}
}
