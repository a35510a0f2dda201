// This file writes limits whose file has another name on other kernels.
package kernel

import (
	"errors"

	"golang.org/x/sys/unix"
)

// CgroupSetEither writes First, and where the kernel does not have that file, Second.
type CgroupSetEither struct{ First, Second CgroupSet }

func (c CgroupSetEither) Do() error {
	err := c.First.Do()
	if errors.Is(err, unix.ENOENT) {
		return c.Second.Do()
	}
	return err
}
func (c CgroupSetEither) Call() string  { return c.First.Call() }
func (c CgroupSetEither) Shell() string { return c.First.Shell() + " || " + c.Second.Shell() }
