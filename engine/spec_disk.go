// This file describes the limits of disks. The kernel knows a disk by its numbers, people by its path.
package engine

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func diskSpec(d DiskLimits) (*specs.LinuxBlockIO, error) {
	b := &specs.LinuxBlockIO{}
	if d.Weight != 0 {
		if err := checkWeight("--blkio-weight", uint64(d.Weight)); err != nil {
			return nil, err
		}
		b.Weight = &d.Weight
	}
	for _, w := range d.Weights {
		if err := checkWeight("--blkio-weight-device "+w.Device, w.Rate); err != nil {
			return nil, err
		}
		share := uint16(w.Rate)
		one := specs.LinuxWeightDevice{Weight: &share}
		one.Major, one.Minor = w.Major, w.Minor
		b.WeightDevice = append(b.WeightDevice, one)
	}
	b.ThrottleReadBpsDevice, b.ThrottleWriteBpsDevice = throttles(d.ReadBytes), throttles(d.WriteBytes)
	b.ThrottleReadIOPSDevice, b.ThrottleWriteIOPSDevice = throttles(d.ReadOps), throttles(d.WriteOps)
	if d.none() {
		return nil, nil
	}
	return b, nil
}

func checkWeight(flag string, w uint64) error {
	if w < 10 || w > 1000 {
		return fmt.Errorf("%s: %d: the range of weights is from 10 to 1000", flag, w)
	}
	return nil
}

func throttles(list []DeviceRate) []specs.LinuxThrottleDevice {
	var all []specs.LinuxThrottleDevice
	for _, d := range list {
		one := specs.LinuxThrottleDevice{Rate: d.Rate}
		one.Major, one.Minor = d.Major, d.Minor
		all = append(all, one)
	}
	return all
}

func (d DiskLimits) none() bool {
	return d.Weight == 0 && len(d.Weights)+len(d.ReadBytes)+len(d.WriteBytes)+len(d.ReadOps)+len(d.WriteOps) == 0
}

// found returns the limits with the numbers of their disks.
func (d DiskLimits) found() (DiskLimits, error) {
	for _, list := range []*[]DeviceRate{&d.Weights, &d.ReadBytes, &d.WriteBytes, &d.ReadOps, &d.WriteOps} {
		var all []DeviceRate
		for _, one := range *list {
			node, err := deviceAt(one.Device)
			if err != nil {
				return d, fmt.Errorf("limit a disk: %w", err)
			}
			if node.Type != "b" {
				return d, fmt.Errorf("limit a disk: %s is no block device: 'lsblk -p' lists them", one.Device)
			}
			one.Major, one.Minor = node.Major, node.Minor
			all = append(all, one)
		}
		*list = all
	}
	return d, nil
}
