// This file starts a container: the only place where the order of storage, network and runtime is decided.
//
//	spawn the shim                  it starts up while we go on
//	lease an address, claim ports   the books
//	mount, etc                      steps, each with its inverse in the journal
//	the OCI spec                    now that the user can be looked up in the mounted files
//	announce it to the shim         it gets ready: cgroups, and what the container's first process is to do
//	the network namespace           steps, too
//	enter it                        the shim bears the container's first process, which makes its mounts
//	the network                     meanwhile, unless somebody wants to hear one step after the other
//	the shim makes the rest         told over its socket
//
// Whatever fails, everything before it is taken back.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/network"
)

// Start starts a container that was created or has ended.
func (e *Engine) Start(ctx context.Context, ref string, r StartRequest) (Result, error) {
	n, err := e.reopen(ref)
	if runs := (*alreadyRuns)(nil); errors.As(err, &runs) && !r.Attach {
		return Result{ID: runs.id}, nil // as it should be
	}
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: n.ID}
	n.size = r.Streams.firstSize()
	s, err := e.spawn(n.ID)
	r.Ready.wait()
	if err == nil {
		err = e.start(ctx, n, s, r.Listener, r.Attach)
	}
	err = errors.Join(err, e.forget(n.ID, err == nil))
	n.unlock()
	if err != nil {
		return result, err
	}
	if r.Started != nil {
		r.Started(n.ID)
	}
	if !r.Attach {
		return result, s.hangUp()
	}
	result.ExitCode, err = e.stay(ctx, n.Record, s, r.Streams)
	return result, err
}

// alreadyRuns is the error of starting what runs: of no weight to those who only want it to run.
type alreadyRuns struct{ id, name string }

func (e *alreadyRuns) Error() string {
	return fmt.Sprintf("container %s runs already: use attach to see what it does", e.name)
}

// forget removes what would tell a wrong story after a loss of power: the status of an earlier run when there is a new one, and
// the spec of a container that has never run (see status).
func (e *Engine) forget(id string, started bool) error {
	status := e.dir(id, wire.StatusFile)
	switch {
	case started:
		return (kernel.Remove{Path: status}).Do()
	case exists(status):
		return nil
	}
	return (kernel.Remove{Path: e.dir(id, configFile)}).Do()
}

// reopen locks a container that exists and does not run.
func (e *Engine) reopen(ref string) (*newborn, error) {
	found, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	record, unlock, err := e.lockContainer(found.ID)
	if err != nil {
		return nil, err
	}
	n := &newborn{Record: record, unlock: unlock}
	if err := e.readyToStart(n); err != nil {
		unlock()
		return nil, err
	}
	return n, nil
}

