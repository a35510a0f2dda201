// This file shows what an explanation looks like.
package seccomp

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func ExampleExplain() {
	arg := specs.LinuxSeccompArg{Index: 0, Op: specs.OpEqualTo, Value: 1}
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	s.Syscalls = []specs.LinuxSyscall{{Names: []string{"write"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{arg}}}
	f, err := compile(s, specs.ArchX86_64)
	if err != nil {
		fmt.Println(err)
	}
	_, trace, err := Explain(f, Call{Arch: specs.ArchX86_64, Number: 1, Args: [6]uint64{2}})
	fmt.Println(strings.Join(trace, "\n"), err)
	// Output:
	// arch = 0xc000003e == 0xc000003e (SCMP_ARCH_X86_64)? yes
	// number = 0x1 >= 0x2 (open)? no
	// number = 0x1 >= 0x1 (write)? yes
	// arg0 high = 0x0 == 0x0? yes
	// arg0 low = 0x2 == 0x1? no
	// answer SECCOMP_RET_ERRNO(EPERM) <nil>
}
