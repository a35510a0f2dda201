// This file fetches the default profile of Docker, kept by the Moby project.
package seccomp

import (
	"fmt"

	moby "github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Default returns Docker's default profile: the calls that programs need, and those that the given capabilities make
// sense of ("CAP_SYS_ADMIN" brings mount). The engine puts it into the specification it writes; a runtime only compiles what
// it is given.
func Default(capabilities []string) (*specs.LinuxSeccomp, error) {
	holder := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: capabilities}}}
	s, err := moby.GetDefaultProfile(holder)
	if err != nil {
		return nil, fmt.Errorf("seccomp: make the default profile: %w", err)
	}
	return s, nil
}