func (e *Engine) readyToStart(n *newborn) error {
	status, err := e.status(n.ID)
	if err != nil {
		return err
	}
	if status.Supervised() || status.State == wire.Running {
		return &alreadyRuns{n.ID, n.Name}
	}
	if err := e.settle(n.Record); err != nil { // what an earlier run may have left
		return err
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	n.image, err = store.Image(n.ImageID)
	n.oldCables = cablesOf(n.ID)
	return err
}

// start does everything up to the program's first instruction.
func (e *Engine) start(ctx context.Context, n *newborn, s *supervisor, l explain.Listener, attach bool) error {
	conn, err := e.connection(n, true)
	defer conn.published()
	if err != nil {
		return errors.Join(err, s.giveUp())
	}
	defer conn.unlock()
	if err := e.prepare(ctx, n, conn, s, l, attach); err != nil {
		return errors.Join(interrupted(ctx, err), e.releaseAddresses(conn.Sandbox))
	}
	return nil
}

// prepare makes the container's files and network, and lets the shim do the rest; if that fails, nothing of it stays.
func (e *Engine) prepare(ctx context.Context, n *newborn, conn connection, s *supervisor, l explain.Listener, attach bool) error {
	runner := &explain.Runner{Listener: explain.All(l, &n.story, quitWith(ctx))}
	if err := runner.Run(e.livePlan(n.ID)...); err != nil {
		return errors.Join(err, s.giveUp(), runner.Rollback())
	}
	if err := e.keepSandbox(conn.Sandbox); err != nil {
		return errors.Join(err, s.giveUp(), e.closeLive(n.ID))
	}
	journal, err := kernel.CreateJournal(e.live(n.ID, journalFile))
	if err != nil {
		return errors.Join(err, s.giveUp(), e.closeLive(n.ID))
	}
	defer journal.Close()
	runner = &explain.Runner{Listener: runner.Listener, Journal: journal}
	err = e.furnish(n, conn, runner)
	if err == nil {
		err = runner.Run(e.barePlan(n)...)
	}
	if err == nil {
		err = e.announce(n, s, l != nil, attach)
	}
	if err == nil {
		err = e.connect(n, conn, runner, s, l == nil)
	}
	if err == nil {
		err = e.begin(ctx, n, conn, s, l)
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, s.giveUp())
	if undoErr := runner.Rollback(); undoErr != nil {
		return errors.Join(err, undoErr) // the journal stays, for audit
	}
	return errors.Join(err, e.closeLive(n.ID))
}

// livePlan makes the directory that lives as long as the container runs. The journal is in it, so it is made before the first
// step that a journal could take back, and removed after the last is undone.
func (e *Engine) livePlan(id string) []explain.Step {
	return []explain.Step{explain.Say("Make the container's live directory",
		"what is known of a running container, and how to undo it, lies in memory: gone after a reboot", "03",
		kernel.EnsureDir{Path: filepath.Dir(e.live(id)), Mode: 0o711},
		kernel.EnsureDir{Path: filepath.Dir(e.netns(id)), Mode: 0o711},
		kernel.EnsureDir{Path: e.runtimeRoot(), Mode: 0o711},
		kernel.Mkdir{Path: e.live(id), Mode: 0o710}).Kept("there would be no place for the journal")}
}

// furnish makes the container's files, and with them its spec.
func (e *Engine) furnish(n *newborn, conn connection, runner *explain.Runner) error {
	etc, err := e.etc(n.Request, conn.Sandbox)
	if err != nil {
		return err
	}
	n.missing = missingSources(n.Request)
	if err := runner.Run(e.filesPlan(n, conn, etc)...); err != nil {
		return err
	}
	if err := e.mountOnHost(n, runner); err != nil {
		return err
	}
	account, err := FindAccount(e.files(n.ID).Merged, accountName(n), n.Request.Groups)
	if err != nil {
		return err
	}
	if n.spec, err = e.spec(n, account); err != nil {
		return err
	}
	return writeJSON(e.dir(n.ID, configFile), n.spec)
}

// announce tells the shim which container is its own.
func (e *Engine) announce(n *newborn, s *supervisor, tell, attach bool) error {
	b, err := e.birth(n, tell, attach)
	if err != nil {
		return err
	}
	return s.prepare(b)
}

// connect makes the container's network. Its first process may enter the namespace while that has no links yet, if nobody listens and it
// is not told to set parameters of the network: some belong to a link.
func (e *Engine) connect(n *newborn, conn connection, runner *explain.Runner, s *supervisor, silent bool) error {
	if err := runner.Run(e.namespacePlan(n, conn)...); err != nil {
		return err
	}
	if silent && len(n.Request.Network.Sysctls) == 0 {
		if err := s.enter(); err != nil {
			return err
		}
	}
	if err := runner.Run(e.linksPlan(n, conn)...); err != nil {
		return err
	}
	conn.unlock()
	return writeStory(e.live(n.ID, storyFile), n.story.Story)
}

// begin lets the program run.
func (e *Engine) begin(ctx context.Context, n *newborn, conn connection, s *supervisor, l explain.Listener) error {
	if err := e.emitUses(n.Record, conn.Sandbox, "connect", "mount"); err != nil {
		return err
	}
	if err := s.begin(ctx, l); err != nil {
		return errors.Join(err, e.emitUses(n.Record, conn.Sandbox, "disconnect", "unmount"))
	}
	return nil
}

// cablesOf lists the cables of a container that the kernel has not deleted yet.
func cablesOf(id string) []string {
	var cables []string
	for number := range 36 {
		name := network.VethName(id, number)
		if _, err := net.InterfaceByName(name); err != nil {
			break
		}
		cables = append(cables, name)
	}
	return cables
}

// filesPlan mounts the container's files, and writes those that it does not get from its image.
func (e *Engine) filesPlan(n *newborn, conn connection, etc etcFiles) []explain.Step {
	_, mount := e.storagePlan(n.ID, n.image, n.Request.AutoRemove)
	plan := append(e.remapFiles(n, mount), sourcesPlan(n.missing)...)
	if conn.Mode != network.ModeContainer {
		plan = append(plan, e.etcPlan(n.ID, etc)...)
	}
	return append(plan, e.shmPlan(n.ID, n.Request)...)
}

// namespacePlan makes what the container's links will need: its networks, and a namespace of its own.
func (e *Engine) namespacePlan(n *newborn, conn connection) []explain.Step {
	var plan []explain.Step
	for _, cable := range n.oldCables {
		plan = append(plan, explain.Say("Remove the cable of the last run",
			"the kernel does so by itself in its own time, and the new one needs its name now", "04",
			kernel.LinkDelete{Name: cable}).Kept("the new cable could not be laid"))
	}
	return slices.Concat(plan, conn.build, e.remapNetwork(n, network.NamespacePlan(conn.Sandbox)))
}

// linksPlan connects the namespace with the networks.
func (e *Engine) linksPlan(n *newborn, conn connection) []explain.Step {
	return slices.Concat(network.LinksPlan(conn.Sandbox), conn.names)
}
