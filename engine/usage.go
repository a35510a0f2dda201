// This file measures what lies on the disk, for `glassbox system df`: each layer once, however many images have it.
package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/go-units"

	"glassbox/engine/shim/wire"
	"glassbox/storage"
)

// Usage is the room that one kind of thing takes.
type Usage struct {
	Kind                     string
	Total, Active            int
	Size, Reclaimable        int64
	ReclaimableShare, Detail string // for people: "(50%)"
}

// ImageUsage is what one image takes.
type ImageUsage struct {
	storage.Image
	Size, Shared int64
	Containers   int
}

// ContainerUsage is what one container has written.
type ContainerUsage struct {
	ID, Name, Image, State string
	Size                   int64
}

// DiskUsage is all of it, summed up in Rows.
type DiskUsage struct {
	Images     []ImageUsage
	Containers []ContainerUsage
	Volumes    []VolumeSummary
	VolumeSize map[string]int64
	Blobs      int64 // the archives that layers were unpacked from
	Rows       []Usage
}

// DiskUsage walks over everything.
func (e *Engine) DiskUsage(ctx context.Context) (*DiskUsage, error) {
	d := &DiskUsage{VolumeSize: map[string]int64{}}
	for _, measure := range []func(context.Context, *DiskUsage) error{e.measureImages, e.measureContainers, e.measureVolumes} {
		if err := measure(ctx, d); err != nil {
			return nil, fmt.Errorf("measure disk usage: %w", err)
		}
	}
	return d, nil
}

func (e *Engine) measureImages(ctx context.Context, d *DiskUsage) error {
	store, err := e.Store()
	if err != nil {
		return err
	}
	list, err := store.Images()
	if err != nil {
		return err
	}
	users, err := e.ImageUsers(ctx)
	if err != nil {
		return err
	}
	row := Usage{Kind: "Images"}
	counted := map[string]bool{}                            // by id: one that has several names is one image
	layers, active := map[string]int64{}, map[string]bool{} // by chainID: each once, however many images have it
	sizes, owners := store.Sizes(), storage.LayerOwners(list)
	for _, img := range list {
		u := ImageUsage{Image: img, Containers: users[img.ID.String()].Count()}
		if id := img.ID.String(); !counted[id] {
			counted[id] = true
			row.Total++
			row.Active += min(u.Containers, 1)
		}
		for _, l := range img.Layers {
			size, err := sizes.Layer(l)
			if err != nil {
				return err
			}
			chain := l.ChainID.String()
			u.Size += size
			if owners[chain] > 1 {
				u.Shared += size
			}
			layers[chain], active[chain] = size, active[chain] || u.Containers > 0
		}
		d.Images = append(d.Images, u)
	}
	for chain, size := range layers {
		row.Size += size
		if !active[chain] {
			row.Reclaimable += size
		}
	}
	d.Blobs, err = store.BlobBytes()
	row.Size += d.Blobs
	d.Rows = append(d.Rows, row.finished())
	return err
}

func (e *Engine) measureContainers(_ context.Context, d *DiskUsage) error {
	ids, err := e.ids()
	if err != nil {
		return err
	}
	row := Usage{Kind: "Containers", Total: len(ids)}
	for _, id := range ids {
		r, err := e.readRecord(id)
		if errors.As(err, new(*NotFound)) {
			continue // being made or removed at this moment
		}
		if err != nil {
			return err
		}
		status, err := e.status(id)
		if err != nil {
			return err
		}
		c := ContainerUsage{ID: id, Name: r.Name, Image: r.Request.Image, State: status.State, Size: treeSize(e.files(id).Upper)}
		row.Size += c.Size
		if status.State == wire.Running {
			row.Active++
		} else {
			row.Reclaimable += c.Size
		}
		d.Containers = append(d.Containers, c)
	}
	d.Rows = append(d.Rows, row.finished())
	return nil
}

func (e *Engine) measureVolumes(_ context.Context, d *DiskUsage) (err error) {
	if d.Volumes, err = e.Volumes(); err != nil {
		return err
	}
	row := Usage{Kind: "Local Volumes", Total: len(d.Volumes)}
	for _, v := range d.Volumes {
		size, err := e.VolumeSize(v.Name)
		if err != nil {
			return err
		}
		d.VolumeSize[v.Name] = size
		row.Size += size
		if len(v.Users) > 0 {
			row.Active++
		} else {
			row.Reclaimable += size
		}
	}
	d.Rows = append(d.Rows, row.finished(), Usage{Kind: "Build Cache"}.finished())
	return nil
}

func (u Usage) finished() Usage {
	u.Detail = units.HumanSize(float64(u.Reclaimable))
	if u.Size > 0 {
		u.ReclaimableShare = fmt.Sprintf("%d%%", u.Reclaimable*100/u.Size)
		u.Detail += " (" + u.ReclaimableShare + ")"
	}
	return u
}
