// This file gives containers their names and ids. Whoever makes the symbolic link ROOT/names/NAME has the name: symlink(2)
// refuses a second one, whatever else goes on at the same time.
package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
)

// NameTaken is the error of a name that another container has.
type NameTaken struct{ Name, Owner string }

func (e *NameTaken) Error() string {
	return fmt.Sprintf("the container name %q is in use by container %s: choose another one, or remove that one with 'glassbox rm %s'",
		e.Name, ShortID(e.Owner), e.Name)
}

// newID draws 32 random bytes, and puts the engine's mark among the twelve digits that everything of the container carries.
func (e *Engine) newID() string {
	var b [32]byte
	// crypto/rand never fails: where the kernel has no random numbers, the program ends.
	_, _ = rand.Read(b[:])
	id := hex.EncodeToString(b[:])
	return id[:markAt] + e.mark() + id[shortLen:]
}

// markAt is where in an id the mark begins, which ends with the short id.
const markAt = 8

// mark tells which engine of this machine has drawn an id: it is made of the directories that it keeps its books in. So what
// a crash leaves behind in the kernel has an owner, also when the books have not got it (yet, or any more).
func (e *Engine) mark() string {
	sum := sha256.Sum256([]byte(e.Root + "\x00" + e.State))
	return hex.EncodeToString(sum[:])[:shortLen-markAt]
}

// drew tells whether an id, or a short one, is one of this engine's.
func (e *Engine) drew(id string) bool {
	return len(id) >= shortLen && id[markAt:shortLen] == e.mark()
}

// checkName allows what Docker allows: [a-zA-Z0-9][a-zA-Z0-9_.-]+
func checkName(name string) error {
	for i, c := range []byte(name) {
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || c != '_' && c != '.' && c != '-') {
			return fmt.Errorf("the container name %q: only letters, digits, '_', '.' and '-' are allowed, the first a letter or digit", name)
		}
	}
	if len(name) < 2 {
		return fmt.Errorf("the container name %q: want at least two characters", name)
	}
	return nil
}

// checkFree finds what is wrong with a name that is asked for; an empty one will be drawn.
func (e *Engine) checkFree(name string) error {
	if name == "" {
		return nil
	}
	if err := checkName(name); err != nil {
		return err
	}
	if owner, err := os.Readlink(e.nameFile(name)); err == nil && exists(e.dir(owner)) {
		return &NameTaken{Name: name, Owner: owner}
	}
	return nil
}

// claimName gives the container the name that was asked for, or one that is drawn.
func (e *Engine) claimName(name, id string) (string, error) {
	if name != "" {
		return name, e.claim(name, id)
	}
	for tries := 0; ; tries++ {
		name = drawName()
		if tries > 3 { // with hundreds of containers, most pairs of words are taken
			name += "_" + id[:6]
		}
		err := e.claim(name, id)
		if taken := (*NameTaken)(nil); errors.As(err, &taken) && tries < 10 {
			continue
		}
		return name, err
	}
}

// claim makes the link. One that leads to a container which is gone was left behind by a command that was killed; it may be
// replaced, as nobody can be claiming or giving up a name at the same time.
func (e *Engine) claim(name, id string) error {
	unlock, err := lockDir(filepath.Join(e.Root, "names"))
	if err != nil {
		return err
	}
	defer unlock()
	owner, err := os.Readlink(e.nameFile(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("claim the name %s: %w", name, err)
	default:
		if _, err := os.Stat(e.dir(owner)); !errors.Is(err, fs.ErrNotExist) {
			return &NameTaken{Name: name, Owner: owner}
		}
		if err := os.Remove(e.nameFile(name)); err != nil {
			return fmt.Errorf("claim the name %s: %w", name, err)
		}
	}
	if err := os.Symlink(id, e.nameFile(name)); err != nil {
		return fmt.Errorf("claim the name %s: %w", name, err)
	}
	return nil
}

// disclaim gives a name up, if it is this container's.
func (e *Engine) disclaim(name, id string) error { return e.disclaimBy(os.Remove, name, id) }

// disclaimBy does away with the link in a way of the caller's.
func (e *Engine) disclaimBy(remove func(link string) error, name, id string) error {
	unlock, err := lockDir(filepath.Join(e.Root, "names"))
	if err != nil {
		return err
	}
	defer unlock()
	owner, err := os.Readlink(e.nameFile(name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && owner != id {
		return nil
	}
	if err == nil {
		err = remove(e.nameFile(name))
	}
	if err != nil {
		return fmt.Errorf("give up the name %s: %w", name, err)
	}
	return nil
}

func drawName() string { return pick(adjectives()) + "_" + pick(nouns()) }

func pick(words []string) string {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(len(words))))
	if err != nil {
		return words[0] // not reached: see newID
	}
	return words[n.Int64()]
}

func adjectives() []string {
	return []string{
		"amber", "ample", "brave", "brief", "bright", "brisk", "calm", "clear", "clever", "cosy", "crisp", "curious", "deep", "eager",
		"early", "fair", "fresh", "gentle", "glad", "golden", "grand", "handy", "happy", "honest", "humble", "keen", "kind", "light",
		"lively", "lucid", "merry", "mild", "modest", "neat", "nimble", "open", "patient", "plain", "polite", "proud", "quick",
		"quiet", "rapid", "ready", "round", "sharp", "shiny", "silent", "simple", "smooth", "snug", "solid", "sound", "steady",
		"sunny", "swift", "tidy", "vivid", "warm", "wise",
	}
}

func nouns() []string {
	return []string{
		"acorn", "anchor", "apple", "arch", "attic", "barrel", "basin", "beacon", "bell", "birch", "bottle", "bridge", "brook", "button",
		"cabin", "candle", "canoe", "castle", "cedar", "clock", "cloud", "comet", "copper", "coral", "crane", "delta", "dune", "engine",
		"falcon", "fern", "field", "forest", "garden", "glacier", "glass", "harbor", "heron", "island", "kettle", "ladder", "lagoon",
		"lantern", "maple", "marble", "meadow", "mirror", "mosaic", "ocean", "orchard", "otter", "pebble", "pine", "planet", "prism",
		"quartz", "raven", "reef", "river", "sail", "shore", "spruce", "summit", "tower", "valley", "willow", "window",
	}
}
