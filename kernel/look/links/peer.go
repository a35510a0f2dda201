// This file finds the other end of a veth pair. An end knows only the other's index and a number for its namespace; which
// namespace that is has to be searched for: man 4 veth; RTM_GETNSID in linux/net_namespace.h.
package links

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/vishvananda/netlink"

	"glassbox/kernel/look"
)

// End is one end of a veth pair.
type End struct {
	Namespace uint64 `json:"namespace"` // inode
	File      string `json:"file"`      // with which it can be joined; "" for the one that was asked about
	Link      Link   `json:"link"`
}

// ErrNoPeer tells that the other end is in a namespace that no process and no bind mount shows.
var ErrNoPeer = errors.New("the other end is in a namespace that can not be found from here")

// Peer finds the other end of the veth interface name of a namespace.
func Peer(namespace, name string) (End, error) {
	l, err := Find(namespace, name)
	if err != nil {
		return End{}, err
	}
	if l.Type != "veth" {
		return End{}, fmt.Errorf("find the other end of %s: it is no veth but a %s", name, l.Type)
	}
	end, err := otherEnd(namespace, l)
	if err != nil {
		return End{}, fmt.Errorf("find the other end of %s in %s: %w", name, nameOf(namespace), err)
	}
	return end, nil
}

func otherEnd(namespace string, l Link) (End, error) {
	if l.peerNSID == -1 {
		link, err := byIndex(namespace, l.PeerIndex)
		return End{Link: link}, err
	}
	h, err := open(namespace)
	if err != nil {
		return End{}, err
	}
	defer h.Close()
	files, err := look.NamespaceFiles("net")
	if err != nil {
		return End{}, err
	}
	for inode, file := range files {
		switch id, err := numberOf(h, file); {
		case errors.Is(err, fs.ErrNotExist):
			continue // its last process ended while we searched
		case err != nil:
			return End{}, err
		case id == l.peerNSID:
			link, err := byIndex(file, l.PeerIndex)
			return End{Namespace: inode, File: file, Link: link}, err
		}
	}
	return End{}, ErrNoPeer
}

// numberOf asks by which number the namespace of h calls the one of file; -1 if it never needed one.
func numberOf(h *netlink.Handle, file string) (int, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return h.GetNetNsIdByFd(int(f.Fd()))
}

func byIndex(namespace string, index int) (Link, error) {
	all, err := List(namespace)
	if err != nil {
		return Link{}, err
	}
	for _, l := range all {
		if l.Index == index {
			return l, nil
		}
	}
	return Link{}, fmt.Errorf("no interface has the index %d in %s", index, nameOf(namespace))
}
