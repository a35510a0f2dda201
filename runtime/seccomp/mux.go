// This file lists the calls that 32-bit x86 programs can also make through another: socketcall(2) and ipc(2) take the
// number of what is wanted as their first argument.
package seccomp

import "slices"

// muxed returns through which call, and under which number there, a call can be made; 0 when it stands alone.
func muxed(name string) (by string, number uint64) {
	if i := slices.Index(socketcalls[:], name); i >= 0 {
		return "socketcall", uint64(i) + 1
	}
	for _, c := range ipcs {
		if c.name == name {
			return "ipc", c.number
		}
	}
	return "", 0
}

// socketcalls are in the order of their numbers, from 1 (linux/net.h).
var socketcalls = [...]string{
	"socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
	"recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
}

// ipcs are from linux/ipc.h.
var ipcs = [...]struct {
	name   string
	number uint64
}{
	{"semop", 1}, {"semget", 2}, {"semctl", 3}, {"semtimedop", 4},
	{"msgsnd", 11}, {"msgrcv", 12}, {"msgget", 13}, {"msgctl", 14},
	{"shmat", 21}, {"shmdt", 22}, {"shmget", 23}, {"shmctl", 24},
}
