// This file drives the commands about images: images, image inspect, history, tag, rmi, image prune, system df and prune.
package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestImagesCommand(t *testing.T) {
	p := newPlace(t)
	p.must("tag", "box", "app:1")
	p.must("tag", "box", "app:2")
	if out := p.must("images", "app"); strings.Count(out, "\n") != 3 {
		t.Errorf("of one repository: %s", out)
	}
	if out := p.must("images", "-q", "--filter", "reference=a*:2"); strings.Count(out, "\n") != 1 {
		t.Errorf("by a pattern: %s", out)
	}
	if out := p.must("images", "-q", "--filter", "label=org.opencontainers.image.title=nothing"); out != "" {
		t.Errorf("by a label: %s", out)
	}
	if out := p.must("image", "ls", "--format", "json", "app:1"); !json.Valid([]byte(out)) || !strings.Contains(out, `"Tag":"1"`) {
		t.Errorf("as JSON: %s", out)
	}
	lacks(t, p.must("images", "--digests"), "DIGEST", "sha256:")
	if r := p.run("images", "--filter", "colour=red"); r.code != 125 {
		t.Errorf("an unknown filter: %s", r)
	}
	var found []struct {
		ID       string `json:"Id"`
		RepoTags []string
		RootFS   struct{ Layers []string }
	}
	if err := json.Unmarshal([]byte(p.must("image", "inspect", "app:1")), &found); err != nil {
		t.Fatal(err)
	}
	if strings.Join(found[0].RepoTags, " ") != "box:latest app:1 app:2" || len(found[0].RootFS.Layers) != 2 {
		t.Errorf("%+v", found)
	}
	if id := p.must("image", "inspect", "-f", "{{.Id}}", "box"); strings.TrimSpace(id) != found[0].ID {
		t.Errorf("%s is not %s", id, found[0].ID)
	}
	lacks(t, p.must("history", "box"), "IMAGE", "CREATED BY", "<missing>")
}

// What containers use stays; what nobody uses goes, with a word about how much that was.
func TestRemoveCommands(t *testing.T) {
	p := newPlace(t)
	p.must("tag", "box", "app:1")
	p.must("create", "--name", "user", "--network", "none", "app:1")
	id := strings.TrimSpace(p.must("images", "--no-trunc", "-q", "app"))
	if r := p.run("rmi", id); r.code != 1 || !strings.Contains(r.stderr, "image is being used by stopped container") {
		t.Errorf("%s", r)
	}
	lacks(t, p.must("rmi", "app:1"), "Untagged: app:1")
	lacks(t, p.must("rmi", "--dry-run", "-f", "box"), "Take the names away", "index.json")
	p.must("images", "box:latest")
	if out := p.finish(p.command("system", "prune"), nil); !strings.Contains(out.stdout, "Are you sure") || strings.Contains(p.must("ps", "-aq"), "\n") == false {
		t.Errorf("it did not wait for a yes: %s", out)
	}
	lacks(t, p.must("system", "prune", "-f"), "Deleted Containers:", "Total reclaimed space:")
	if out := p.must("ps", "-aq"); out != "" {
		t.Errorf("still there: %s", out)
	}
	lacks(t, p.must("audit"), "nothing is left behind")
}

// system df says what du says.
func TestSystemDf(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--rm", "--network", "none", "box", "true")
	p.must("tag", "box", "app:1")
	out := p.must("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Size}}")
	lacks(t, out, "Images 1 ")
	lacks(t, p.must("system", "df", "-v"), "SHARED SIZE", "app", "VOLUME NAME")
	var bytes int64
	for _, dir := range []string{"blobs", "layers"} {
		err := filepath.WalkDir(filepath.Join(p.root, dir), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				info, infoErr := d.Info()
				if infoErr != nil {
					return infoErr
				}
				bytes += info.Size()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	megabytes := regexp.MustCompile(`Images 1 (\d)\.\d+MB`).FindStringSubmatch(out)
	if megabytes == nil || megabytes[1] != string('0'+rune(bytes/1e6)) {
		t.Errorf("df says %s, the files have %d bytes", out, bytes)
	}
}

// The picture has what there is by its own ids, and nothing that is gone.
func TestSystemGraph(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--name", "con", "--network", "none", "-v", "kept:/data", "box", "true")
	image := strings.TrimSpace(p.must("images", "-q", "box"))
	id := strings.TrimSpace(p.must("ps", "-aq"))
	p.must("commit", "con", "made:1")
	made := strings.TrimSpace(p.must("images", "-q", "made"))
	picture := p.must("system", "graph")
	for _, want := range []string{`^graph TD;`, `image_` + image + ` -->\|"create \d.*"\| container_` + id + `;`, `container_` + id + ` -->\|"mount at /data \d.*"\| volume_kept;`,
		`container_` + id + ` -->\|"commit \d.*"\| image_` + made + `;`} {
		if !regexp.MustCompile(want).MatchString(picture) {
			t.Errorf("no %s in:\n%s", want, picture)
		}
	}
	p.must("rm", "con")
	if picture := p.must("system", "graph"); strings.Contains(picture, "volume_kept") || strings.Contains(picture, `"create`) {
		t.Errorf("the container is gone:\n%s", picture)
	}
}
