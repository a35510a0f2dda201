// This file keeps the addresses. A lease is a symbolic link in the pool's directory: its name is the address, its target the
// container. symlink(2) makes name and content in one step and refuses a name that exists; so no crash leaves half a lease,
// and no two containers get one address. `ls -l` shows them all.
package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Pool is the addresses of one subnet, with the leases in Dir.
type Pool struct {
	Dir    string
	Subnet netip.Prefix
}

// lastFile holds the newest lease. Going on from there keeps an address out of use for as long as possible, while somebody
// may still remember who had it. It is only a wish: torn or lost, the search begins at the start.
const lastFile = "last"

// Allocate leases the next free address to a container. The network's own address, the bridge's and the last one (broadcast)
// are never leased.
func (p Pool) Allocate(id string) (netip.Addr, error) {
	none := netip.Addr{}
	unlock, err := p.lock()
	if err != nil {
		return none, fmt.Errorf("lease an address: %w", err)
	}
	defer unlock()
	first := p.Subnet.Masked().Addr().Next().Next()
	start := p.after(p.last(), first)
	for a := start; ; {
		err := os.Symlink(id, p.path(a))
		if err == nil {
			return a, p.remember(a, id)
		}
		if !errors.Is(err, os.ErrExist) {
			return none, fmt.Errorf("lease an address: %w", err)
		}
		if a = p.after(a, first); a == start {
			return none, fmt.Errorf("lease an address: all of %s are in use: remove containers", p.Subnet)
		}
	}
}

// Release gives an address back, if it is this container's; else it does nothing.
func (p Pool) Release(a netip.Addr, id string) error {
	unlock, err := p.lock()
	if err != nil {
		return fmt.Errorf("release %s: %w", a, err)
	}
	defer unlock()
	owner, err := os.Readlink(p.path(a))
	if errors.Is(err, os.ErrNotExist) || err == nil && owner != id {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release %s: %w", a, err)
	}
	if err := os.Remove(p.path(a)); err != nil {
		return fmt.Errorf("release %s: %w", a, err)
	}
	return nil
}

// Leases lists who has which address. A pool that was never used has none.
func (p Pool) Leases() (map[netip.Addr]string, error) {
	entries, err := os.ReadDir(p.Dir)
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

// after is the address behind a, going round at the end of the subnet.
func (p Pool) after(a, first netip.Addr) netip.Addr {
	next := a.Next()
	if !p.Subnet.Contains(a) || !p.Subnet.Contains(next) || !p.Subnet.Contains(next.Next()) {
		return first
	}
	return next
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
