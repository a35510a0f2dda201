// This file finds the user's home directory. The OCI specification does not ask for it; every runtime does it, and so engines
// leave it to them.
package stage

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// WithHome adds HOME where it is missing, from the /etc/passwd of the container whose root directory is at root.
func WithHome(env []string, uid uint32, root string) []string {
	if LookEnv(env, "HOME") != "" {
		return env
	}
	home := "/"
	for line := range strings.Lines(users(root)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 7 && f[2] == strconv.FormatUint(uint64(uid), 10) {
			home = f[5]
			break
		}
	}
	return append(env, "HOME="+home)
}

// users is the beginning of /etc/passwd. An image without users has no homes; and one may have put something else there, that
// never comes to an end.
func users(root string) string {
	const enough = 1 << 20
	fd, err := kernel.OpenIn(root, "/etc/passwd", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return ""
	}
	text := make([]byte, min(st.Size, enough))
	n, err := unix.Pread(fd, text, 0)
	if err != nil {
		return ""
	}
	return string(text[:n])
}
