// This file removes an image while containers are made of it: each container that was made can be started, whoever was first.
package test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// exportBox makes an archive that import takes, of box's files.
func exportBox(p place) (archive string) {
	archive = filepath.Join(p.t.TempDir(), "box.tar")
	p.must("create", "--name", "source", "--network", "none", "box", "true")
	p.must("export", "-o", archive, "source")
	p.must("rm", "source")
	return archive
}

func TestRemoveRacesCreate(t *testing.T) {
	p := newPlace(t)
	archive := exportBox(p)
	for range 30 {
		p.must("import", archive, "racy")
		var created [4]result
		var group sync.WaitGroup
		for i := range created {
			group.Go(func() { created[i] = p.run("create", "--pull", "never", "--network", "none", "racy", "true") })
		}
		group.Go(func() { p.run("rmi", "-f", "racy") })
		group.Go(func() { p.run("image", "prune", "-a", "-f") })
		group.Wait()
		for _, c := range created {
			id := strings.TrimSpace(c.stdout)
			if c.code != 0 {
				if !strings.Contains(c.stderr, "racy") || id != "" {
					t.Errorf("not made for another reason than that the image was gone: %s", c)
				}
				continue
			}
			if r := p.run("start", "-a", id); r.code != 0 {
				t.Errorf("made and can not be started: %s", r)
			}
			p.must("rm", id)
		}
		p.run("rmi", "-f", "racy")
	}
	p.must("image", "prune", "-f")
	lacks(t, p.must("audit"), "nothing is left behind")
}
