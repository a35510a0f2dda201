//go:build libseccomp

// Package libseccomp asks the C library of that name, which most container runtimes use, for a filter. It serves one test, as
// the judge of our own compiler: go test -tags libseccomp ./runtime/seccomp
package libseccomp

// #cgo LDFLAGS: -lseccomp
// #include <seccomp.h>
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Rule is one call to seccomp_rule_add.
type Rule struct {
	Name   string
	Action uint32
	Args   []specs.LinuxSeccompArg
}

// token is the library's name for an architecture.
func token(a specs.Arch) C.uint32_t {
	switch a {
	case specs.ArchX86:
		return C.SCMP_ARCH_X86
	case specs.ArchX32:
		return C.SCMP_ARCH_X32
	case specs.ArchAARCH64:
		return C.SCMP_ARCH_AARCH64
	}
	return C.SCMP_ARCH_X86_64
}

func operator(op specs.LinuxSeccompOperator) C.enum_scmp_compare {
	switch op {
	case specs.OpNotEqual:
		return C.SCMP_CMP_NE
	case specs.OpLessThan:
		return C.SCMP_CMP_LT
	case specs.OpLessEqual:
		return C.SCMP_CMP_LE
	case specs.OpGreaterEqual:
		return C.SCMP_CMP_GE
	case specs.OpGreaterThan:
		return C.SCMP_CMP_GT
	case specs.OpMaskedEqual:
		return C.SCMP_CMP_MASKED_EQ
	}
	return C.SCMP_CMP_EQ
}

// Number resolves a name; negative when the library does not know it there.
func Number(on specs.Arch, name string) int {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	return int(C.seccomp_syscall_resolve_name_arch(token(on), c))
}

// Program returns the filter as sock_filter records.
func Program(otherwise uint32, on []specs.Arch, rules []Rule) ([]byte, error) {
	ctx := C.seccomp_init(C.uint32_t(otherwise))
	if ctx == nil {
		return nil, fmt.Errorf("seccomp_init(%#x) refused", otherwise)
	}
	defer C.seccomp_release(ctx)
	for _, a := range on {
		if rc := C.seccomp_arch_add(ctx, token(a)); rc != 0 && syscall.Errno(-rc) != syscall.EEXIST {
			return nil, fmt.Errorf("seccomp_arch_add(%s): %w", a, syscall.Errno(-rc))
		}
	}
	for _, r := range rules {
		if err := add(ctx, r); err != nil {
			return nil, err
		}
	}
	return export(ctx)
}

func add(ctx C.scmp_filter_ctx, r Rule) error {
	name := C.CString(r.Name)
	defer C.free(unsafe.Pointer(name))
	nr := C.seccomp_syscall_resolve_name(name)
	if nr == C.__NR_SCMP_ERROR {
		return nil
	}
	args := make([]C.struct_scmp_arg_cmp, len(r.Args)+1)
	for i, arg := range r.Args {
		args[i] = C.struct_scmp_arg_cmp{arg: C.uint(arg.Index), op: operator(arg.Op),
			datum_a: C.scmp_datum_t(arg.Value), datum_b: C.scmp_datum_t(arg.ValueTwo)}
	}
	rc := C.seccomp_rule_add_array(ctx, C.uint32_t(r.Action), nr, C.uint(len(r.Args)), &args[0])
	if rc != 0 && syscall.Errno(-rc) != syscall.EEXIST {
		return fmt.Errorf("seccomp_rule_add(%s): %w", r.Name, syscall.Errno(-rc))
	}
	return nil
}

func export(ctx C.scmp_filter_ctx) ([]byte, error) {
	file, err := os.CreateTemp("", "libseccomp-*.bpf")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil {
		return nil, err
	}
	if rc := C.seccomp_export_bpf(ctx, C.int(file.Fd())); rc != 0 {
		return nil, fmt.Errorf("seccomp_export_bpf: %w", syscall.Errno(-rc))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(file)
}
