#!/bin/sh
# up.sh NAME [KERNEL [MODE]]: starts the machine NAME and waits until it can be reached. KERNEL is the beginning of a version
# ("6.1."; default: the newest), MODE how systemd mounts the cgroups: v2 (default), hybrid or v1. A machine that has run before goes on
# with its own disk, which holds what differs from the one that build.sh made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=$(cd "$here/../.." && pwd)/bin/vm/lab
name=$1 kernel=${2:-} mode=${3:-v2}
dir=$lab/$name
if "$here/alive.sh" "$name"; then
	echo "the machine $name is running: $(cat "$dir/booted"); for another kernel or mode switch it off first (make vm-stop)"
	exit 0
fi

"$here/build.sh"
accelerator=${VM_ACCELERATOR:-$("$here/../accelerator.sh")}
mkdir -p "$dir"
[ -e "$dir/disk.qcow2" ] || qemu-img create -q -f qcow2 -b "$lab/disk.img" -F raw "$dir/disk.qcow2"
version=$(cd "$lab" && printf '%s\n' vmlinuz-"$kernel"* | sed 's/^vmlinuz-//' | sort -V | tail -n 1)
[ -e "$lab/vmlinuz-$version" ] || { echo "up.sh: no kernel $kernel in $lab: there is $(cd "$lab" && echo vmlinuz-*)" >&2; exit 1; }
case $mode in
v2) cgroups=systemd.unified_cgroup_hierarchy=1 ;;
hybrid) cgroups=systemd.unified_cgroup_hierarchy=0 ;;
v1) cgroups="systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1" ;;
*) echo "up.sh: mode $mode: there is v2, hybrid and v1" >&2; exit 2 ;;
esac

# restrict=on: the machine can be reached through ssh on our loopback and reaches nobody itself.
port=${VM_PORT:-2222}
echo "$port" >"$dir/port"
qemu-system-x86_64 -accel "$accelerator" -cpu max,-cx16 -machine q35 -smp "${VM_CPUS:-2}" -m "${VM_MEMORY:-2048}" -nodefaults -no-user-config -no-reboot \
	-kernel "$lab/vmlinuz-$version" -initrd "$lab/initrd-$version" \
	-append "root=/dev/vda rw console=ttyS0 quiet panic=-1 mitigations=off net.ifnames=1 $cgroups" \
	-drive "file=$dir/disk.qcow2,if=virtio,cache=unsafe" -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
	-nic "user,model=virtio-net-pci,restrict=${VM_RESTRICT:-on},hostfwd=tcp:127.0.0.1:$port-:22" \
	-display none -serial "unix:$dir/console,server=on,wait=off,logfile=$dir/console.log" -monitor "unix:$dir/monitor,server=on,wait=off" \
	-daemonize -pidfile "$dir/pid"

echo "Linux $version with cgroups $mode" >"$dir/booted"
echo "booting $(cat "$dir/booted") ($accelerator); the console is in $dir/console.log"
tries=0
until VM_PATIENCE=20 "$here/in.sh" "$name" true 2>/dev/null; do
	tries=$((tries + 1))
	if [ $tries -gt 200 ] || ! "$here/alive.sh" "$name"; then
		tail -n 20 "$dir/console.log" >&2
		echo "up.sh: the machine $name can not be reached; above is the end of its console" >&2
		"$here/down.sh" "$name"
		exit 1
	fi
	sleep 1
done
