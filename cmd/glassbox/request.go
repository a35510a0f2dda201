// This file makes an engine.Request out of the flags of run.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func requestFrom(c *cli.Context) (engine.Request, error) {
	r := engine.Request{
		Image: c.Args().First(), Command: c.Args().Tail(), Name: c.String("name"),
		WorkDir: c.String("workdir"), User: c.String("user"), Groups: c.StringSlice("group-add"),
		StopSignal: c.String("stop-signal"),
		TTY:        c.Bool("tty"), OpenStdin: c.Bool("interactive"), AutoRemove: c.Bool("rm"), Init: c.Bool("init"),
		Hostname: c.String("hostname"),
	}
	if c.IsSet("entrypoint") {
		r.Entrypoint = []string{}
		if program := c.String("entrypoint"); program != "" {
			r.Entrypoint = []string{program}
		}
	}
	if c.IsSet("stop-timeout") {
		wait := c.Int("stop-timeout")
		r.StopWait = &wait
	}
	for _, fill := range []func(*cli.Context, *engine.Request) error{environment, labels, files, reach, limits, security} {
		if err := fill(c, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func labels(c *cli.Context, r *engine.Request) error {
	r.Labels = map[string]string{}
	for _, l := range c.StringSlice("label") {
		name, value, _ := strings.Cut(l, "=")
		if name == "" {
			return fmt.Errorf("--label %q: a label has a name: NAME=VALUE", l)
		}
		r.Labels[name] = value
	}
	return nil
}

func reach(c *cli.Context, r *engine.Request) error {
	r.Network.Mode = c.String("network")
	r.Network.DNS = c.StringSlice("dns")
	r.Network.Sysctls = map[string]string{}
	for _, s := range c.StringSlice("sysctl") {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return fmt.Errorf("--sysctl %q: write NAME=VALUE", s)
		}
		r.Network.Sysctls[name] = value
	}
	for _, h := range c.StringSlice("add-host") {
		name, address, ok := cutAny(h, ":=")
		if !ok || name == "" || address == "" {
			return fmt.Errorf("--add-host %q: write NAME:ADDRESS", h)
		}
		r.Network.Hosts = append(r.Network.Hosts, name+":"+address)
	}
	return ports(c, r)
}

func cutAny(s, separators string) (before, after string, found bool) {
	i := strings.IndexAny(s, separators)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// security reads the file of a seccomp profile: the container keeps the text, so the file may change or go.
func security(c *cli.Context, r *engine.Request) error {
	r.Security = engine.Security{
		ReadOnly: c.Bool("read-only"), Privileged: c.Bool("privileged"),
		CapAdd: c.StringSlice("cap-add"), CapDrop: c.StringSlice("cap-drop"),
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

// size reads bytes: 64m, 1.5g, 1048576.
func size(c *cli.Context, flag string) (int64, error) {
	text := c.String(flag)
	if text == "" {
		return 0, nil
	}
	if text == "-1" && flag == "memory-swap" {
		return -1, nil
	}
	n, err := units.RAMInBytes(text)
	if err != nil {
		return 0, fmt.Errorf("--%s %q: write a number of bytes, or with k, m or g: 64m", flag, text)
	}
	return n, nil
}
