// This file reads the flags of run that are notes: --label, --label-file, --annotation.
package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

// labels: a later flag wins, and --label wins over any file.
func labels(c *cli.Context, r *engine.Request) error {
	r.Labels = map[string]string{}
	for _, file := range c.StringSlice("label-file") {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--label-file: %w", err)
		}
		lines, err := envLines("--label-file "+file, string(text))
		if err != nil {
			return err
		}
		addLabels(r.Labels, lines)
	}
	for _, l := range c.StringSlice("label") {
		if l == "" || l[0] == '=' {
			return fmt.Errorf("--label %q: a label has a name: NAME=VALUE", l)
		}
	}
	addLabels(r.Labels, c.StringSlice("label"))
	return nil
}

func addLabels(to map[string]string, lines []string) {
	for _, l := range lines {
		name, value, _ := strings.Cut(l, "=")
		to[name] = value
	}
}

func annotations(c *cli.Context, r *engine.Request) error {
	for _, a := range c.StringSlice("annotation") {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" || value == "" {
			return fmt.Errorf("--annotation %q: write NAME=VALUE", a)
		}
		if r.Annotations == nil {
			r.Annotations = map[string]string{}
		}
		r.Annotations[name] = value
	}
	return nil
}
