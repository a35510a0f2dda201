// This file tells a seccomp agent whose calls it is to decide. OCI config-linux, "The Container Process State".
package plan

import (
	"encoding/json"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// AgentState is what it is sent. init is the container's first process; pid the one that will be the program, or of an exec the
// visitor that will clone it: each question to the agent names who asks it.
func AgentState(c Container, status specs.ContainerState, init, pid int) string {
	if c.Filter.Listener == "" {
		return ""
	}
	data, err := json.Marshal(specs.ContainerProcessState{Version: specs.Version, Fds: []string{specs.SeccompFdName},
		Pid: pid, Metadata: c.Filter.Metadata, State: State(c, status, init)})
	if err != nil { // can not be: these types are made for JSON
		return fmt.Sprintf("{\"error\": %q}", err.Error())
	}
	return string(data)
}
