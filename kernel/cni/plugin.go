// This file runs one plugin: a program that is told by its environment what to do, reads JSON and writes JSON.
// https://www.cni.dev/docs/spec/#section-2-execution-protocol
package cni

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"glassbox/kernel"
)

// path lists where the plugins are: Debian's place, then that of everybody else.
func path() []string {
	if dirs := os.Getenv("CNI_PATH"); dirs != "" {
		return filepath.SplitList(dirs)
	}
	return []string{"/usr/lib/cni", "/opt/cni/bin"}
}

// find is the program of a plugin.
func find(name string) (string, error) {
	if !isName(name) {
		return "", fmt.Errorf("%q is no name of a plugin", name)
	}
	for _, dir := range path() {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
	}
	return "", fmt.Errorf("failed to find plugin %q in %s", name, strings.Join(path(), " and "))
}

// ask runs a plugin and returns its answer. A plugin that takes something back has none.
func (a Add) ask(command string, l configList, c config, before json.RawMessage) (json.RawMessage, error) {
	program, err := find(c.kind())
	if err != nil {
		return nil, err
	}
	input, err := l.input(c, before, a.Ports)
	if err != nil {
		return nil, err
	}
	run := exec.Command(program)
	run.Env = append(os.Environ(), "CNI_COMMAND="+command, "CNI_CONTAINERID="+a.Container, "CNI_NETNS="+a.Netns, "CNI_ARGS=",
		"CNI_IFNAME="+a.Link, "CNI_PATH="+strings.Join(path(), ":"))
	var answer, complaint bytes.Buffer
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(input), &answer, &complaint
	if err := kernel.WithGivenSlack(run.Run); err != nil {
		return nil, fmt.Errorf("the plugin %s: %w", c.kind(), refusal(err, answer.Bytes(), complaint.String()))
	}
	if command == "ADD" && !json.Valid(answer.Bytes()) {
		return nil, fmt.Errorf("the plugin %s answers %q, which is no JSON", c.kind(), answer.String())
	}
	return answer.Bytes(), nil
}

// refusal is why a plugin failed: in JSON on its output, as the specification wants it, or in any words.
func refusal(err error, answer []byte, complaint string) error {
	var said struct{ Msg, Details string }
	if json.Unmarshal(answer, &said) == nil && said.Msg != "" {
		if said.Details != "" {
			said.Msg += "; " + said.Details
		}
		return errors.New(said.Msg)
	}
	if text := strings.TrimSpace(complaint + string(answer)); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}
