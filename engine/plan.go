// This file tells the whole story of a container without making it: --dry-run, --script, golden files. The steps are those that
// Run carries out, in the same order; what only a run can know (the lease, the pid) is an example here.
package engine

import (
	"context"
	"maps"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/runtime/container"
	"glassbox/runtime/plan"
	"glassbox/storage"
)

// Plan returns every step of a run: the engine's, then the runtime's.
func (e *Engine) Plan(ctx context.Context, r Request) ([]explain.Step, error) {
	r, image, err := e.check(r)
	if err != nil {
		return nil, err
	}
	return e.plan(&newborn{Record: &Record{ID: e.newID(), Request: r}, image: image})
}

func (e *Engine) plan(n *newborn) ([]explain.Step, error) {
	n.missing = missingSources(n.Request)
	conn, err := e.connection(n, false)
	defer conn.published()
	if err != nil {
		return nil, err
	}
	etc, err := e.etc(n.Request, conn.Sandbox)
	if err != nil {
		return nil, err
	}
	account, err := accountIn(n.image, accountName(n), n.Request.Groups)
	if err != nil {
		return nil, err
	}
	spec, err := e.spec(n, account)
	if err != nil {
		return nil, err
	}
	inner, err := e.runtimePlan(n, spec)
	if err != nil {
		return nil, err
	}
	volumes, err := e.makeVolumesPlan(n.Request)
	if err != nil {
		return nil, err
	}
	mounts, err := e.mountPlan(n)
	if err != nil {
		return nil, err
	}
	return slices.Concat(e.createPlan(n.ID, n.image), volumes, e.livePlan(n.ID), e.filesPlan(n, conn, etc), mounts,
		e.namespacePlan(n, conn), e.linksPlan(n, conn), inner), nil
}

// runtimePlan looks at the host as the runtime would after our steps: then the three files of /etc are there, and what -v names.
func (e *Engine) runtimePlan(n *newborn, spec *specs.Spec) ([]explain.Step, error) {
	without, ours := *spec, map[string]plan.Kind{}
	for _, m := range etcMounts(e.live(n.ID)) {
		ours[m.Source] = plan.File
	}
	for _, dir := range n.missing {
		ours[dir] = plan.Dir
	}
	maps.Copy(ours, e.volumeKinds(n))
	ours[e.live(n.ID, "shm")] = plan.Dir
	without.Mounts = slices.DeleteFunc(slices.Clone(spec.Mounts), func(m specs.Mount) bool { return ours[m.Source] != plan.Absent })
	c, host, err := container.Describe(&without, container.Options{ID: n.ID, Bundle: e.dir(n.ID), Init: n.Request.Init})
	if err != nil {
		return nil, err
	}
	c.Spec = spec
	maps.Copy(host.Paths, ours)
	return plan.Whole(c, host), nil
}

// accountIn looks a user up before anything is mounted: in the topmost layer that has accounts.
func accountIn(image storage.Image, name string, groups []string) (Account, error) {
	for _, layer := range slices.Backward(image.Layers) {
		passwd, err := readInRoot(layer.Path, "/etc/passwd")
		if err != nil {
			return Account{}, err
		}
		if len(passwd) > 0 {
			return FindAccount(layer.Path, name, groups)
		}
	}
	return findAccount(name, groups, nil, nil)
}
