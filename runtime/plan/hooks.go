// This file runs the programs that the specification hooks into a container's life: they may finish its network, or tell
// somebody. OCI config, "POSIX-platform Hooks"; runtime.md, "Lifecycle".
//
//	prestart         on the host           its namespaces and mounts are there, pivot_root is not done
//	createRuntime    on the host           the same
//	createContainer  in its namespaces     the same; the host's files are still in sight
//	startContainer   in its namespaces     as its user, with its files, just before the program
//	poststart        on the host           the program runs
//	poststop         on the host           nothing of the container is left
package plan

import (
	"encoding/json"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// RuntimeHooks are for the runtime to run while the stage waits before pivot_root. pid is the stage's; 0: not known yet.
func RuntimeHooks(c Container, pid int) []explain.Step {
	h := c.Spec.Hooks
	if h == nil {
		return nil
	}
	state := hookState(c, specs.StateCreating, pid)
	//lint:ignore SA1019 deprecated, and still what Docker hands its network over by
	steps := hookSteps("Run the prestart hooks", "they see the new namespaces by the pid, and the host by their own", h.Prestart, c.Bundle, state)
	return append(steps, hookSteps("Run the createRuntime hooks", "they see the new namespaces by the pid, and the host by their own", h.CreateRuntime, c.Bundle, state)...)
}

func createContainerHooks(c Container, h Host) []explain.Step {
	if c.Spec.Hooks == nil {
		return nil
	}
	return hookSteps("Run the createContainer hooks", "they are in the new namespaces, and still find their programs on the host",
		c.Spec.Hooks.CreateContainer, c.Rootfs(), hookState(c, specs.StateCreating, h.Stage))
}

// StartHooks are the last to run before the program, and have its rights.
func StartHooks(c Container, h Host) []explain.Step {
	if c.Spec.Hooks == nil {
		return nil
	}
	return hookSteps("Run the startContainer hooks", "they prepare the container from inside, as ldconfig does",
		c.Spec.Hooks.StartContainer, "/", hookState(c, specs.StateCreated, h.Stage))
}

// AfterStart is for the runtime once the program runs.
func AfterStart(c Container, pid int) []explain.Step {
	if c.Spec.Hooks == nil {
		return nil
	}
	return hookSteps("Run the poststart hooks", "they are told that the program runs", c.Spec.Hooks.Poststart,
		c.Bundle, hookState(c, specs.StateRunning, pid))
}

// AfterEnd has a step for each hook: one that fails keeps no other from running.
func AfterEnd(c Container) []explain.Step {
	if c.Spec.Hooks == nil {
		return nil
	}
	var steps []explain.Step
	for i := range c.Spec.Hooks.Poststop {
		steps = append(steps, hookSteps("Run a poststop hook", "it is told that the container is gone", c.Spec.Hooks.Poststop[i:i+1],
			c.Bundle, hookState(c, specs.StateStopped, 0))...)
	}
	return steps
}

func hookSteps(title, why string, hooks []specs.Hook, dir, state string) []explain.Step {
	if len(hooks) == 0 {
		return nil
	}
	var ops []explain.Op
	for _, h := range hooks {
		op := kernel.RunHook{Path: h.Path, Args: h.Args, Env: h.Env, Dir: dir, Input: state}
		if h.Timeout != nil {
			op.Seconds = *h.Timeout
		}
		ops = append(ops, op)
	}
	return []explain.Step{explain.Say(title, why, "01", ops...)}
}

// hookState is what a hook reads from its standard input. A value of the specification's own types can not fail to be JSON; if
// one does, the hook is told why.
func hookState(c Container, status specs.ContainerState, pid int) string {
	data, err := json.Marshal(State(c, status, pid))
	if err != nil {
		return fmt.Sprintf("{\"error\": %q}", err.Error())
	}
	return string(data)
}

// State is the OCI state of a container.
func State(c Container, status specs.ContainerState, pid int) specs.State {
	return specs.State{Version: specs.Version, ID: c.ID, Status: status, Pid: pid, Bundle: c.Bundle, Annotations: c.Spec.Annotations}
}
