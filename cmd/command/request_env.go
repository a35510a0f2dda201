// This file reads -e and --env-file.
package command

import (
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

// environment: a later flag wins, and -e wins over any file.
func environment(c *cli.Context, r *engine.Request) error {
	for _, file := range c.StringSlice("env-file") {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--env-file: %w", err)
		}
		lines, err := envLines("--env-file "+file, string(text))
		if err != nil {
			return err
		}
		r.Env = append(r.Env, withValues(lines, os.LookupEnv)...)
	}
	for _, e := range c.StringSlice("env") {
		if strings.HasPrefix(e, "=") || e == "" {
			return fmt.Errorf("-e %q: a variable has a name: NAME=VALUE", e)
		}
	}
	r.Env = append(r.Env, withValues(c.StringSlice("env"), os.LookupEnv)...)
	return nil
}

// withValues looks up variables that are given by name alone; one that is not set here stays bare, which takes the image's away.
func withValues(variables []string, lookup func(string) (string, bool)) []string {
	var full []string
	for _, v := range variables {
		if value, ok := lookup(v); ok && !strings.Contains(v, "=") {
			v += "=" + value
		}
		full = append(full, v)
	}
	return full
}

// envLines reads a file of variables. There is no quoting: the value is what follows the equals sign, to the end of the line.
func envLines(from, text string) ([]string, error) {
	var lines []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimLeftFunc(strings.TrimRight(line, "\r\n"), unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		if name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
			return nil, fmt.Errorf("%s: line %d: %q is no name: write NAME=VALUE", from, number, name)
		}
		lines = append(lines, line)
	}
	return lines, nil
}
