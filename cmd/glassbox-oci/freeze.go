// This file holds pause and resume.
package main

import "glassbox/runtime/container"

func pause(g global, args []string) (int, error) {
	return onContainer(g, "pause", args, (*container.Container).Pause)
}

func resume(g global, args []string) (int, error) {
	return onContainer(g, "resume", args, (*container.Container).Resume)
}

// onContainer is a command that takes an id and nothing else.
func onContainer(g global, name string, args []string, do func(*container.Container) error) (int, error) {
	id, _, err := containerFlags(newFlags(name, "ID"), args, 0)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, do(c)
}
