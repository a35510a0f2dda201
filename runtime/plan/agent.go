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
	data, err := json.Marshal(specs.ContainerProcessState{Version: specs.Version, Fds: []string{specs.SeccompFdName},
		Pid: h.Stage.Outside, Metadata: c.Filter.Metadata, State: State(c, status, h.Stage.Outside)})
	if err != nil { // can not be: these types are made for JSON
		return fmt.Sprintf("{\"error\": %q}", err.Error())
	}
	return string(data)
}
