// This file is the plan that makes an image of what a container has changed.
package storage

import (
	"fmt"
	"io"
	"time"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/storage/archive"
)

// CommitPlan packs a container's upper directory as a new layer on the draft's base, and names the image. merged is where the
// container's files are mounted. No file is younger than latest, if that is set.
func CommitPlan(d *Draft, upper, merged string, latest time.Time) []explain.Step {
	return []explain.Step{
		explain.Say("Pack what has changed as a layer", "upper holds the container's changes alone; deletions become files called .wh.NAME", "07",
			PackLayer{Upper: upper, Merged: merged, Latest: latest, draft: d}).Kept("there would be no image"),
		explain.Say("Write config and manifest", "the config adds the layer's diffID to those below, the manifest its digest; both go by hash", "07",
			WriteImage{draft: d}).Kept("nobody would find the layer"),
	}
}

// PackLayer is the op that makes a layer of an upper directory.
type PackLayer struct {
	Upper, Merged string
	Latest        time.Time
	draft         *Draft
}

func (p PackLayer) Do() error {
	err := p.draft.addLayer(func(w io.Writer) error {
		return archive.Diff(w, p.Upper, p.Merged, archive.PackOptions{Latest: p.Latest})
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", p.Upper, err)
	}
	return nil
}

func (p PackLayer) Call() string {
	return fmt.Sprintf("open(%q, O_RDONLY|O_DIRECTORY) … and every file in it\nrename(%q, %q)",
		p.Upper, p.draft.store.path("tmp", "blob…"), p.draft.store.path("blobs/sha256", "…"))
}

// Shell does the same for changes without deletions, which tar would pack as devices.
func (p PackLayer) Shell() string {
	pack := []string{"tar", "-C", p.Upper, "--sort=name", "--numeric-owner", "--xattrs"}
	if !p.Latest.IsZero() {
		pack = append(pack, fmt.Sprintf("--mtime=@%d", p.Latest.Unix()), "--clamp-mtime")
	}
	return kernel.Quote(append(pack, "-c", ".")...) + " | gzip > " + kernel.Quote(p.draft.store.path("tmp", "layer.tar.gz"))
}

// WriteImage is the op that makes a layer the topmost of a new image.
type WriteImage struct{ draft *Draft }

func (w WriteImage) Do() error {
	manifest, err := w.draft.finish()
	if err == nil {
		err = w.draft.store.name(manifest, w.draft.Name)
	}
	if err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	w.draft.named = true
	return nil
}

func (w WriteImage) Call() string {
	blobs := w.draft.store.path("blobs/sha256", "…")
	return fmt.Sprintf("write(%q, {\"rootfs\": {\"diff_ids\": […]}, \"history\": […]})\nwrite(%q, {\"config\": …, \"layers\": […]})\nrename(%q, %q) with %q",
		blobs, blobs, w.draft.store.path("tmp", "index.json…"), w.draft.store.path("index.json"), w.draft.Name)
}

func (w WriteImage) Shell() string {
	return kernel.Quote("umoci", "config", "--image", w.draft.store.root+":"+w.draft.Name, "--history.comment", w.draft.History.Comment)
}
