// Package kernel holds every request that Glassbox makes of Linux, one small type per meaning. Each is an explain.Op: Do makes
// the request, Call prints it as strace would, Shell as a person would type it. There is no policy here and there are no
// defaults: who wants something, and why, is the business of the plans.
//
//	mount.go     Mount Bind Remount SetPropagation Unmount         man 2 mount, umount2
//	overlay.go   Overlay: layers shown as one directory             filesystems/overlayfs.rst
//	inroot.go    the same for targets inside a container's root    man 2 openat2
//	root.go      PivotRoot Chroot Chdir                            man 2 pivot_root, chroot
//	file.go      Mkdir EnsureDir WriteFile Symlink Mknod Chown …   man 2 mkdir, open, symlink, mknod
//	cgroup.go    CgroupCreate CgroupSet CgroupJoin CgroupOwner …   man 7 cgroups
//	scope.go     ScopeStart ScopeSet ScopeStop: a unit of systemd  man 1 busctl
//	clone.go     Clone: a process in new namespaces                man 2 clone, setns
//	cloneuser.go the same in a user namespace of others            man 7 user_namespaces
//	identity.go  SetHostname SetUser SetRlimit …                   man 7 credentials
//	capability.go KeepCapabilities DropBounding SetCapabilities    man 7 capabilities
//	seccomp.go   SeccompFilter                                     man 2 seccomp
//	schedule.go  SetScheduler SetAffinity SetMemoryPolicy …        man 2 sched_setattr, set_mempolicy
//	attribute.go SetAttributesIn; mapped.go MapTree PlaceTreeIn    man 2 mount_setattr, move_mount
//	copyup.go    CopyUpIn: a tmpfs filled with what it covers
//	filldir.go   FillDir: an empty volume filled with the image's files; copytree.go says how files are copied
//	usemount.go  UseMount LeaveMount: who shares a mount            man 2 flock
//	bindpart.go  BindPart: a part of a directory that nobody may trust
//	hook.go      RunHook: a program of somebody else's             man 2 execve
//	netns.go     NetnsCreate NetnsRemove                           man 7 network_namespaces
//	userns.go    UserNamespaceCreate MapMount ChangeGroup          man 7 user_namespaces, man 2 mount_setattr
//	link.go      LinkEnsureBridge LinkAddVeth LinkUp LinkUnplug …  man 7 rtnetlink, man 4 veth
//	address.go   AddressAdd AddressEnsure DefaultRouteAdd          man 8 ip-address, ip-route
//	linkmove.go  LinkMove: a device given away                     man 8 ip-link
//	netlink.go   one rtnetlink message, sent and answered          man 7 netlink
//	netlinkpart.go  the parts of which messages are made
//	journal.go   inverses on disk, for after a crash
//	error.go     Error and the table of hints
//
// Package kernel/nft holds those for nftables.
// Package kernel/look reads the kernel and changes nothing.
package kernel
