// This file ends containers, politely or not.
package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// defaultWait is how many seconds a program has between the polite signal and SIGKILL.
const defaultWait = 10

// Stop sends the stop signal, waits, and sends SIGKILL if that was in vain. wait is in seconds; nil: as the container was
// told, then 10; negative: for ever. A container that does not run is stopped already.
func (e *Engine) Stop(ctx context.Context, ref string, wait *int) error {
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	status, err := e.status(r.ID)
	if err != nil || !status.Supervised() && status.State != wire.Running {
		return err
	}
	if !status.Supervised() {
		return e.Release(ctx, r.ID) // its shim was killed, and nobody is left to be polite to it
	}
	seconds := defaultWait
	if r.Request.StopWait != nil {
		seconds = *r.Request.StopWait
	}
	if wait != nil {
		seconds = *wait
	}
	if err := e.end(ctx, r.ID, unix.Signal(r.StopSignal), time.Duration(seconds)*time.Second); err != nil {
		return fmt.Errorf("stop container %s: %w", r.Name, err)
	}
	return nil
}

// end sends a signal and, when patience is over, SIGKILL; it returns when the container has ended and is cleaned up.
func (e *Engine) end(ctx context.Context, id string, signal unix.Signal, patience time.Duration) error {
	ended := make(chan error, 1)
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, err := e.await(waiting, id)
		ended <- err
	}()
	if err := e.signalUnlessEnded(id, signal); err != nil {
		return err
	}
	var over <-chan time.Time
	if patience >= 0 {
		over = time.After(patience)
	}
	select {
	case err := <-ended:
		return errors.Join(err, e.Release(ctx, id))
	case <-over:
	}
	if err := e.signalUnlessEnded(id, unix.SIGKILL); err != nil {
		return err
	}
	return errors.Join(<-ended, e.Release(ctx, id))
}

// signalUnlessEnded takes it for success if there is nobody left to send a signal to.
func (e *Engine) signalUnlessEnded(id string, number unix.Signal) error {
	err := e.signal(id, number)
	if err == nil {
		return nil
	}
	if status, statusErr := e.status(id); statusErr == nil && !status.Supervised() {
		return nil
	}
	return err
}

// Kill sends a signal, by name or number, to the first process of a container; empty: SIGKILL.
func (e *Engine) Kill(ctx context.Context, ref, signal string) error {
	number, err := parseSignal(signal, unix.SIGKILL)
	if err != nil {
		return err
	}
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	status, err := e.status(r.ID)
	if err != nil {
		return err
	}
	if status.State != wire.Running {
		return fmt.Errorf("container %s does not run: there is nobody to send a signal to", r.Name)
	}
	if err := e.signal(r.ID, number); err != nil {
		return fmt.Errorf("kill container %s: %w", r.Name, err)
	}
	return nil
}

// signal asks the shim to send one: the shim is the parent, so the process's number can not mean another one by then.
func (e *Engine) signal(id string, number unix.Signal) error {
	conn, err := wire.Dial(e.live(id))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SendJSON(wire.Signal, int(number)); err != nil {
		return err
	}
	kind, payload, err := conn.Receive()
	if err != nil {
		return fmt.Errorf("wait for the shim's answer: %w", err)
	}
	if kind == wire.Failed {
		return failure(payload)
	}
	return nil
}

// Wait returns the exit code of a container as soon as it has ended.
func (e *Engine) Wait(ctx context.Context, ref string) (exitCode int, err error) {
	r, err := e.find(ref)
	if err != nil {
		return 0, err
	}
	return e.await(ctx, r.ID)
}

func (e *Engine) await(ctx context.Context, id string) (int, error) {
	conn, err := wire.Dial(e.live(id))
	if err == nil {
		defer conn.Close()
		if err = conn.Send(wire.Wait, nil); err == nil {
			var code int
			if code, err = converse(ctx, conn, Streams{}); err == nil || ctx.Err() != nil {
				return code, err
			}
		}
	}
	// It ended while we tried, or has ended long ago, or nobody knows.
	status, statusErr := e.status(id)
	if statusErr != nil || status.Supervised() || status.State == wire.Running {
		return 0, errors.Join(err, statusErr)
	}
	return status.ExitCode, nil
}

// stopSignal is what the request says, else what the image says, else SIGTERM.
func stopSignal(r Request, image string) (number int, err error) {
	name := image
	if r.StopSignal != "" {
		name = r.StopSignal
	}
	signal, err := parseSignal(name, unix.SIGTERM)
	return int(signal), err
}

// parseSignal reads "TERM", "SIGTERM", "15"; empty is otherwise.
func parseSignal(text string, otherwise unix.Signal) (unix.Signal, error) {
	if text == "" {
		return otherwise, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= 64 {
		return unix.Signal(n), nil
	}
	name := "SIG" + strings.TrimPrefix(strings.ToUpper(text), "SIG")
	if n := unix.SignalNum(name); n != 0 {
		return n, nil
	}
	return 0, fmt.Errorf("signal %q: there is none of that name or number ('kill -l' lists them)", text)
}
