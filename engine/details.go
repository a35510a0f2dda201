// This file holds the words of `glassbox inspect`, which are those of Docker's API: scripts that read `docker inspect` read this too.
package engine

import api "github.com/moby/moby/api/types/container"

// Details is what Inspect returns.
type Details struct {
	api.InspectResponse
	NetworkSettings NetworkSettings
}

// NetworkSettings is where the container is to be reached. Docker has moved the address and what belongs to it to Networks;
// thousands of scripts ask for it here.
type NetworkSettings struct {
	api.NetworkSettings
	Gateway     string
	IPAddress   string
	IPPrefixLen int
	MacAddress  string
}
