// Package links looks at the network of a namespace: interfaces, addresses, routes, neighbours, and which interface is the
// other end of a veth pair. It changes nothing. man 7 rtnetlink, veth, network_namespaces.
//
//	links.go    List Members     interfaces with their addresses
//	peer.go     Peer             the other end of a veth pair, in whatever namespace it is
//	routes.go   Routes Neighbours
//	render.go   WriteLinks WriteRoutes WriteNeighbours
//
// A namespace is given as a file, such as look.NamespacePath(pid, "net") or /run/netns/NAME; "" is our own.
package links
