// This file puts names to capabilities: man 7 capabilities.
package look

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/sys/capability"
)

// Capabilities are the five sets of a process. What root may do is cut into these pieces.
type Capabilities struct {
	Effective   CapabilitySet `json:"effective"`   // counts now
	Permitted   CapabilitySet `json:"permitted"`   // may be made effective
	Inheritable CapabilitySet `json:"inheritable"` // kept across execve, if the file agrees
	Bounding    CapabilitySet `json:"bounding"`    // no execve gives more than these
	Ambient     CapabilitySet `json:"ambient"`     // kept across execve without root
}

// CapabilitySet is one set.
type CapabilitySet struct {
	Mask    uint64   `json:"mask"`
	Names   []string `json:"names"`
	Missing []string `json:"missing"` // what this kernel knows and the set has not
}

// CapabilityNames lists the capabilities of a mask: "CAP_CHOWN", or "CAP_63" for one without a name.
func CapabilityNames(mask uint64) []string {
	names := []string{}
	for n := range 64 {
		if mask>>n&1 == 1 {
			names = append(names, capabilityName(n))
		}
	}
	return names
}

func capabilityName(n int) string {
	if c := capability.Cap(n); n < len(capability.ListKnown()) {
		return "CAP_" + strings.ToUpper(c.String())
	}
	return "CAP_" + strconv.Itoa(n)
}

func capabilitiesOf(status fields) (Capabilities, error) {
	last, err := capability.LastCap()
	if err != nil {
		return Capabilities{}, fmt.Errorf("find the kernel's last capability: %w", err)
	}
	all := uint64(1)<<(int(last)+1) - 1
	var c Capabilities
	for _, set := range []struct {
		field string
		to    *CapabilitySet
	}{{"CapEff", &c.Effective}, {"CapPrm", &c.Permitted}, {"CapInh", &c.Inheritable}, {"CapBnd", &c.Bounding}, {"CapAmb", &c.Ambient}} {
		mask, err := strconv.ParseUint(status[set.field], 16, 64)
		if err != nil {
			return c, fmt.Errorf("read the capabilities %s: %w", set.field, err)
		}
		*set.to = CapabilitySet{Mask: mask, Names: CapabilityNames(mask), Missing: CapabilityNames(all &^ mask)}
	}
	return c, nil
}
