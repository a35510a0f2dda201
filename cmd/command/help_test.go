// This file checks that help leaves nobody alone: every command has a group, an example and a manual page, and every flag of
// docker run is known.
package command

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// visit calls see for every command that people see.
func visit(name string, commands []*cli.Command, see func(name string, c *cli.Command)) {
	for _, c := range commands {
		if !c.Hidden {
			see(name+" "+c.Name, c)
			visit(name+" "+c.Name, c.Subcommands, see)
		}
	}
}

func TestEveryCommandHasAnExample(t *testing.T) {
	visit("glassbox", newApp().Commands, func(name string, c *cli.Command) {
		_, example := usageAndExample(name, c)
		if !strings.Contains(example, name) && !strings.Contains(example, "glassbox "+c.Name) {
			t.Errorf("%s: its help has no example of it: %q", name, example)
		}
		if page := commandManual(name, c); !strings.Contains(page, ".SH \"EXAMPLES\"") || !strings.Contains(page, roff(c.Usage)) {
			t.Errorf("%s: its manual page lacks the example or what it is for:\n%s", name, page)
		}
	})
}

func TestEveryCommandHasAGroup(t *testing.T) {
	for _, g := range grouped(newApp().Commands) {
		for _, c := range g.commands {
			if g.title == "More" {
				t.Errorf("%s is in no group: see help_groups.go", c.Name)
			}
		}
	}
}

func TestManualIsRoff(t *testing.T) {
	if got, want := roff(".a\n'b\n--c `D` \\n"), "\\&.a\n\\&'b\n\\-\\-c D \\en"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The flags of docker run 28.2, as its help lists them.
const dockerRun = `add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile cpu-count
cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach detach-keys device
device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops disable-content-trust dns dns-option dns-search
domainname entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries health-start-interval
health-start-period health-timeout help hostname init interactive io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label
label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name network
network-alias no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform privileged publish publish-all pull quiet read-only
restart rm runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt sysctl tmpfs tty ulimit use-api-socket user
userns uts volume volume-driver volumes-from workdir a c d e h i l m p P q t u v w`

func TestKnowsTheFlagsOfDocker(t *testing.T) {
	a := argv{flags: runFlags()}
	for _, name := range strings.Fields(dockerRun) {
		if a.find(name) == nil {
			t.Errorf("run does not know --%s", name)
		}
	}
	if a.find("nonsense") != nil {
		t.Error("run knows --nonsense")
	}
}

func TestRefusesWhatMeansNothingHere(t *testing.T) {
	for _, c := range []struct{ flags, want string }{
		{"--gpus all", "--gpus all: the driver of a GPU comes with a hook"},
		{"--runtime runc", "--runtime runc: there is one runtime, glassbox-oci"},
		{"--isolation hyperv", "--isolation hyperv: on Linux there is one way"},
		{"--storage-opt size=1g", "overlayfs limits no single container"},
		{"--kernel-memory 1g", "Linux has no such limit any more"},
		{"--cpu-count 2", "it is for containers of Windows"},
		{"--use-api-socket", "a container needs no daemon here"},
		{"--blkio-weight 5", "the range of weights is from 10 to 1000"},
		{"--device-read-bps /dev/vda", `--device-read-bps "/dev/vda": write the path of a disk and a number`},
		{"--device-cgroup-rule c:1:3", `--device-cgroup-rule "c:1:3": write kind, numbers and access`},
		{"--annotation x", `--annotation "x": write NAME=VALUE`},
		{"--label-file nowhere", "--label-file: open nowhere"},
		{"--security-opt label=type:x", "SELinux labels are not set here"},
	} {
		if _, err := requested(t, append(strings.Fields(c.flags), "box")...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.flags, err, c.want)
		}
	}
	for _, flags := range []string{"--runtime glassbox-oci", "--isolation default", "--disable-content-trust", "--security-opt label=disable"} {
		if _, err := requested(t, append(strings.Fields(flags), "box")...); err != nil {
			t.Errorf("%s: %v", flags, err)
		}
	}
}
