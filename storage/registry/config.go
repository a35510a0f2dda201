// This file knows how registries are to be spoken with: which mirrors stand in for them, which have no HTTPS, and whose
// certificates are trusted. Two files say so, the second wins: /etc/glassbox/registries.json and ROOT/registries.json
//
//	{"mirrors": {"docker.io": ["127.0.0.1:5000"]}, "insecure": ["registry.lan:5000"]}
//
// A certificate authority of one's own goes to certs.d/HOST/ca.crt beside either file.
package registry

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Config is how registries are spoken with. The zero value is good for public ones.
type Config struct {
	Mirrors  map[string][]string `json:"mirrors"`
	Insecure []string            `json:"insecure"` // hosts that may be spoken with in plain HTTP, or with any certificate

	dirs []string // where certs.d is looked for
}

// ReadConfig reads the files of these directories; most have none.
func ReadConfig(dirs ...string) (Config, error) {
	c := Config{Mirrors: map[string][]string{}, dirs: dirs}
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

func (c Config) transport(host string) (http.RoundTripper, error) {
	authorities, err := c.authorities(host)
	if err != nil {
		return nil, err
	}
	return plainGuard{config: c, next: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: authorities, InsecureSkipVerify: slices.Contains(c.Insecure, host)},
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
		DisableCompression: true, // a layer is compressed already, and its bytes must stay what they are
		ReadBufferSize:     128 << 10, WriteBufferSize: 128 << 10, MaxIdleConnsPerHost: 8, IdleConnTimeout: 10 * time.Second,
	}}, nil
}

// authorities are those of the system, and those given for this host; nil stands for the system's alone.
func (c Config) authorities(host string) (*x509.CertPool, error) {
	var pool *x509.CertPool
	for _, dir := range c.dirs {
		files, err := filepath.Glob(filepath.Join(dir, "certs.d", host, "*.crt"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			pem, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read the certificate for %s: %w", host, err)
			}
			if pool == nil {
				if pool, err = x509.SystemCertPool(); err != nil {
					return nil, err
				}
			}
			if !pool.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("%s holds no certificate in PEM", file)
			}
		}
	}
	return pool, nil
}
