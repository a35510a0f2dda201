// This file checks the limits: what is asked for, and whether it says enough.
package check

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func resources(spec *specs.Spec) error {
	r := spec.Linux.Resources
	if r == nil {
		return nil
	}
	if r.BlockIO != nil {
		for _, d := range r.BlockIO.WeightDevice {
			if d.Weight == nil && d.LeafWeight == nil {
				return fmt.Errorf("linux.resources: blockIO.weightDevice %d:%d: neither weight nor leafWeight: give one", d.Major, d.Minor)
			}
		}
	}
	for name, limit := range r.Rdma {
		if limit.HcaHandles == nil && limit.HcaObjects == nil {
			return fmt.Errorf("linux.resources: rdma %s: neither hcaHandles nor hcaObjects: give one", name)
		}
	}
	return nil
}
