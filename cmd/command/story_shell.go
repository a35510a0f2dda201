// This file is the key "!" of --step: a shell between two steps, on the host or in the half-made container.
package command

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

// lookRound opens a shell and waits for its end.
func lookRound(in *os.File, inside bool) error {
	argv, err := shellToLook(inside)
	if err != nil {
		return err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, os.Stderr, os.Stderr
	err = kernel.WithGivenSlack(cmd.Run)
	if _, left := err.(*exec.ExitError); left {
		return nil // a shell ends with the code of its last command
	}
	return err
}

// shellToLook is the user's own shell outside. Inside it is sh: the root may be the container's already.
func shellToLook(inside bool) ([]string, error) {
	if !inside {
		if shell := os.Getenv("SHELL"); shell != "" {
			return []string{shell}, nil
		}
		return []string{"sh"}, nil
	}
	pid, err := findStage(os.Getpid())
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "     in the namespaces of process %d; 'exit' comes back\n", pid)
	// Not into the PID namespace: the shell could not hand the terminal back to a process that it does not see.
	return []string{"nsenter", "--target", strconv.Itoa(pid), "-m", "-u", "-i", "-n", "-C", "--root", "--wd", "sh"}, nil
}

// findStage finds the process that carries out the inner half, among the descendants of pid.
func findStage(pid int) (int, error) {
	family, err := look.Children(pid)
	for i := 0; i < len(family) && err == nil; i++ {
		title, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", family[i]))
		if readErr == nil && bytes.HasPrefix(title, []byte("glassbox: stage")) {
			return family[i], nil
		}
		var children []int
		children, err = look.Children(family[i])
		family = append(family, children...)
	}
	if err == nil {
		err = errors.New("the process in the new namespaces is not there any more")
	}
	return 0, err
}
