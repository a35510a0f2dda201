// This file gives the container a terminal of its own. OCI process.terminal, process.consoleSize.
package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// terminalSteps open a pseudo-terminal of the container's own devpts, so that its name inside is true (/dev/pts/0), and send
// the other end to whoever supervises the container.
func terminalSteps(c Container) []explain.Step {
	if !c.Spec.Process.Terminal {
		return nil
	}
	return []explain.Step{Terminal(c.Spec.Process, c.Rootfs(), ownDev(c.Spec))}
}

// visitorsTerminal leaves the session to the program, which will lead it.
func visitorsTerminal(p *specs.Process) explain.Step {
	step := Terminal(p, "/", false)
	op := step.Ops[1].(kernel.OpenTerminal)
	op.Visitor = true
	step.Ops = []explain.Op{op}
	return step
}

// Terminal opens a terminal in the devpts below root; console also binds it to /dev/console.
func Terminal(p *specs.Process, root string, console bool) explain.Step {
	op := kernel.OpenTerminal{Root: root, Console: console}
	if p.ConsoleSize != nil {
		op.Rows, op.Columns = uint16(p.ConsoleSize.Height), uint16(p.ConsoleSize.Width)
	}
	return explain.Say("Open a terminal", "a shell wants a terminal; its keyboard end goes to the one who watches", "01",
		kernel.NewSession{}, op).Kept("the program would have no input and no output")
}
