// This file asks the kernel for the device programs of a group, and for their instructions: bpftool's `cgroup show` and `prog dump
// xlated`. man 2 bpf.
package devices

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// instruction is struct bpf_insn.
type instruction struct {
	code   uint8
	regs   uint8 // source in the high half, destination in the low one
	offset int16
	imm    int32
}

func (i instruction) dst() uint8 { return i.regs & 15 }
func (i instruction) src() uint8 { return i.regs >> 4 }

// info is the beginning of struct bpf_prog_info; a kernel that knows more of it fills in no more than this.
type info struct {
	kind, id            uint32
	tag                 [8]byte
	nativeLen, len      uint32
	native, instruction uint64
	loaded              uint64
	uid, maps           uint32
	mapIDs              uint64
	name                [16]byte
}

// Programs reads the device programs that hold for a v2 group, its own and those of the groups above it.
func Programs(group string) ([]List, error) {
	ids, err := programIDs(group)
	if err != nil {
		return nil, fmt.Errorf("ask for the device programs of %s: %w", group, err)
	}
	var lists []List
	for _, id := range ids {
		l, err := program(id)
		if err != nil {
			return nil, fmt.Errorf("read the device program %d of %s: %w", id, group, err)
		}
		lists = append(lists, l)
	}
	return lists, nil
}

func programIDs(group string) ([]uint32, error) {
	const effective = 1 // BPF_F_QUERY_EFFECTIVE
	dir, err := os.Open(group)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	ids := make([]uint32, 64) // that many may be attached to one group
	query := struct {
		group, kind, flags, attachFlags uint32
		ids                             uint64
		count, pad                      uint32
	}{group: uint32(dir.Fd()), kind: unix.BPF_CGROUP_DEVICE, flags: effective, ids: address(unsafe.Pointer(&ids[0])), count: uint32(len(ids))}
	_, err = bpf(unix.BPF_PROG_QUERY, unsafe.Pointer(&query), unsafe.Sizeof(query))
	runtime.KeepAlive(ids)
	if err != nil {
		return nil, err
	}
	return ids[:query.count], nil
}

func program(id uint32) (List, error) {
	open := struct{ id, next, flags uint32 }{id: id}
	fd, err := bpf(unix.BPF_PROG_GET_FD_BY_ID, unsafe.Pointer(&open), unsafe.Sizeof(open))
	if err != nil {
		return List{}, err
	}
	defer unix.Close(fd)
	sized, err := ask(fd, nil)
	if err != nil {
		return List{}, err
	}
	code := make([]instruction, sized.len/uint32(unsafe.Sizeof(instruction{})))
	if _, err := ask(fd, code); err != nil {
		return List{}, err
	}
	l := List{Program: int(id), Name: unix.ByteSliceToString(sized.name[:]), Instructions: len(code)}
	if l.Rules, err = decode(code); err != nil {
		l.Unread = err.Error()
	}
	return l, nil
}

// ask fills in code as far as it goes; without room the answer says how much there is.
func ask(fd int, code []instruction) (info, error) {
	answer := info{}
	if len(code) > 0 {
		answer.len, answer.instruction = uint32(len(code))*uint32(unsafe.Sizeof(code[0])), address(unsafe.Pointer(&code[0]))
	}
	question := struct {
		fd, size uint32
		answer   uint64
	}{uint32(fd), uint32(unsafe.Sizeof(answer)), address(unsafe.Pointer(&answer))}
	_, err := bpf(unix.BPF_OBJ_GET_INFO_BY_FD, unsafe.Pointer(&question), unsafe.Sizeof(question))
	runtime.KeepAlive(code)
	return answer, err
}

func address(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }

func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}
