// This file is `glassbox doctor`: what this kernel can do, and the command that mends what it can not. The checks themselves are in
// the other files doctor_….go.
package command

import (
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"glassbox/kernel/look"
)

// The states of a finding.
const (
	fine     = "ok"
	degraded = "degraded" // it works, with less
	missing  = "missing"
)

// finding is what a check has found.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"`
	Found  string `json:"found"`
	Lost   string `json:"lost,omitempty"`   // what does not work without it
	Remedy string `json:"remedy,omitempty"` // a command, or what to do
}

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "check what this kernel can do, and say how to mend it",
		UsageText: "glassbox doctor [flags]\n\nsudo glassbox doctor",
		Flags:     []cli.Flag{flagSwitch("json", "for programs")},
		Action:    doctor,
	}
}

// doctor ends with code 1 if something is missing; what is degraded is no reason.
func doctor(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	var findings []finding
	lacking := 0
	for _, check := range checks(c.String("root")) {
		f := check.look()
		f.Check = check.name
		if f.State == missing {
			lacking++
		}
		findings = append(findings, f)
	}
	if err := printFindings(c, findings); err != nil {
		return err
	}
	if lacking > 0 {
		return fmt.Errorf("%s missing here: the last column says how to mend that", count(lacking, "thing"))
	}
	return nil
}

func printFindings(c *cli.Context, findings []finding) error {
	if c.Bool("json") {
		encoder := json.NewEncoder(c.App.Writer)
		encoder.SetIndent("", "    ")
		return encoder.Encode(findings)
	}
	table := look.NewTable(c.App.Writer, "CHECK", "STATE", "FOUND", "WHAT IS LOST", "TO MEND IT")
	for _, f := range findings {
		table.Row(f.Check, f.State, f.Found, f.Lost, f.Remedy)
	}
	return table.Close()
}
