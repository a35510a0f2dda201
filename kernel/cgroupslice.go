// This file makes the groups above a container's that systemd calls slices, where systemd has not made them: for them nobody
// else would clean up. They are marked, so that the last container in one knows that it may remove it. man 5 systemd.slice.
package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// sliceMark is an extended attribute that only root can set; v1 and v2 have it.
const sliceMark = "trusted.glassbox"

// CgroupSlice makes a group for groups. Somebody else may make it, or remove it, at the same time.
type CgroupSlice struct{ Path string }

func (c CgroupSlice) Do() error {
	err := CgroupCreate(c).Do()
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err != nil {
		return err
	}
	err = unix.Setxattr(c.Path, sliceMark, []byte("slice"), 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) { // without a mark it stays
		return nil
	}
	return Fail(c, err)
}

// Ours tells whether it is still to be made, or was made by CgroupSlice.
func (c CgroupSlice) Ours() bool {
	_, err := unix.Getxattr(c.Path, sliceMark, make([]byte, 8))
	return err == nil || errors.Is(err, unix.ENOENT)
}

func (c CgroupSlice) Call() string {
	return fmt.Sprintf("%s\nsetxattr(%q, %q, \"slice\", 5, 0)", CgroupCreate(c).Call(), c.Path, sliceMark)
}
func (c CgroupSlice) Shell() string {
	return CgroupCreate(c).Shell() + " && " + Quote("setfattr", "-n", sliceMark, "-v", "slice", c.Path)
}
func (c CgroupSlice) Undo() explain.Op { return CgroupLeave(c) }

// CgroupLeave removes a group that is empty, and leaves one that is not to those who are in it.
type CgroupLeave struct{ Path string }

func (c CgroupLeave) Do() error {
	err := unix.Rmdir(c.Path)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENOTEMPTY) {
		return nil
	}
	return Fail(c, err)
}
func (c CgroupLeave) Call() string  { return CgroupRemove(c).Call() }
func (c CgroupLeave) Shell() string { return CgroupRemove(c).Shell() + " || :" }
