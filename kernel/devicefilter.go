// This file is the devices controller of cgroup v2, which is not a file but a program: the kernel runs it for every open and
// mknod of a device by a member of the group, and its result decides. man 2 bpf; kernel: Documentation/bpf/prog_cgroup_*.
package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DeviceRule allows or denies access to devices; the last rule that matches decides.
type DeviceRule struct {
	Allow        bool
	Type         string // a (all), b (block), c (character)
	Major, Minor int64  // -1: any
	Access       string // of r, w, m (mknod)
}

// DeviceFilter attaches the rules to the group at Path.
type DeviceFilter struct {
	Path  string
	Rules []DeviceRule
}

func (d DeviceFilter) Do() error {
	prog, err := loadDeviceProgram(d.Rules)
	if err != nil {
		return Fail(d, err)
	}
	defer unix.Close(prog)
	group, err := unix.Open(d.Path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Fail(d, fmt.Errorf("open %s: %w", d.Path, err))
	}
	defer unix.Close(group)
	attach := struct{ target, prog, kind, flags uint32 }{uint32(group), uint32(prog), unix.BPF_CGROUP_DEVICE, unix.BPF_F_ALLOW_MULTI}
	_, err = bpf(unix.BPF_PROG_ATTACH, unsafe.Pointer(&attach), unsafe.Sizeof(attach))
	return Fail(d, err)
}

func (d DeviceFilter) Call() string {
	return fmt.Sprintf("bpf(BPF_PROG_LOAD, {BPF_PROG_TYPE_CGROUP_DEVICE, %d rules})\nbpf(BPF_PROG_ATTACH, {%q, BPF_CGROUP_DEVICE})",
		len(d.Rules), d.Path)
}

// Shell can only say it: no common tool writes such programs.
func (d DeviceFilter) Shell() string {
	return fmt.Sprintf("# bpftool cgroup attach %s cgroup_device pinned PROGRAM", quote(d.Path))
}

// instruction is struct bpf_insn.
type instruction struct {
	code   uint8
	regs   uint8 // source in the high half, destination in the low one
	offset int16
	imm    int32
}

// The registers: r1 has the context, r0 the result; man 2 bpf, struct bpf_cgroup_dev_ctx.
const (
	result, scratch, devType, access, major, minor = 0, 1, 2, 3, 4, 5

	loadWord = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W
	move     = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K
	moveReg  = unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_X
	and      = unix.BPF_ALU64 | unix.BPF_AND | unix.BPF_K
	shift    = unix.BPF_ALU64 | unix.BPF_RSH | unix.BPF_K
	unequal  = unix.BPF_JMP | unix.BPF_JNE | unix.BPF_K
	equal    = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	exit     = unix.BPF_JMP | unix.BPF_EXIT
)

// deviceProgram tries the rules from the last to the first: the first that matches then is the last that was written. Behind a
// rule for everything nothing may follow: the kernel refuses a program with instructions that are never reached (EINVAL).
func deviceProgram(rules []DeviceRule) []instruction {
	code := []instruction{
		{code: loadWord, regs: scratch<<4 | major, offset: 4}, {code: loadWord, regs: scratch<<4 | minor, offset: 8},
		{code: loadWord, regs: scratch<<4 | devType}, {code: moveReg, regs: devType<<4 | access},
		{code: and, regs: devType, imm: 0xffff}, {code: shift, regs: access, imm: 16},
	}
	for i := len(rules) - 1; i >= 0; i-- {
		code = append(code, ruleCode(rules[i])...)
		if rules[i].matchesAll() {
			return code
		}
	}
	return append(code, instruction{code: move, regs: result}, instruction{code: exit})
}

func (r DeviceRule) matchesAll() bool {
	return r.Type != "b" && r.Type != "c" && accessBits(r.Access) == 7 && r.Major < 0 && r.Minor < 0
}

// ruleCode compares and decides; a comparison that fails jumps behind the rule.
func ruleCode(r DeviceRule) []instruction {
	var code []instruction
	switch r.Type {
	case "b":
		code = append(code, instruction{code: unequal, regs: devType, imm: unix.BPF_DEVCG_DEV_BLOCK})
	case "c":
		code = append(code, instruction{code: unequal, regs: devType, imm: unix.BPF_DEVCG_DEV_CHAR})
	}
	if bits := accessBits(r.Access); bits != 7 {
		code = append(code, instruction{code: moveReg, regs: access<<4 | scratch})
		if r.Allow { // all that is wanted must be allowed
			code = append(code, instruction{code: and, regs: scratch, imm: ^bits}, instruction{code: unequal, regs: scratch})
		} else { // any of it is enough to deny
			code = append(code, instruction{code: and, regs: scratch, imm: bits}, instruction{code: equal, regs: scratch})
		}
	}
	if r.Major >= 0 {
		code = append(code, instruction{code: unequal, regs: major, imm: int32(r.Major)})
	}
	if r.Minor >= 0 {
		code = append(code, instruction{code: unequal, regs: minor, imm: int32(r.Minor)})
	}
	allow := int32(0)
	if r.Allow {
		allow = 1
	}
	code = append(code, instruction{code: move, regs: result, imm: allow}, instruction{code: exit})
	for i := range code {
		if code[i].code == unequal || code[i].code == equal {
			code[i].offset = int16(len(code) - i - 1)
		}
	}
	return code
}

func accessBits(access string) int32 {
	var bits int32
	for letter, bit := range map[string]int32{"m": unix.BPF_DEVCG_ACC_MKNOD, "r": unix.BPF_DEVCG_ACC_READ, "w": unix.BPF_DEVCG_ACC_WRITE} {
		if strings.Contains(access, letter) {
			bits |= bit
		}
	}
	return bits
}

func loadDeviceProgram(rules []DeviceRule) (int, error) {
	var code bytes.Buffer
	program := deviceProgram(rules)
	for _, i := range program {
		if err := binary.Write(&code, binary.NativeEndian, i); err != nil {
			return -1, err
		}
	}
	instructions, license := code.Bytes(), []byte("Apache-2.0\x00")
	load := struct {
		kind, count           uint32
		instructions, license uint64
		logLevel, logSize     uint32
		log                   uint64
		version, flags        uint32
	}{kind: unix.BPF_PROG_TYPE_CGROUP_DEVICE, count: uint32(len(program)),
		instructions: uint64(uintptr(unsafe.Pointer(&instructions[0]))), license: uint64(uintptr(unsafe.Pointer(&license[0])))}
	// The verifier gives up when a signal comes, and Go's scheduler sends its threads some. man 2 bpf, EAGAIN.
	fd, err := bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&load), unsafe.Sizeof(load))
	for range 5 {
		if err != unix.EAGAIN {
			break
		}
		fd, err = bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&load), unsafe.Sizeof(load))
	}
	runtime.KeepAlive(instructions)
	runtime.KeepAlive(license)
	return fd, err
}

func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
