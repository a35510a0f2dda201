// This file keeps the addresses. A lease is a symbolic link in the pool's directory: its name is the address, its target the
// container. symlink(2) makes name and content in one step and refuses a name that exists; so no crash leaves half a lease,
// and no two containers get one address. `ls -l` shows them all.
package network

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Pool is the addresses of one subnet, with the leases in Dir.
type Pool struct {
	Dir string
	Subnet
}

// lastFile holds the newest lease. Going on from there keeps an address out of use for as long as possible, while somebody
// may still remember who had it. It is only a wish: torn or lost, the search begins at the start.
const lastFile = "last"

// Allocate leases the next free address to a container. The network's own address, the gateway's, those of others and the last
// one (broadcast) are never leased.
func (p Pool) Allocate(id string) (netip.Addr, error) {
	none := netip.Addr{}
	unlock, err := p.lock()
	if err != nil {
		return none, fmt.Errorf("lease an address: %w", err)
	}
	defer unlock()
	start := p.after(p.last())
	for a := start; ; {
		err := os.ErrExist
		if !p.reserved(a) {
			err = os.Symlink(id, p.path(a))
		}
		if err == nil {
			return a, p.remember(a, id)
		}
		if !errors.Is(err, os.ErrExist) {
			return none, fmt.Errorf("lease an address: %w", err)
		}
		if a = p.after(a); a == start {
			return none, fmt.Errorf("lease an address: all of %s are in use: remove containers", p.span())
		}
	}
}

// Take leases the address that was asked for.
func (p Pool) Take(a netip.Addr, id string) error {
	if !p.Prefix.Contains(a) {
		return fmt.Errorf("address %s: no configured subnet contains it: the network has %s", a, p.Prefix)
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return fmt.Errorf("lease %s: %w", a, err)
	}
	err := os.ErrExist
	if !p.reserved(a) {
		err = os.Symlink(id, p.path(a))
	}
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("address %s is already in use: choose another one", a)
	}
	return err
}

// reserved tells whether an address is somebody's who needs no lease.
func (p Pool) reserved(a netip.Addr) bool {
	return a == p.Gateway || a == p.Prefix.Addr() || !p.Prefix.Contains(a.Next()) || slices.Contains(slices.Collect(maps.Values(p.Aux)), a)
}

// span is the part of the subnet from which addresses are drawn.
func (p Pool) span() netip.Prefix {
	if p.Range.IsValid() {
		return p.Range
	}
	return p.Prefix
}

// Release gives an address back, if it is this container's; else it does nothing.
func Release(dir string, a netip.Addr, id string) error {
	p := Pool{Dir: dir}
	unlock, err := p.lock()
	if err != nil {
		return fmt.Errorf("release %s: %w", a, err)
	}
	defer unlock()
	owner, err := os.Readlink(p.path(a))
	if errors.Is(err, os.ErrNotExist) || err == nil && owner != id {
		return nil
	}
	if err == nil {
		err = os.Remove(p.path(a))
	}
	if err != nil {
		return fmt.Errorf("release %s: %w", a, err)
	}
	return nil
}

// Leases lists who has which address. A directory that was never used has none.
func Leases(dir string) (map[netip.Addr]string, error) {
	p := Pool{Dir: dir}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list the leases: %w", err)
	}
	leases := map[netip.Addr]string{}
	for _, e := range entries {
		a, err := netip.ParseAddr(e.Name())
		if err != nil {
			continue // lastFile
		}
		id, err := os.Readlink(p.path(a))
		if errors.Is(err, os.ErrNotExist) {
			continue // released while we read
		}
		if err != nil {
			return nil, fmt.Errorf("list the leases: %w", err)
		}
		leases[a] = id
	}
	return leases, nil
}

func (p Pool) path(a netip.Addr) string { return filepath.Join(p.Dir, a.String()) }

// lock keeps other processes out; the kernel lets go of it when the holder dies. man 2 flock.
func (p Pool) lock() (unlock func(), err error) {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.Open(p.Dir)
	if err != nil {
		return nil, err
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(int(dir.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		dir.Close()
		return nil, fmt.Errorf("lock %s: %w", p.Dir, err)
	}
	return func() { dir.Close() }, nil
}

// after is the address behind a, going round at the end of the span.
func (p Pool) after(a netip.Addr) netip.Addr {
	span := p.span()
	if !a.IsValid() || !span.Contains(a) || !span.Contains(a.Next()) {
		return span.Addr()
	}
	return a.Next()
}

func (p Pool) last() netip.Addr {
	text, err := os.ReadFile(filepath.Join(p.Dir, lastFile))
	if err != nil {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(strings.TrimSpace(string(text)))
	if err != nil {
		return netip.Addr{}
	}
	return a
}

// remember notes the newest lease; where that fails, the lease is given back.
func (p Pool) remember(a netip.Addr, id string) error {
	err := os.WriteFile(filepath.Join(p.Dir, lastFile), []byte(a.String()+"\n"), 0o600)
	if err != nil {
		return errors.Join(fmt.Errorf("lease %s to %s: %w", a, id, err), os.Remove(p.path(a)))
	}
	return nil
}
