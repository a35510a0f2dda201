// This file binds a place inside a container's root on itself, so that it can have flags of its own.
package kernel

import (
	"path"

	"golang.org/x/sys/unix"
)

// BindSelfIn makes Path inside Root a mount point without changing what is seen there.
type BindSelfIn struct{ Root, Path string }

func (b BindSelfIn) Do() error {
	return Fail(b, at(b.Root, b.Path, func(target string) error {
		return unix.Mount(target, target, "", unix.MS_BIND|unix.MS_REC, "")
	}))
}

func (b BindSelfIn) Call() string {
	name := path.Join(b.Root, b.Path)
	return mountCall(name, name, "", unix.MS_BIND|unix.MS_REC, "")
}

func (b BindSelfIn) Shell() string {
	name := path.Join(b.Root, b.Path)
	return bindShell(name, name, true)
}
