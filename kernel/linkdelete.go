// This file deletes links, for what is to be gone at once.
package kernel

import (
	"errors"

	"golang.org/x/sys/unix"
)

// LinkDelete deletes a link; of a virtual cable, both ends. It waits until no processor looks at the link any more: where
// there is time, LinkUnplug is better.
type LinkDelete struct{ Name string }

func (l LinkDelete) message() message {
	return message{"RTM_DELLINK", unix.RTM_DELLINK, 0, ifinfo{}, []attr{linkName(l.Name)}}
}

// Do succeeds where there is no such link.
func (l LinkDelete) Do() error {
	err := l.message().send("")
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return Fail(l, err)
}
func (l LinkDelete) Call() string  { return l.message().call("") }
func (l LinkDelete) Shell() string { return Quote("ip", "link", "delete", l.Name) }
