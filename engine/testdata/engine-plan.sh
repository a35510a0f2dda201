# Make the container's directory
mkdir -p /var/lib/glassbox/containers
mkdir -p /var/lib/glassbox/names
mkdir -m 0710 /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# Make the container's folders
mkdir -m 0711 /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs
mkdir -m 0755 /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/upper
mkdir -m 0700 /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/work
mkdir -m 0755 /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/merged
# Make the container's live directory
mkdir -p /run/glassbox/containers
mkdir -p /run/glassbox/netns
mkdir -p /run/glassbox/runtime
mkdir -m 0710 /run/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# Stack the layers
mount -t overlay -o lowerdir=/var/lib/glassbox/l/top:/var/lib/glassbox/l/base,upperdir=/var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/upper,workdir=/var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/work,volatile overlay /var/lib/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/fs/merged
# Write hosts, hostname and resolv.conf
printf %s '127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
ff00::	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
10.44.0.2	0123456789ab
' > /run/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/hosts
printf %s '0123456789ab
' > /run/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/hostname
printf %s '# Made by glassbox for this container.
nameserver 192.0.2.53
' > /run/glassbox/containers/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/resolv.conf
# Create a network namespace
touch /run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef && unshare --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef true
# Bring up loopback
nsenter --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ip link set lo up
# Lay a virtual cable
ip link add gb0123456789ab up mtu 1500 master glassbox0 type veth peer name eth0 netns /run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef address 02:42:0a:2c:00:02 mtu 1500
sysctl -w net/ipv6/conf/gb0123456789ab/disable_ipv6=1
nsenter --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ip link set eth0 addrgenmode none
nsenter --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ip link set eth0 up
until ip link show gb0123456789ab | grep -q 'state UP'; do :; done
# Give the container an address
nsenter --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ip address add 10.44.0.2/16 dev eth0
# Point the default route at the bridge
nsenter --net=/run/glassbox/netns/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef ip route add default via 10.44.0.1
