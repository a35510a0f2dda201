// This file runs the hooks that belong on the host. Those inside are run by the stage.
package container

import (
	"errors"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

func (m *maker) runtimeHooks() error {
	return m.run.Run(plan.RuntimeHooks(m.c.Plan, m.child.PID)...)
}

// afterStart tells that the program runs. A hook that fails is the end of the container. OCI runtime.md, "Lifecycle", step 9.
func (c *Container) afterStart() error {
	run := explain.Runner{}
	if err := run.Run(plan.AfterStart(c.Plan, c.InitPID)...); err != nil {
		return errors.Join(err, c.Delete(true))
	}
	return nil
}

// afterEnd tells that the container is gone. Whoever is told so can not prevent it any more: failures are warnings.
func (c *Container) afterEnd() {
	run := explain.Runner{}
	for _, step := range plan.AfterEnd(c.Plan) {
		if err := run.Run(step); err != nil {
			c.warn(err.Error())
		}
	}
}

func (c *Container) warn(text string) {
	if c.Warn != nil {
		c.Warn(text)
	}
}
