// This file tells a seccomp agent whose calls it is to decide. OCI config-linux, "The Container Process State".
package plan

import (
	"encoding/json"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func agentState(c Container, h Host, status specs.ContainerState) string {
	if c.Filter.Listener == "" {
		return ""
	}
	init := h.Stage.Init
	if init == 0 { // this is its birth
		init = h.Stage.Outside
	}
	// An exec's program is a child of the stage that is not born yet; each question to the agent names who asks it.
	data, err := json.Marshal(specs.ContainerProcessState{Version: specs.Version, Fds: []string{specs.SeccompFdName},
		Pid: h.Stage.Outside, Metadata: c.Filter.Metadata, State: State(c, status, init)})
	if err != nil { // can not be: these types are made for JSON
		return fmt.Sprintf("{\"error\": %q}", err.Error())
	}
	return string(data)
}
