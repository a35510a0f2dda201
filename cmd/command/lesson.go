// This file is glassbox lesson: the course in the terminal.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"glassbox/lessons"
)

func lessonCommand() *cli.Command {
	return &cli.Command{
		Name:      "lesson",
		Usage:     "the course: take a lesson, or list them",
		ArgsUsage: "[LESSON]",
		UsageText: "glassbox lesson [LESSON]\n\nglassbox lesson 01",
		Description: "Without an argument it lists the lessons. With one (01, namespaces) it takes you through it in a shell that\n" +
			"plays the host. Everything a lesson makes is taken back when it ends.",
		Action: takeLesson,
		Subcommands: []*cli.Command{
			{
				Name: "check", Usage: "play lessons unattended and judge every block and check", ArgsUsage: "[LESSON…]",
				UsageText: "glassbox lesson check [flags] [LESSON…]\n\nglassbox lesson check --verbose 01 cgroups",
				Flags: []cli.Flag{
					&cli.BoolFlag{Name: "all", Usage: "every lesson (also meant when none is named)"},
					&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show all output and evidence"},
					&cli.DurationFlag{Name: "limit", Value: 2 * time.Minute, Usage: "the time that one lesson may take"},
				},
				Action: checkLessons,
			},
			{
				Name: "show", Usage: "print a lesson", ArgsUsage: "LESSON",
				UsageText: "glassbox lesson show [flags] LESSON\n\nglassbox lesson show 03",
				Flags:     []cli.Flag{&cli.BoolFlag{Name: "raw", Usage: "as the Markdown that it is"}},
				Action:    showLesson,
			},
			{Name: "reset", Usage: "forget what was passed", ArgsUsage: "[LESSON…]",
				UsageText: "glassbox lesson reset [LESSON…]\n\nglassbox lesson reset 01", Action: resetLessons},
			sheetCommand(),
		},
	}
}

// named finds the lessons that the arguments name; all of them if there is none.
func named(c *cli.Context) ([]lessons.Lesson, error) {
	course, err := lessons.Course()
	if err != nil || c.NArg() == 0 {
		return course, err
	}
	var found []lessons.Lesson
	for _, word := range c.Args().Slice() {
		l, err := lessons.Find(course, word)
		if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	return found, nil
}

func loadProgress() (*lessons.Progress, error) {
	path, err := lessons.ProgressPath()
	if err != nil {
		return nil, err
	}
	return lessons.LoadProgress(path)
}

// colourful tells whether standard output is a terminal whose user has not asked for plain text (no-color.org).
func colourful() bool {
	return os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(os.Stdout.Fd()))
}

// textWidth is how wide prose may be: the terminal, but no more than reads well.
func textWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || width <= 0 {
		return 96
	}
	return min(width, 96)
}

func takeLesson(c *cli.Context) error {
	progress, err := loadProgress()
	if err != nil {
		return err
	}
	found, err := named(c)
	if err != nil {
		return err
	}
	if c.NArg() == 0 {
		return listLessons(c, found, progress)
	}
	ctx, stop := signal.NotifyContext(c.Context, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	return walk(ctx, found[0], progress)
}

func listLessons(c *cli.Context, course []lessons.Lesson, progress *lessons.Progress) error {
	width := 0
	for _, l := range course {
		width = max(width, len(l.Title))
	}
	for _, l := range course {
		fmt.Fprintf(c.App.Writer, "  %s  %-*s  %s  %d/%d checks passed\n", l.Number, width, l.Title, l.Time, progress.Count(l), len(l.Checks()))
	}
	fmt.Fprintf(c.App.Writer, "\nTake one with: sudo glassbox lesson %s\n", course[0].Number)
	return nil
}

func walk(ctx context.Context, l lessons.Lesson, progress *lessons.Progress) error {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, unix.SIGINT)
	defer signal.Stop(interrupts)
	w := lessons.Walk{In: os.Stdin, Out: os.Stdout, Colour: colourful(), Width: textWidth(), Progress: progress, Interrupts: interrupts}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("open the terminal: %w", err)
		}
		defer terminal.Close()
		w.Terminal = terminal
	}
	return w.Start(ctx, l)
}

// errLessons is what a failing check ends with; the report has said the rest.
var errLessons = errors.New("not every lesson passed")

func checkLessons(c *cli.Context) error {
	found, err := named(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	v := lessons.Verifier{Out: c.App.Writer, Verbose: c.Bool("verbose"), Colour: colourful(), MustRun: lessons.MustRun(), Limit: c.Duration("limit")}
	report := v.Verify(ctx, found)
	fmt.Fprintln(c.App.Writer, report)
	if report.Failed > 0 {
		return errLessons
	}
	return nil
}

func showLesson(c *cli.Context) error {
	if c.NArg() == 0 {
		return errors.New("lesson show: which one? glassbox lesson lists them")
	}
	found, err := named(c)
	if err != nil {
		return err
	}
	for _, l := range found {
		text := l.Raw
		if !c.Bool("raw") {
			text = lessons.Render(l, textWidth(), colourful())
		}
		fmt.Fprint(c.App.Writer, text)
	}
	return nil
}

func resetLessons(c *cli.Context) error {
	progress, err := loadProgress()
	if err != nil {
		return err
	}
	found, err := named(c)
	if err != nil {
		return err
	}
	return progress.Reset(found...)
}
