// This file gives the program a session keyring. Keys (of Kerberos, of encrypted directories) hang on the session of whoever
// logged in, and are inherited like the user: a container would find those of the one who started it. man 7 keyrings.
package kernel

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// JoinKeyring makes the calling thread's session keyring the one of this name, which is made if there is none. Others of the
// container find it by its name, and so it has to be open to its owner's search.
type JoinKeyring struct{ Name string }

func (j JoinKeyring) Do() error { return do(j) }

// calls have nothing to do where the kernel has no keys.
func (j JoinKeyring) calls(m *making) error {
	none := errnos(unix.ENOSYS)
	m.add(
		call{number: unix.SYS_KEYCTL, args: with{unix.KEYCTL_JOIN_SESSION_KEYRING, j.Name}, may: none},
		call{number: unix.SYS_KEYCTL, args: with{unix.KEYCTL_SETPERM, unix.KEY_SPEC_SESSION_KEYRING, keyringPermissions}, may: none, name: setpermCall},
	)
	return nil
}

// keyringPermissions are those that the kernel gives a new session keyring, and the search. man 3 keyctl_setperm.
const (
	keyringPermissions = 0x3f1b0000
	setpermCall        = "keyctl(KEYCTL_SETPERM, $KEYRING, 0x3f1b0000)"
)

func (j JoinKeyring) Call() string {
	return fmt.Sprintf("keyctl(KEYCTL_JOIN_SESSION_KEYRING, %q)\n%s", j.Name, setpermCall)
}

// Shell is no command: keyctl(1) starts a shell of its own in a new session.
func (j JoinKeyring) Shell() string { return "" }
