// This file is `glassbox image verify`: every digest of an image, computed again.
package command

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"glassbox/storage"
)

func imageVerifyCommand() *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "compute every digest of an image again: manifest, config, and of each layer digest, diffID and chainID",
		ArgsUsage: "IMAGE",
		UsageText: "glassbox image verify [flags] IMAGE\n\nglassbox image verify box",
		Flags:     []cli.Flag{flagText("format", "`FORMAT` text or json")},
		Action: func(c *cli.Context) error {
			if _, err := cargoOf(c); err != nil {
				return err
			}
			e, asJSON, err := oneArgument(c)
			if err != nil {
				return err
			}
			store, err := e.Store()
			if err != nil {
				return err
			}
			checks, err := store.Verify(c.Args().First())
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(c.App.Writer).Encode(checks)
			} else {
				printChecks(c.App.Writer, checks)
			}
			if err == nil {
				err = wrong(checks)
			}
			return err
		},
	}
}

// printChecks shows each digest with the command that gives it by hand.
func printChecks(w io.Writer, checks []storage.Check) {
	for _, check := range checks {
		verdict := "ok"
		if !check.OK() {
			verdict = "WRONG"
		}
		fmt.Fprintf(w, "%-5s  %s\n       %s\n", verdict, check.What, check.Want)
		if !check.OK() {
			fmt.Fprintf(w, "       but it is %s %s\n", check.Got, check.Error)
		}
		fmt.Fprintf(w, "       $ %s\n", check.Shell)
	}
}

func wrong(checks []storage.Check) error {
	bad := 0
	for _, check := range checks {
		if !check.OK() {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s are wrong: remove the image and fetch it again", bad, count(len(checks), "digest"))
}
