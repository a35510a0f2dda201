// This file logs in and out. Credentials are kept where docker, podman and crane look too: config.json in $DOCKER_CONFIG or
// ~/.docker, or with the credential helper that it names.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"glassbox/storage/registry"
)

// Login keeps a name and password once the registry has taken them. Where no helper keeps them, a warning on standard error says
// in which file they lie, for anybody to read who may read it.
func (HTTP) Login(ctx context.Context, c registry.Config, host, user, password string) error {
	reg, err := name.NewRegistry(host, options(c, host)...)
	if err != nil {
		return err
	}
	base, err := connection(c, host)
	if err != nil {
		return err
	}
	auth := &authn.Basic{Username: user, Password: password}
	t, err := transport.NewWithContext(ctx, reg, auth, base, nil)
	if err != nil {
		return explained(host, err)
	}
	asked := &repository{name: reg.Repo(""), client: &http.Client{Transport: t}}
	answer, err := asked.do(ctx, http.MethodGet, reg.Scheme()+"://"+reg.RegistryStr()+"/v2/", nil, http.StatusOK)
	var refused *transport.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("the registry does not take this name and password: %w", refused)
	}
	if err != nil {
		return err
	}
	answer.Body.Close()
	file, err := config.Load(os.Getenv(config.EnvOverrideConfigDir))
	if err != nil {
		return err
	}
	return file.GetCredentialsStore(key(host)).Store(types.AuthConfig{Username: user, Password: password, ServerAddress: key(host)})
}

// Logout forgets them; it says whether there were any.
func (HTTP) Logout(host string) (known bool, err error) {
	file, err := config.Load(os.Getenv(config.EnvOverrideConfigDir))
	if err != nil {
		return false, err
	}
	kept, err := file.GetAuthConfig(key(host))
	if err != nil {
		return false, err
	}
	kept.ServerAddress = ""
	return kept != (types.AuthConfig{}), file.GetCredentialsStore(key(host)).Erase(key(host))
}

// key is under what name the credentials are kept: an address from the time of the first registry, for Docker's own.
func key(host string) string {
	if host == "docker.io" {
		return authn.DefaultAuthKey
	}
	return host
}
