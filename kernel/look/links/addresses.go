// This file lists the addresses of one link, without asking for those of all others. man 7 rtnetlink, RTM_GETADDR.
package links

import (
	"encoding/binary"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// AddressesOf lists the addresses of the link with that index in the caller's network namespace, each with the length of its subnet's
// prefix. Where containers have hundreds of links the kernel looks at each for whoever asks for a list; it heeds the index in the
// question only if that is put strictly (NETLINK_GET_STRICT_CHK). man 7 netlink.
func AddressesOf(index int) ([]netip.Prefix, error) {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{Strict: true})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	question := make([]byte, unix.SizeofIfAddrmsg)
	binary.NativeEndian.PutUint32(question[4:], uint32(index))
	answers, err := conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETADDR, Flags: netlink.Request | netlink.Dump}, Data: question})
	if err != nil {
		return nil, err
	}
	var all []netip.Prefix
	for _, a := range answers {
		one, err := addressIn(a.Data)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// addressIn reads a struct ifaddrmsg and its attributes. Of a link between two, IFA_ADDRESS is the other one's, and IFA_LOCAL our own.
func addressIn(answer []byte) (netip.Prefix, error) {
	bits := int(answer[1])
	attributes, err := netlink.NewAttributeDecoder(answer[unix.SizeofIfAddrmsg:])
	if err != nil {
		return netip.Prefix{}, err
	}
	var address, local netip.Addr
	for attributes.Next() {
		switch attributes.Type() {
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(attributes.Bytes())
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(attributes.Bytes())
		}
	}
	if local.IsValid() {
		address = local
	}
	return netip.PrefixFrom(address, bits), attributes.Err()
}
