// This file is `glassbox look pressure --wait`: the kernel tells when something had to wait for too long.
package command

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"glassbox/kernel/look"
)

func awaitPressure(c *cli.Context, answer any) error {
	p, ok := answer.(look.Pressures)
	if !ok {
		return usageError{"look: --wait is for pressure alone", 1}
	}
	trigger, err := look.ParseTrigger(c.String("wait"))
	if err != nil {
		return usageError{"look pressure: --wait " + err.Error(), 1}
	}
	files := []string{p.File("memory"), p.File("io")}
	if trigger.Kind == "some" || !p.Whole { // that all of a machine waits for a processor has no meaning
		files = append(files, p.File("cpu"))
	}
	fired, after, err := trigger.Await(c.Duration("timeout"), files...)
	if err != nil {
		return err
	}
	if fired == "" {
		return fmt.Errorf("look pressure: %q has not come true within %v", trigger, c.Duration("timeout"))
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: %q came true after %v\n", fired, trigger, after.Round(time.Millisecond))
	return err
}
