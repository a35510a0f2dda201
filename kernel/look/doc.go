// Package look is the read-only eyes of Glassbox: what the kernel says about namespaces, mounts, cgroups, processes and
// hostnames. It changes nothing, so a proof that looks through it can not share a bug with what it proves.
//
//	namespace.go  Namespaces Namespace      man 7 namespaces     /proc/PID/ns
//	nsfiles.go    NamespaceFiles            every namespace of a type, with a file to join it by
//	pids.go       NSpid Children Processes  man 7 pid_namespaces /proc/PID/status
//	mount.go      Mounts                    man 5 proc           /proc/PID/mountinfo
//	covering.go   MountAt Covering          which mount is met at a path
//	overlay.go    Overlay                   the layers of an overlay mount
//	layout.go     Layout                    man 7 cgroups        which controller is mounted where
//	trees.go      HostLayout LayoutOf                            where that is found out
//	cgroup.go     CgroupOf                                       /proc/PID/cgroup
//	limits.go     CgroupLimits              what is limited and used, in v1's names or v2's
//	pressure.go   PressureOf Trigger.Await  accounting/psi.rst   how long it had to wait
//	process.go    ReadProcess               man 7 credentials, capabilities
//	ancestors.go  Ancestors Args Label      its parents, and its label of a security module
//	sockets.go    Listening                                      /proc/PID/net/tcp
//	hostname.go   Hostname                  man 7 uts_namespaces
//
// Every answer is a plain struct that json.Marshal prints, and has a Write… function that prints it as a table.
// Package look/links does the same for network interfaces, look/nft for firewall rules, look/devices for device rules; they are apart to
// keep this one small. Package look/xray joins them all to one report.
package look
