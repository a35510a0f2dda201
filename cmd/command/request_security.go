// This file reads the flags of run about what a container may do and whose namespaces it sees.
package command

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func rightsFlags() []cli.Flag {
	return []cli.Flag{
		flagList("cap-add", "`NAME` give a capability, or ALL"),
		flagList("cap-drop", "`NAME` take a capability away, or ALL"),
		flagSwitch("privileged", "all capabilities and devices, nothing masked: hardly a container"),
		flagList("security-opt", "`OPTION` no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, systempaths=unconfined"),
		flagList("device-cgroup-rule", "`RULE` which devices may be opened besides: 'c 10:* rw'"),
	}
}

func namespaceFlags() []cli.Flag {
	return []cli.Flag{
		flagText("pid", "`MODE` whose processes it sees: host or container:NAME (its own)"),
		flagText("ipc", "`MODE` whose shared memory it uses: private, shareable, host, container:NAME or none"),
		flagText("uts", "`MODE` host: the machine's name, not one of its own"),
		flagText("cgroupns", "`MODE` which cgroups it sees: private or host"),
		flagText("userns", "`MODE` whose users its users are: host, or remap: nobody's on the host"),
	}
}

// security reads the file of a seccomp profile: the container keeps the text, so the file may change or go.
func security(c *cli.Context, r *engine.Request) error {
	r.Security = engine.Security{
		ReadOnly: c.Bool("read-only"), Privileged: c.Bool("privileged"),
		CapAdd: c.StringSlice("cap-add"), CapDrop: c.StringSlice("cap-drop"),
	}
	for _, text := range c.StringSlice("device-cgroup-rule") {
		rule, err := deviceRule(text)
		if err != nil {
			return err
		}
		r.Security.DeviceRules = append(r.Security.DeviceRules, rule)
	}
	for _, option := range c.StringSlice("security-opt") {
		if file, ok := strings.CutPrefix(option, "seccomp="); ok && file != "unconfined" && file != "builtin" {
			text, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("--security-opt %s: %w", option, err)
			}
			option = "seccomp=" + string(text)
		}
		if option != "seccomp=builtin" {
			r.Security.Options = append(r.Security.Options, option)
		}
	}
	_, err := engine.SecurityOptions(r.Security.Options)
	return err
}

// deviceRule reads "c 10:* rw": the kind of device (a: both), its numbers, and r, w, m(knod).
func deviceRule(text string) (specs.LinuxDeviceCgroup, error) {
	part := regexp.MustCompile(`^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$`).FindStringSubmatch(text)
	if part == nil {
		return specs.LinuxDeviceCgroup{}, fmt.Errorf("--device-cgroup-rule %q: write kind, numbers and access: 'c 10:* rwm'", text)
	}
	rule := specs.LinuxDeviceCgroup{Allow: true, Type: part[1], Access: part[4]}
	for i, to := range []**int64{&rule.Major, &rule.Minor} {
		if part[2+i] == "*" {
			continue
		}
		n, err := strconv.ParseInt(part[2+i], 10, 32)
		if err != nil {
			return rule, fmt.Errorf("--device-cgroup-rule %q: %w", text, err)
		}
		*to = &n
	}
	return rule, nil
}

func namespaces(c *cli.Context, r *engine.Request) error {
	r.Namespaces = engine.Namespaces{PID: c.String("pid"), IPC: c.String("ipc"), UTS: c.String("uts"), Cgroup: c.String("cgroupns"),
		User: c.String("userns")}
	return nil
}
