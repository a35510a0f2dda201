// This file checks which errors get a remedy, and that none gets two.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

func TestRemedy(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/x", Err: unix.ENOSPC}
	for _, c := range []struct {
		err  error
		uid  int
		want string
	}{
		{fmt.Errorf("find image: %w", full), 0, "--root"},
		{&kernel.Error{Call: "mount()", Err: unix.ENOSPC, Hint: "too many mounts"}, 0, ""},
		{&kernel.Error{Call: "mount()", Err: unix.EPERM}, 0, "doctor"},
		{unix.EPERM, 1000, "sudo"},
		{unix.EACCES, 1000, "sudo"},
		{unix.EACCES, 0, ""}, // a program that may not be executed, not even by root
		{unix.EROFS, 0, "--root"},
		{errors.New("no such container"), 1000, ""},
	} {
		if got := remedy(c.err, c.uid); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v as %d: %q, want %q", c.err, c.uid, got, c.want)
		}
	}
}
