// This file is `glassbox image inspect`: all that is known of images, as JSON in Docker's words, or a template's choice of it.
package main

import (
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/urfave/cli/v2"

	"glassbox/storage"
)

func imageInspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about images",
		ArgsUsage: "IMAGE…",
		UsageText: "glassbox image inspect [flags] IMAGE…\n\nglassbox image inspect -f '{{.RootFS.Layers}}' box",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
		Action:    imageInspect,
	}
}

// imageDetails is Docker's description of an image; GraphDriver's Data tells where the layers lie.
type imageDetails struct {
	ID           string `json:"Id"`
	RepoTags     []string
	RepoDigests  []string
	Created      string `json:",omitempty"`
	Author       string `json:",omitempty"`
	Config       v1.Config
	Architecture string
	Variant      string `json:",omitempty"`
	Os           string
	Size         int64
	GraphDriver  graphDriver
	RootFS       rootFS
	Descriptor   v1.Descriptor
}

type graphDriver struct {
	Name string
	Data map[string]string
}

type rootFS struct {
	Type   string
	Layers []string
}

func imageInspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	store, err := storage.Open(c.String("root"))
	if err != nil {
		return err
	}
	return printEach(c, func(ref string) (any, error) { return detailsOf(store, ref) })
}

func detailsOf(store *storage.Store, ref string) (*imageDetails, error) {
	img, err := store.Image(ref)
	if err != nil {
		return nil, err
	}
	size, err := store.Sizes().Image(img)
	if err != nil {
		return nil, err
	}
	names, err := store.Names(img.ID)
	if err != nil {
		return nil, err
	}
	d := &imageDetails{
		ID: img.ID.String(), RepoTags: []string{}, RepoDigests: []string{}, Author: img.Config.Author, Config: img.Config.Config,
		Architecture: img.Config.Architecture, Variant: img.Config.Variant, Os: img.Config.OS, Size: size,
		GraphDriver: graphDriver{"overlay2", folders(img)}, RootFS: rootFS{Type: "layers"},
		Descriptor: v1.Descriptor{MediaType: img.MediaType, Digest: img.Digest, Size: img.ManifestSize},
	}
	if !img.Config.Created.IsZero() {
		d.Created = img.Config.Created.Format(time.RFC3339Nano)
	}
	for _, l := range img.Layers {
		d.RootFS.Layers = append(d.RootFS.Layers, l.DiffID.String())
	}
	for _, n := range names {
		if n.Name != "" {
			d.RepoTags = append(d.RepoTags, n.Name)
		}
		if n.Family != "" {
			d.RepoDigests = append(d.RepoDigests, n.Family+"@"+n.Remote.String())
		}
	}
	return d, nil
}

// folders are those that a container of the image stacks: the topmost layer is the upper one.
func folders(img storage.Image) map[string]string {
	var paths []string
	for _, l := range img.Layers {
		paths = append([]string{l.Path}, paths...)
	}
	if len(paths) == 0 {
		return map[string]string{}
	}
	return map[string]string{"UpperDir": paths[0], "LowerDir": strings.Join(paths[1:], ":")}
}
