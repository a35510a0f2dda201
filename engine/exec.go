// This file runs a further program in a running container.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/kernel/quickjson"
)

// Exec starts a program and, unless it is detached, stays until it has ended. The shim starts it, and is its parent.
func (e *Engine) Exec(ctx context.Context, ref string, r ExecRequest) (exitCode int, err error) {
	record, err := e.find(ref)
	if err != nil {
		return 0, err
	}
	status, err := e.status(record.ID)
	if err != nil {
		return 0, err
	}
	if err := canJoin(record, status); err != nil {
		return 0, err
	}
	process, err := e.execProcess(record, r)
	if err != nil {
		return 0, err
	}
	conn, err := wire.Dial(e.live(record.ID))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	id := e.newID()
	if err := e.emitExec(record, id, r.Command, "exec_create", "exec_start"); err != nil {
		return 0, err
	}
	if err := beginExec(conn, wire.Program{ID: id, Process: process, Stdin: r.Streams.Stdin != nil, Detach: r.Detach}); err != nil {
		return 0, err
	}
	if r.Started != nil {
		r.Started()
	}
	if r.Detach {
		return 0, nil
	}
	return converse(ctx, conn, r.Streams)
}

func (e *Engine) emitExec(r *Record, id string, command []string, actions ...string) error {
	for _, action := range actions {
		err := e.emitContainer(r, action+": "+strings.Join(command, " "), map[string]string{"execID": id})
		if err != nil {
			return err
		}
	}
	return nil
}

// canJoin refuses a further program or client where there is nobody to join.
func canJoin(r *Record, s wire.Status) error {
	switch {
	case s.State == wire.Restarting:
		return fmt.Errorf("container %s is restarting, wait until the container is running", r.Name)
	case s.State == wire.Running && s.Shim == 0:
		return unattended(r)
	case s.State != wire.Running:
		return fmt.Errorf("container %s is not running: start it first", r.Name)
	case s.Paused:
		return fmt.Errorf("container %s is paused, unpause the container before exec or attach", r.Name)
	}
	return nil
}

func beginExec(conn *wire.Conn, p wire.Program) error {
	if err := conn.SendJSON(wire.Exec, p); err != nil {
		return fmt.Errorf("tell the shim what to execute: %w", err)
	}
	kind, payload, err := conn.Receive()
	switch {
	case err != nil:
		return fmt.Errorf("wait for the program to start: %w", err)
	case kind == wire.Failed:
		return unstarted(failure(payload))
	case kind != wire.Started:
		return fmt.Errorf("wait for the program to start: the shim sent a frame %q", kind)
	}
	return nil
}

// unstarted: of a program in a container that runs, Docker says 126 for whatever keeps it from starting.
func unstarted(err error) error {
	var f *wire.Failure
	if errors.As(err, &f) && f.Code == 125 {
		f.Code = 126
	}
	return err
}

func (e *Engine) execProcess(record *Record, r ExecRequest) (_ *specs.Process, err error) {
	var spec struct{ Process *specs.Process } // what else there is takes a while to read
	if err := e.readSpec(record.ID, &spec); err != nil {
		return nil, err
	}
	account := accountOf(spec.Process)
	if r.User != "" {
		if account, err = FindAccount(e.files(record.ID).Merged, r.User, nil); err != nil {
			return nil, &wire.Failure{Code: 126, Message: err.Error()}
		}
	}
	var all []string
	if r.Privileged {
		all = hostCapabilities()
	}
	process := ExecProcess(spec.Process, r, account, all)
	process.ConsoleSize = r.Streams.firstSize()
	return process, nil
}

// accountOf is the user that a container's first program runs as.
func accountOf(first *specs.Process) Account {
	account := Account{User: first.User, Home: "/"}
	for _, v := range first.Env {
		if home, ok := strings.CutPrefix(v, "HOME="); ok {
			account.Home = home
		}
	}
	return account
}

// readSpec reads a container's OCI spec, or those fields of it that into has.
func (e *Engine) readSpec(id string, into any) error {
	data, err := os.ReadFile(e.dir(id, configFile))
	if err == nil {
		err = quickjson.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("read the OCI spec of %s: %w", ShortID(id), err)
	}
	return nil
}
