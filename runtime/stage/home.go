// This file finds the user's home directory. The OCI specification does not ask for it; every runtime does it, and so engines
// leave it to them.
package stage

import (
	"os"
	"strconv"
	"strings"
)

// withHome adds HOME where it is missing, from the container's /etc/passwd: we are inside by now.
func withHome(env []string, uid uint32) []string {
	if lookEnv(env, "HOME") != "" {
		return env
	}
	home := "/"
	users, err := os.ReadFile("/etc/passwd")
	if err != nil { // an image without users has no homes
		return append(env, "HOME="+home)
	}
	for line := range strings.Lines(string(users)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 7 && f[2] == strconv.FormatUint(uint64(uid), 10) {
			home = f[5]
			break
		}
	}
	return append(env, "HOME="+home)
}
