// This file finds the program, as the user that it will run as.
package stage

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// execError is a program that can not be run, with the shell's exit code for it.
type execError struct {
	text string
	code int
}

func (e *execError) Error() string { return e.text }

// lookPath searches PATH of the container's environment for a name without a slash, as execvp(3) does.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name, name)
	}
	found := error(nil)
	for _, dir := range strings.Split(LookEnv(env, "PATH"), ":") {
		err := executable(path.Join("/", dir, name), name)
		if err == nil {
			return path.Join("/", dir, name), nil
		}
		if e, ok := err.(*execError); ok && e.code == 126 && found == nil {
			found = err
		}
	}
	if found != nil {
		return "", found
	}
	return "", &execError{fmt.Sprintf("exec: %q: executable file not found in $PATH", name), 127}
}

func executable(file, name string) error {
	var st unix.Stat_t
	if err := unix.Stat(file, &st); err != nil {
		code := 127
		if err == unix.EACCES || err == unix.ENOTDIR {
			code = 126
		}
		return &execError{fmt.Sprintf("exec: %q: %v", name, err), code}
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return &execError{fmt.Sprintf("exec: %q: is a directory", name), 126}
	}
	if err := unix.Access(file, unix.X_OK); err != nil {
		return &execError{fmt.Sprintf("exec: %q: %v", name, err), 126}
	}
	return nil
}

// LookEnv returns the last value: a later one overrides, as in Docker's -e.
func LookEnv(env []string, key string) string {
	value := ""
	for _, e := range env {
		if k, v, ok := strings.Cut(e, "="); ok && k == key {
			value = v
		}
	}
	return value
}
