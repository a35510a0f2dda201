// This file reads a profile's rules. When several name the same call:
//
//   - a rule without conditions beats those with, wherever it stands; of two without, the first
//   - of those with conditions the first that holds decides
//   - a rule with the default action says nothing and is left out
//   - conditions of one rule must all hold, unless two of them look at the same argument: then each is a rule of its own
//
// The rules but the second are those of runc and libseccomp (the latter orders conditions by its own lights, which only
// shows when two actions compete).
package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// profile is a specification checked and looked up, for all architectures.
type profile struct {
	otherwise uint32 // the default action
	unknown   uint32 // for calls newer than the profile: ENOSYS, so that the C library falls back on older ones
	rules     []rule
	notifies  bool
}

// rule lets an action follow its calls when all conditions hold.
type rule struct {
	calls  []*row
	when   []specs.LinuxSeccompArg
	action uint32
}

func parse(s *specs.LinuxSeccomp) (profile, error) {
	var p profile
	var err error
	if p.otherwise, err = action(s.DefaultAction, s.DefaultErrnoRet); err != nil {
		return p, fmt.Errorf("%w (defaultAction)", err)
	}
	p.unknown = p.otherwise
	if !permits(p.otherwise) {
		p.unknown = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	}
	for _, call := range s.Syscalls {
		if err := p.add(call); err != nil {
			return p, fmt.Errorf("%w (rule for %q)", err, call.Names)
		}
	}
	return p, p.checkListener(s)
}

func (p *profile) add(call specs.LinuxSyscall) error {
	act, err := action(call.Action, call.ErrnoRet)
	if err != nil {
		return err
	}
	if err := checkArgs(call.Args); err != nil {
		return err
	}
	p.notifies = p.notifies || call.Action == specs.ActNotify
	r := rule{action: act, when: call.Args, calls: make([]*row, 0, len(call.Names))}
	for _, name := range call.Names {
		if row := findRow(name); row != nil {
			r.calls = append(r.calls, row)
		}
		if len(call.Args) == 0 || stricter(act, p.otherwise) {
			p.addMuxed(name, act)
		}
	}
	if !repeats(call.Args) {
		p.rules = append(p.rules, r)
		return nil
	}
	for i := range call.Args {
		r.when = call.Args[i : i+1]
		p.rules = append(p.rules, r)
	}
	return nil
}

// addMuxed adds the same rule for the second way to some calls on x86, socketcall and ipc. There the arguments lie behind a
// pointer, which a filter can not follow: a permission with conditions is not given, a ban with conditions bans altogether.
func (p *profile) addMuxed(name string, act uint32) {
	by, number := muxed(name)
	if number == 0 {
		return
	}
	first := specs.LinuxSeccompArg{Index: 0, Op: specs.OpEqualTo, Value: number}
	p.rules = append(p.rules, rule{calls: []*row{findRow(by)}, when: []specs.LinuxSeccompArg{first}, action: act})
}

// checkListener refuses what would leave a container waiting for ever.
func (p *profile) checkListener(s *specs.LinuxSeccomp) error {
	switch {
	case s.DefaultAction == specs.ActNotify:
		return fmt.Errorf("seccomp: %s can not be the defaultAction: nobody could answer the first call", specs.ActNotify)
	case p.notifies && s.ListenerPath == "":
		return fmt.Errorf("seccomp: %s needs a listenerPath", specs.ActNotify)
	case s.ListenerPath == "" && s.ListenerMetadata != "":
		return fmt.Errorf("seccomp: listenerMetadata needs a listenerPath")
	}
	return nil
}

func checkArgs(args []specs.LinuxSeccompArg) error {
	for _, arg := range args {
		if arg.Index > 5 {
			return fmt.Errorf("seccomp: argument index %d: a system call has arguments 0 to 5", arg.Index)
		}
		switch arg.Op {
		case specs.OpEqualTo, specs.OpNotEqual, specs.OpMaskedEqual,
			specs.OpLessThan, specs.OpLessEqual, specs.OpGreaterThan, specs.OpGreaterEqual:
		default:
			return fmt.Errorf("seccomp: unknown operator %q: use a name such as %s", arg.Op, specs.OpEqualTo)
		}
	}
	return nil
}

// repeats reports that two conditions look at the same argument.
func repeats(args []specs.LinuxSeccompArg) bool {
	var seen [6]bool
	for _, arg := range args {
		if seen[arg.Index] {
			return true
		}
		seen[arg.Index] = true
	}
	return false
}
