// This file refuses what this runtime or this host does not have.
package check

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// label: a profile that is asked for and not applied would leave its user unprotected without a word.
func label(p *specs.Process) error {
	if p.SelinuxLabel != "" {
		return fmt.Errorf("process.selinuxLabel %q: this runtime does not set SELinux labels: leave it out (docker: --security-opt label=disable)", p.SelinuxLabel)
	}
	if p.ApparmorProfile == "" || p.ApparmorProfile == "unconfined" {
		return nil
	}
	if on, err := os.ReadFile("/sys/module/apparmor/parameters/enabled"); err != nil || !strings.HasPrefix(string(on), "Y") {
		return fmt.Errorf("process.apparmorProfile %q: AppArmor is not enabled on this host: leave it out", p.ApparmorProfile)
	}
	return nil
}

func lacking(spec *specs.Spec) error {
	l := spec.Linux
	switch {
	case l.MountLabel != "":
		return fmt.Errorf("linux.mountLabel %q: this runtime does not set SELinux labels: leave it out", l.MountLabel)
	case l.IntelRdt != nil:
		return errors.New("linux.intelRdt: this runtime does not use the resctrl file system: leave it out")
	case spec.VM != nil || spec.Windows != nil || spec.Solaris != nil || spec.ZOS != nil:
		return errors.New("this runtime makes Linux containers: remove the parts for other platforms")
	}
	return nil
}
