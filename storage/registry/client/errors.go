// This file turns what goes wrong on the way to a registry into a sentence with a remedy.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"glassbox/storage/registry"
)

// explained adds what to do about an error to it.
func explained(host string, err error) error {
	var answer *transport.Error
	var network *net.OpError
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &answer) {
		err = &registry.Answer{Status: answer.StatusCode, Err: err}
	}
	switch {
	case answer != nil && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden):
		return fmt.Errorf("%s denies access: the name may be wrong, or it needs 'glassbox login %s': %w", host, host, err)
	case errors.As(err, &certificate):
		// Not err, which goes on about what plain HTTP was answered: that was a try.
		return fmt.Errorf("%s: %w: if it is your own, put its authority's certificate into certs.d/%s/ca.crt below --root", host, certificate, host)
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network), errors.As(err, &lookup):
		return &registry.Unreachable{Host: host, Err: err}
	}
	return err
}
