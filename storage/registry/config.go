// This file knows how registries are to be spoken with: which mirrors stand in for them, which have no HTTPS, and whose
// certificates are trusted. Two files say so, the second wins: /etc/glassbox/registries.json and ROOT/registries.json
//
//	{"mirrors": {"docker.io": ["127.0.0.1:5000"]}, "insecure": ["registry.lan:5000"]}
//
// A certificate authority of one's own goes to certs.d/HOST/ca.crt beside either file.
package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Config is how registries are spoken with. The zero value is good for public ones.
type Config struct {
	Mirrors  map[string][]string `json:"mirrors"`
	Insecure []string            `json:"insecure"` // hosts that may be spoken with in plain HTTP, or with any certificate

	Dirs []string `json:"-"` // where certs.d is looked for
}

// ReadConfig reads the files of these directories; most have none.
func ReadConfig(dirs ...string) (Config, error) {
	c := Config{Mirrors: map[string][]string{}, Dirs: dirs}
	for _, dir := range dirs {
		path := filepath.Join(dir, "registries.json")
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var read Config
		if err == nil {
			err = json.Unmarshal(data, &read)
		}
		if err != nil {
			return c, fmt.Errorf("read %s: %w", path, err)
		}
		maps.Copy(c.Mirrors, read.Mirrors)
		c.Insecure = append(c.Insecure, read.Insecure...)
	}
	return c, nil
}

// Hosts lists where an image of a registry may be pulled from: the mirrors, and at last the registry itself.
func (c Config) Hosts(host string) []string {
	return append(slices.Clone(c.Mirrors[host]), host)
}

// AllowsPlain: nobody listens on the way to this machine itself; for others somebody must have said so.
func (c Config) AllowsPlain(host string) bool {
	return slices.Contains(c.Insecure, host) || loopback(host)
}

func loopback(host string) bool {
	if only, _, err := net.SplitHostPort(host); err == nil {
		host = only
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
