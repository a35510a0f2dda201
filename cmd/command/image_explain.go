// This file is `glassbox image explain`: the stack of an image's layers, and what each does to those below it.
package command

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage"
)

func imageExplainCommand() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "draw the layers of an image: what each adds, changes and hides, and what is wasted",
		ArgsUsage: "IMAGE",
		UsageText: "glassbox image explain [flags] IMAGE\n\nglassbox image explain box",
		Flags:     []cli.Flag{flagText("format", "`FORMAT` text or json")},
		Action: func(c *cli.Context) error {
			e, asJSON, err := oneArgument(c)
			if err != nil {
				return err
			}
			img, layers, err := insideOf(e, c.Args().First())
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.App.Writer).Encode(layers)
			}
			drawLayers(c.App.Writer, img, layers)
			return nil
		},
	}
}

// oneArgument checks what commands have in common that tell of one image, as text or as JSON.
func oneArgument(c *cli.Context) (e *engine.Engine, asJSON bool, err error) {
	if err := exactly(c, 1); err != nil {
		return nil, false, err
	}
	if e, err = openAsRoot(c); err != nil {
		return nil, false, err
	}
	asJSON, err = wantsJSON(c)
	return e, asJSON, err
}

// insideOf unpacks what is missing, for an archive does not say what it hides.
func insideOf(e *engine.Engine, ref string) (storage.Image, []storage.LayerInside, error) {
	store, err := e.Store()
	if err != nil {
		return storage.Image{}, nil, err
	}
	img, err := store.Image(ref)
	if err == nil {
		err = store.CanUnpack(img)
	}
	if err != nil {
		return img, nil, err
	}
	if err := (&explain.Runner{}).Run(storage.UnpackPlan(img)...); err != nil {
		return img, nil, err
	}
	layers, err := storage.Inside(img)
	return img, layers, err
}

func drawLayers(w io.Writer, img storage.Image, layers []storage.LayerInside) {
	var all, wasted storage.Amount
	for _, l := range layers {
		all.Bytes += l.Adds.Bytes + l.Changes.Bytes
		wasted.Files += l.Wasted.Files
		wasted.Bytes += l.Wasted.Bytes
	}
	fmt.Fprintf(w, "%s  %s\nid %s, manifest %s\n\n", img.Name, count(len(layers), "layer"), img.ID, img.Digest)
	for i, l := range slices.Backward(layers) {
		drawLayer(w, i+1, l)
	}
	fmt.Fprintf(w, "%s unpacked, of which %s in %s are wasted: a layer above hides them, yet they are stored and sent\n",
		human(all.Bytes), human(wasted.Bytes), count(wasted.Files, "file"))
}

// drawLayer draws one box of the stack, the topmost layer first.
func drawLayer(w io.Writer, number int, l storage.LayerInside) {
	fmt.Fprintf(w, "┌─ layer %d  %s packed\n", number, human(l.Size))
	if l.CreatedBy != "" {
		fmt.Fprintf(w, "│  %s\n", l.CreatedBy)
	}
	fmt.Fprintf(w, "│  digest  %s\n│  diffID  %s\n│  chainID %s\n", l.Digest, l.DiffID, l.ChainID)
	fmt.Fprintf(w, "│  adds %s, changes %s, hides %s below\n", amount(l.Adds), amount(l.Changes), amount(l.Hides))
	for _, e := range l.Largest {
		fmt.Fprintf(w, "│    %s %8s  %s\n", e.Kind, human(e.Bytes), e.Path)
	}
	if l.Wasted.Files > 0 {
		fmt.Fprintf(w, "│  wasted: %s\n", amount(l.Wasted))
	}
	fmt.Fprintln(w, "└─")
}

func amount(a storage.Amount) string {
	return fmt.Sprintf("%s (%s)", count(a.Files, "file"), human(a.Bytes))
}

func human(n int64) string { return units.HumanSize(float64(n)) }
