// This file binds a place inside a container's root on itself, so that it can have flags of its own.
package kernel

import (
	"path"

	"golang.org/x/sys/unix"
)

// BindSelfIn makes Path inside Root a mount point without changing what is seen there.
type BindSelfIn struct{ Root, Path string }

func (b BindSelfIn) Do() error { return do(b) }
func (b BindSelfIn) calls(m *making) error {
	m.at(b.Root, b.Path, 0, false, func(_ descriptor, target any) { m.add(mount(target, target, "", unix.MS_BIND|unix.MS_REC, "")) })
	return nil
}

func (b BindSelfIn) Call() string {
	name := path.Join(b.Root, b.Path)
	return mountCall(name, name, "", unix.MS_BIND|unix.MS_REC, "")
}

func (b BindSelfIn) Shell() string {
	name := path.Join(b.Root, b.Path)
	return bindShell(name, name, true)
}
