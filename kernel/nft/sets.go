// This file holds our table's sets, which say which links are ours, and its maps, which say which ports are published. Adding to
// them never touches a rule, and finding something in them costs the same among thousands.
package nft

import (
	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
)

func sets() []*nftables.Set {
	return []*nftables.Set{bridges(), inside(), closed(), masqueraded()}
}

// bridges holds the bridge of every network.
func bridges() *nftables.Set { return linkSet("bridges", nftables.TypeIFName) }

// inside holds each bridge twice: a packet that comes from there and goes there stays on it.
func inside() *nftables.Set { return linkSet("inside", nftables.TypeIFName, nftables.TypeIFName) }

// closed holds the bridges of internal networks.
func closed() *nftables.Set { return linkSet("closed", nftables.TypeIFName) }

// masqueraded holds the bridges whose containers leave with the host's address.
func masqueraded() *nftables.Set { return linkSet("masqueraded", nftables.TypeIFName) }

func linkSet(name string, key ...nftables.SetDatatype) *nftables.Set {
	s := &nftables.Set{Table: table(), Name: name, KeyType: key[0], KeyByteOrder: binaryutil.NativeEndian} // else nft(8) shows no names
	if len(key) > 1 {
		s.Concatenation, s.KeyType = true, nftables.MustConcatSetType(key...)
	}
	return s
}

func maps() []*nftables.Set {
	return []*nftables.Set{everywhere(nftables.TypeIPAddr), atAddress(nftables.TypeIPAddr),
		everywhere(nftables.TypeIP6Addr), atAddress(nftables.TypeIP6Addr)}
}

// everywhere holds ports published on every address of the host.
func everywhere(address nftables.SetDatatype) *nftables.Set {
	return portMap("published"+generation(address), address, nftables.TypeInetProto, nftables.TypeInetService)
}

// atAddress holds ports published on one address of the host.
func atAddress(address nftables.SetDatatype) *nftables.Set {
	return portMap("published_at"+generation(address), address, address, nftables.TypeInetProto, nftables.TypeInetService)
}

func generation(address nftables.SetDatatype) string {
	if address == nftables.TypeIP6Addr {
		return "6"
	}
	return ""
}

// portMap leads from a port of the host to one of a container. Each element counts the connections that it made.
func portMap(name string, address nftables.SetDatatype, key ...nftables.SetDatatype) *nftables.Set {
	return &nftables.Set{Table: table(), Name: name, IsMap: true, Concatenation: true, Counter: true,
		KeyType: nftables.MustConcatSetType(key...), DataType: nftables.MustConcatSetType(address, nftables.TypeInetService)}
}
