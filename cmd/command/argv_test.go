// This file checks how command lines are read: what becomes of them, and what is said of bad ones.
package command

import (
	"errors"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"run -it box sh", "run|--interactive|--tty|--|box|sh"},
		{"run -itd --rm box", "run|--interactive|--tty|--detach|--rm|--|box"},
		{"run -p8080:80 -p=81:81 -p 82:82 box", "run|--publish=8080:80|--publish=81:81|--publish=82:82|--|box"},
		{"run -itp8080:80 box", "run|--interactive|--tty|--publish=8080:80|--|box"},
		{"run --memory 64m --cpus=.5 box", "run|--memory=64m|--cpus=.5|--|box"},
		{"run -m64m -eA=1 -e B box", "run|--memory=64m|--env=A=1|--env=B|--|box"},
		{"run --net none -h web box", "run|--network=none|--hostname=web|--|box"},
		{"run --rm=false box", "run|--rm=false|--|box"},
		{"run --memory-swap -1 box", "run|--memory-swap=-1|--|box"},
		{"run box ls -la --color=never", "run|--|box|ls|-la|--color=never"},
		{"run -- box --rm", "run|--|box|--rm"},
		{"run box -- x", "run|--|box|--|x"},
		{"run box help", "run|--|box|help"},
		{"run --explain box", "run|--explain=text|--|box"},
		{"run --explain=json box", "run|--explain=json|--|box"},
		{"run --entrypoint= box", "run|--entrypoint=|--|box"},
		{"exec -it web sh -c true", "exec|--interactive|--tty|--|web|sh|-c|true"},
		{"rm web -f other", "rm|--force|--|web|other"},
		{"logs web -f -n5", "logs|--follow|--tail=5|--|web"},
		{"--root /x --state=/y ps -aq", "--root=/x|--state=/y|ps|--all|--quiet|--"},
		{"ps -h", "ps|--help|--"},
		{"help run", "run|--help|--"},
		{"help", "--help"},
		{"lesson check --all", "lesson|check|--all|--"},
		{"", ""},
	} {
		got, err := expand(newApp(), strings.Fields(c.typed))
		if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%q:\ngot  %s, %v\nwant %s", c.typed, strings.Join(got, "|"), err, c.want)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	for _, c := range []struct {
		typed, want string
		code        int
	}{
		{"run --memroy 1 box", "unknown flag: --memroy, did you mean '--memory'? (see 'glassbox run --help')", 125},
		{"run --zzz box", "unknown flag: --zzz (see 'glassbox run --help')", 125},
		{"run -z box", "unknown shorthand flag: 'z' in -z (see 'glassbox run --help')", 125},
		{"run -itz box", "unknown shorthand flag: 'z' in -itz (see 'glassbox run --help')", 125},
		{"run -name x box", "unknown shorthand flag: 'n' in -name (see 'glassbox run --help')", 125},
		{"run --i box", "unknown flag: --i (see 'glassbox run --help')", 125},
		{"run --name", "flag needs an argument: --name (see 'glassbox run --help')", 125},
		{"ps --al", "unknown flag: --al, did you mean '--all'? (see 'glassbox ps --help')", 125},
		{"rnu box", "unknown command: rnu, did you mean 'run'? (see 'glassbox --help')", 1},
		{"frobnicate", "unknown command: frobnicate (see 'glassbox --help')", 1},
		{"--rot /x ps", "unknown flag: --rot, did you mean '--root'? (see 'glassbox --help')", 125},
	} {
		_, err := expand(newApp(), strings.Fields(c.typed))
		var usage usageError
		if !errors.As(err, &usage) || usage.code != c.code || usage.text != c.want {
			t.Errorf("%q:\ngot  %v (%d)\nwant %s (%d)", c.typed, err, usage.code, c.want, c.code)
		}
	}
}

func TestCommandsGoByTheirNames(t *testing.T) {
	for _, m := range makers() {
		if made := m.make().Name; made != m.name {
			t.Errorf("%q is the name under which %q is found", m.name, made)
		}
	}
}

// What needs one command makes no other; what needs them all gets them all.
func TestExpandMakesWhatIsWanted(t *testing.T) {
	all := len(newApp().Commands)
	for typed, want := range map[string]int{
		"--root /x exec web true": 1, "run box exec": 1, "--version": 1, "container run box": 1, "--help run": 1,
		"": all, "help run": all, "--help": all, "rnu box": all, "ls": all,
	} {
		app := bareApp()
		_, _ = expand(app, strings.Fields(typed)) // what comes of it is tested above
		if got := len(app.Commands); got != want {
			t.Errorf("%q: %d commands were made, want %d", typed, got, want)
		}
	}
}
