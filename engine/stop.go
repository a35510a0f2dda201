// This file ends containers, politely or not, and starts them again.
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

// forever is patience without end.
const forever = -1

// StopRequest says how to ask. The zero value: as the container was told when it was made, then SIGTERM and 10 seconds.
type StopRequest struct {
	Signal string
	Wait   *int // seconds; negative: for ever
}

// Stop sends the stop signal, waits, and sends SIGKILL if that was in vain. A container that does not run is stopped already.
func (e *Engine) Stop(ctx context.Context, ref string, request StopRequest) error {
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	signal, err := parseSignal(request.Signal, unix.Signal(r.StopSignal))
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
	if err := e.end(ctx, r, signal, r.Request.patience(request.Wait)); err != nil {
		return fmt.Errorf("stop container %s: %w", r.Name, err)
	}
	return e.emitContainer(r, "stop", nil)
}

// patience is how long the program may take to end: as long as is wished now, else what was asked for when the container was made.
func (r Request) patience(wish *int) time.Duration {
	seconds := defaultWait
	for _, w := range []*int{r.StopWait, wish} {
		if w != nil {
			seconds = *w
		}
	}
	return time.Duration(seconds) * time.Second
}

// Restart stops a container, if it runs, and starts it.
func (e *Engine) Restart(ctx context.Context, ref string, request StopRequest) error {
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	if err := e.Stop(ctx, r.ID, request); err != nil {
		return err
	}
	if _, err := e.Start(ctx, r.ID, StartRequest{}); err != nil {
		return err
	}
	return e.emitContainer(r, "restart", nil)
}

// end sends a signal and, when patience is over, SIGKILL; it returns when the container has ended and is cleaned up.
func (e *Engine) end(ctx context.Context, r *Record, signal unix.Signal, patience time.Duration) error {
	ended := make(chan error, 1)
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, err := e.await(waiting, r.ID)
		ended <- err
	}()
	if err := e.signalUnlessEnded(r, signal); err != nil {
		return err
	}
	var over <-chan time.Time
	if patience >= 0 {
		over = time.After(patience)
	}
	select {
	case err := <-ended:
		return errors.Join(err, e.Release(ctx, r.ID))
	case <-over:
	}
	if err := e.signalUnlessEnded(r, unix.SIGKILL); err != nil {
		return err
	}
	return errors.Join(<-ended, e.Release(ctx, r.ID))
}

// signalUnlessEnded takes it for success if there is nobody left to send a signal to.
func (e *Engine) signalUnlessEnded(r *Record, number unix.Signal) error {
	err := e.signal(r, number, true)
	if err == nil {
		return nil
	}
	if status, statusErr := e.status(r.ID); statusErr == nil && !status.Supervised() {
		return nil
	}
	return err
}

// Kill sends a signal, by name or number, to the first process of a container; empty: SIGKILL, whose effect it waits for, as Docker
// does: what is asked next of the container is then about one that has ended.
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
	if status.State != wire.Running && status.State != wire.Restarting {
		return fmt.Errorf("container %s is not running: there is nobody to send a signal to", r.Name)
	}
	if !status.Supervised() {
		if number == unix.SIGKILL {
			return e.Release(ctx, r.ID)
		}
		return unattended(r)
	}
	if number == unix.SIGKILL {
		err = e.end(ctx, r, number, forever)
	} else {
		err = e.signal(r, number, int(number) == r.StopSignal)
	}
	if err != nil {
		return fmt.Errorf("kill container %s: %w", r.Name, err)
	}
	return nil
}

// signal asks the shim to send one: the shim is the parent, so the process's number can not mean another one by then. After the
// last one, no policy starts the container again.
func (e *Engine) signal(r *Record, number unix.Signal, last bool) error {
	return e.ask(r.ID, wire.Signal, wire.Sign{Number: int(number), Last: last})
}

// ask sends a shim one frame and waits for its word of answer.
func (e *Engine) ask(id string, what wire.Kind, payload any) error {
	conn, err := wire.Dial(e.live(id))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SendJSON(what, payload); err != nil {
		return err
	}
	kind, answer, err := conn.Receive()
	if err != nil {
		return fmt.Errorf("wait for the shim's answer: %w", err)
	}
	if kind == wire.Failed {
		return failure(answer)
	}
	return nil
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
