// This file holds the plans that make and remove volumes, and what may be asked of them.
package volume

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"glassbox/explain"
	"glassbox/kernel"
)

// CreatePlan makes a volume's directories. leftover: a killed command has left the directory half made.
func (s Store) CreatePlan(v Volume, leftover bool) ([]explain.Step, error) {
	meta, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("describe volume %s: %w", v.Name, err)
	}
	ops := []explain.Op{kernel.EnsureDir{Path: s.Dir, Mode: 0o711}}
	if leftover {
		ops = append(ops, kernel.RemoveTree{Path: s.dir(v.Name)})
	}
	return []explain.Step{explain.Say("Make volume "+short(v.Name),
		"a directory with a name, outside of every container: it stays when they go", "10", append(ops,
			kernel.Mkdir{Path: s.dir(v.Name), Mode: 0o701},
			kernel.Mkdir{Path: s.Data(v.Name), Mode: 0o755},
			kernel.ReplaceFile{Path: s.meta(v.Name), Content: string(meta) + "\n", Mode: 0o600})...).
		Kept("there would be nothing to mount")}, nil
}

// RemovePlan removes a volume with its data. What is mounted on it is not its data, and is unmounted first.
func (s Store) RemovePlan(name string, mounted bool) []explain.Step {
	ops := []explain.Op{kernel.Remove{Path: s.meta(name)}, kernel.RemoveTree{Path: s.dir(name)}}
	if mounted {
		ops = append([]explain.Op{kernel.Unmount{Target: s.Data(name)}}, ops...)
	}
	return []explain.Step{explain.Say("Remove volume "+short(name), "its files are gone for good: no container uses it", "10", ops...)}
}

// short cuts the name of an anonymous volume to what fits a title.
func short(name string) string {
	if len(name) > 24 {
		return name[:12]
	}
	return name
}

// CheckName allows what Docker allows: [a-zA-Z0-9][a-zA-Z0-9_.-]+
func CheckName(name string) error {
	for i, c := range []byte(name) {
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || !strings.ContainsRune("_.-", rune(c))) {
			return fmt.Errorf("%q includes invalid characters for a local volume name: only letters, digits, '_', '.' and '-' are allowed, the first a letter or digit; a directory of the host needs an absolute path", name)
		}
	}
	if len(name) < 2 || len(name) > 255 {
		return fmt.Errorf("volume name %q is too short or too long: want 2 to 255 characters", name)
	}
	return nil
}

// CheckOptions says what is wrong with the options of the driver local.
func CheckOptions(driver string, options map[string]string) error {
	if driver != Driver {
		return fmt.Errorf("volume driver %q is not there: the only one is %q", driver, Driver)
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if !slices.Contains([]string{"type", "device", "o"}, name) {
			return fmt.Errorf("invalid option: %q: the driver local knows type, device and o", name)
		}
	}
	for _, name := range []string{"type", "device"} {
		if len(options) > 0 && options[name] == "" {
			return fmt.Errorf("missing required option: %q: a mount has both type and device", name)
		}
	}
	return nil
}

// NewName draws one for an anonymous volume: 64 hexadecimal digits, as Docker does.
func NewName() string {
	var b [32]byte
	// crypto/rand never fails: where the kernel has no random numbers, the program ends.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
