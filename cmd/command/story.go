// This file makes the listeners that --explain, --step and --without ask for, and tells a plan that is not to be done.
package command

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/kernel"
)

// listenerFrom is nil when nobody wants to hear. The program's output stays on standard output, so the story goes to
// standard error.
func listenerFrom(ctx context.Context, c *cli.Context) (explain.Listener, error) {
	style, err := styleFor(c.String("explain"), os.Stderr)
	if err != nil {
		return nil, err
	}
	var tell, pause explain.Listener
	if c.String("explain") != "" || c.Bool("step") {
		tell = &explain.Print{W: os.Stderr, Style: style}
	}
	if c.Bool("step") {
		if pause, err = pauseOn(ctx, c.Bool("interactive")); err != nil {
			return nil, err
		}
	}
	return explain.All(explain.Without(c.StringSlice("without")), tell, pause), nil
}

// styleFor: colours are for terminals, and for those who have not said no (no-color.org).
func styleFor(format string, out *os.File) (explain.Style, error) {
	switch format {
	case "json":
		return explain.Style{JSON: true}, nil
	case "", "text":
		return explain.Style{Colour: term.IsTerminal(int(out.Fd())) && os.Getenv("NO_COLOR") == ""}, nil
	}
	return explain.Style{}, usageError{fmt.Sprintf("--explain=%s: there is text and json", format), 125}
}

// pauseOn asks on the terminal itself when standard input belongs to the program.
func pauseOn(ctx context.Context, stdinTaken bool) (explain.Listener, error) {
	in := os.Stdin
	if stdinTaken {
		tty, err := os.Open("/dev/tty")
		if err != nil {
			return nil, fmt.Errorf("--step with -i asks on the terminal: open /dev/tty: %w: leave -i or --step out", err)
		}
		in = tty
	}
	return &explain.Pause{In: bufio.NewReader(untilDone{ctx, in}), Out: os.Stderr, Shell: func(inside bool) error { return lookRound(in, inside) }}, nil
}

// checkWithout refuses --without for steps that the plan does not have, or that must stay.
func checkWithout(c *cli.Context, e *engine.Engine, r engine.Request) error {
	titles := c.StringSlice("without")
	if len(titles) == 0 {
		return nil
	}
	plan, err := e.Plan(c.Context, r)
	if err != nil {
		return err
	}
	return explain.CheckWithout(titles, plan)
}

// tellPlan prints what run would do.
func tellPlan(c *cli.Context, r engine.Request) error {
	style, err := styleFor(c.String("explain"), os.Stdout)
	if err != nil {
		return err
	}
	e, err := open(c)
	if err != nil {
		return err
	}
	plan, err := e.Plan(c.Context, r)
	if err != nil {
		return err
	}
	titles := c.StringSlice("without")
	if err := explain.CheckWithout(titles, plan); err != nil {
		return err
	}
	plan = without(plan, titles)
	inside := firstInside(plan)
	if c.Bool("script") {
		_, err := fmt.Fprint(c.App.Writer, explain.Script{About: commandLine(os.Args), Outside: plan[:inside], Inside: plan[inside:]})
		return err
	}
	tell := &explain.Print{W: c.App.Writer, Style: style}
	for i, step := range plan {
		tell.Hear(explain.Telling(step, i >= inside))
	}
	return nil
}

// tellOrDo tells a plan where the flags ask for no more (--dry-run, --script), else it has it done, and told if they ask for that.
func tellOrDo(c *cli.Context, plan func() ([]explain.Step, error), do func(story explain.Listener) error) error {
	if c.Bool("dry-run") || c.Bool("script") {
		steps, err := plan()
		if err != nil {
			return err
		}
		return tellSteps(c, steps)
	}
	story, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	return do(story)
}

// tellSteps prints a plan that is not to be carried out, as a story or as a script.
func tellSteps(c *cli.Context, plan []explain.Step) error {
	if c.Bool("script") {
		_, err := fmt.Fprint(c.App.Writer, explain.Script{About: commandLine(os.Args), Outside: plan})
		return err
	}
	style, err := styleFor(c.String("explain"), os.Stdout)
	if err != nil {
		return err
	}
	tell := &explain.Print{W: c.App.Writer, Style: style}
	for _, step := range plan {
		tell.Hear(explain.Telling(step, false))
	}
	return nil
}

func commandLine(words []string) string {
	return kernel.Quote(append([]string{"glassbox"}, words[1:]...)...)
}

func without(plan []explain.Step, titles []string) []explain.Step {
	return slices.DeleteFunc(plan, func(s explain.Step) bool {
		return slices.ContainsFunc(titles, func(t string) bool { return strings.EqualFold(t, s.Title) })
	})
}

// firstInside finds the border between the two halves of a plan: the last of what the host's half alone does.
func firstInside(plan []explain.Step) int {
	border := 0
	for i, step := range plan {
		for _, op := range step.Ops {
			switch op.(type) {
			case kernel.Clone, kernel.CgroupCreate, kernel.CgroupSet, kernel.CgroupDelegate, kernel.CgroupJoin, kernel.DeviceFilter:
				border = i + 1
			}
		}
	}
	return border
}
