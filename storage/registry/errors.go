// This file turns what goes wrong on the way to a registry into a sentence with a remedy.
package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Unreachable is the error of a registry that did not answer: without a network, most often.
type Unreachable struct {
	Host string
	Err  error
}

func (e *Unreachable) Error() string {
	return fmt.Sprintf("registry %s can not be reached: %v", e.Host, e.Err)
}

func (e *Unreachable) Unwrap() error { return e.Err }

// NotFound says that the registry does not have it.
func NotFound(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// explained adds what to do about an error to it.
func explained(host string, err error) error {
	var answer *transport.Error
	var network *net.OpError
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &answer) && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden):
		return fmt.Errorf("%s denies access: the name may be wrong, or it needs 'glassbox login %s': %w", host, host, err)
	case errors.As(err, &certificate):
		// Not err, which goes on about what plain HTTP was answered: that was a try.
		return fmt.Errorf("%s: %w: if it is your own, put its authority's certificate into certs.d/%s/ca.crt below --root", host, certificate, host)
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network), errors.As(err, &lookup):
		return &Unreachable{Host: host, Err: err}
	}
	return err
}

// Refused says that the registry has answered, and would answer the same again.
func Refused(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode < http.StatusInternalServerError && answer.StatusCode != http.StatusTooManyRequests
}
