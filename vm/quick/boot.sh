#!/bin/sh
# boot.sh MODE DIR: boots Debian's kernel with all of DIR added to the root directory, runs /job/run as root, and ends with its
# exit code. MODE says how cgroups are mounted: v2, v1 or hybrid. What the job writes is gone afterwards.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mode=$1
extra=$(cd "$2" && pwd)
dir=$here/../../bin/vm
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

"$here/../need.sh" qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio nft:nftables ip:iproute2 ping:iputils-ping \
	capsh:libcap2-bin prove:perl
"$here/fetch.sh" "$dir"
"$here/image.sh" "$dir"

accelerator=${VM_ACCELERATOR:-$("$here/../accelerator.sh")}

# The kernel unpacks archives that follow each other into one file system.
image=$(mktemp "$dir/image.XXXXXX")
log=$(mktemp "$dir/log.XXXXXX")
trap 'rm -f "$image" "$log"' EXIT
{ cat "$dir/base.cpio"; (cd "$extra" && find . -mindepth 1 | cpio -o -H newc -R 0:0 --quiet); } >"$image"
timeout --foreground "${VM_TIMEOUT:-900}" qemu-system-x86_64 -accel "$accelerator" -cpu max -machine q35 -smp "${VM_CPUS:-2}" -m "${VM_MEMORY:-1536}" \
	-nodefaults -no-user-config -display none -serial stdio -no-reboot -nic none -kernel "$dir/kernel/vmlinuz" -initrd "$image" \
	-append "console=ttyS0 loglevel=1 panic=-1 mitigations=off cgroups=$mode" </dev/null | sed -u 's/\r$//' | tee "$log" | sed -u '/^vm: exit /,$d'
code=$(sed -n 's/^vm: exit //p' "$log")
[ -n "$code" ] || { echo "boot.sh: the machine ended before the job did" >&2; exit 125; }
exit "$code"
