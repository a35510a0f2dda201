// This file asks the engine for the names of what there is: containers, images, networks, volumes.
package command

import (
	"context"
	"strings"

	"glassbox/engine"
)

// nameKind is a kind of thing that has a name.
type nameKind int

const (
	noName nameKind = iota
	nameOfContainer
	nameOfRunning
	nameOfImage
	nameOfNetwork
	nameOfVolume
)

func namesOf(ctx context.Context, e *engine.Engine, k nameKind) ([]candidate, error) {
	switch k {
	case nameOfContainer, nameOfRunning:
		return containerNames(ctx, e, k == nameOfContainer)
	case nameOfImage:
		return imageNames(e)
	case nameOfNetwork:
		return listNetworkNames(e)
	case nameOfVolume:
		return volumeNames(e)
	}
	return nil, nil
}

func containerNames(ctx context.Context, e *engine.Engine, all bool) ([]candidate, error) {
	list, err := e.List(ctx, engine.ListRequest{All: all})
	var found []candidate
	for _, c := range list {
		found = append(found, candidate{strings.TrimPrefix(c.Names[0], "/"), c.Status})
	}
	return found, err
}

func imageNames(e *engine.Engine) ([]candidate, error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	list, err := store.Images()
	var found []candidate
	for _, i := range list {
		if i.Name != "" {
			found = append(found, candidate{strings.TrimSuffix(i.Name, ":latest"), i.ID.Hex[:12]})
		}
	}
	return found, err
}

func listNetworkNames(e *engine.Engine) ([]candidate, error) {
	list, err := e.Networks()
	var found []candidate
	for _, n := range list {
		found = append(found, candidate{n.Name, n.Driver})
	}
	return found, err
}

func volumeNames(e *engine.Engine) ([]candidate, error) {
	list, err := e.Volumes()
	var found []candidate
	for _, v := range list {
		found = append(found, candidate{v.Name, v.Driver})
	}
	return found, err
}
