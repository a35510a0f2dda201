// This file makes the connection to one registry: plain or with TLS, and with which certificates.
package client

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"glassbox/storage/registry"
)

func connection(c registry.Config, host string) (http.RoundTripper, error) {
	trusted, err := authorities(c, host)
	if err != nil {
		return nil, err
	}
	return plainGuard{config: c, next: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: trusted, InsecureSkipVerify: slices.Contains(c.Insecure, host)},
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
		DisableCompression: true, // a layer is compressed already, and its bytes must stay what they are
		ReadBufferSize:     128 << 10, WriteBufferSize: 128 << 10, MaxIdleConnsPerHost: 8, IdleConnTimeout: 10 * time.Second,
	}}, nil
}

// authorities are those of the system, and those given for this host; nil stands for the system's alone.
func authorities(c registry.Config, host string) (*x509.CertPool, error) {
	var pool *x509.CertPool
	for _, dir := range c.Dirs {
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

// plainGuard refuses to send anything, a password least of all, where it could be read on the way: redirects included.
type plainGuard struct {
	config registry.Config
	next   http.RoundTripper
}

func (g plainGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !g.config.AllowsPlain(r.URL.Host) {
		return nil, fmt.Errorf("%s has no HTTPS, and plain HTTP is for loopback alone: allow it with --insecure-registry %s", r.URL.Host, r.URL.Host)
	}
	return g.next.RoundTrip(r)
}
