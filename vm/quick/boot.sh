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
	capsh:libcap2-bin
"$here/fetch.sh" "$dir"
"$here/image.sh" "$dir"

machine() { # ACCELERATOR INITRD
	timeout --foreground "${VM_TIMEOUT:-900}" qemu-system-x86_64 -accel "$1" -cpu max -machine q35 -smp 2 -m "${VM_MEMORY:-1536}" \
		-nodefaults -no-user-config -display none -serial stdio -no-reboot -nic none -kernel "$dir/kernel/vmlinuz" -initrd "$2" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off cgroups=$mode" </dev/null
}

# KVM may be there and yet not work, in a machine that is virtual itself: the first time it has to boot within seconds.
if [ ! -e "$dir/accelerator" ]; then
	mkdir -p "$dir/probe/job"
	printf '#!/bin/sh\necho alive\n' >"$dir/probe/job/run"
	chmod +x "$dir/probe/job/run"
	(cd "$dir/probe" && find . | cpio -o -H newc --quiet | cat "$dir/base.cpio" - >"$dir/probe.cpio")
	accelerator=tcg
	if [ -w /dev/kvm ] && VM_TIMEOUT=8 machine kvm "$dir/probe.cpio" 2>/dev/null | grep -q alive; then accelerator=kvm; fi
	rm -rf "$dir/probe" "$dir/probe.cpio"
	echo "$accelerator" >"$dir/accelerator"
fi

# The kernel unpacks archives that follow each other into one file system.
image=$(mktemp "$dir/image.XXXXXX")
log=$(mktemp "$dir/log.XXXXXX")
trap 'rm -f "$image" "$log"' EXIT
{ cat "$dir/base.cpio"; (cd "$extra" && find . -mindepth 1 | cpio -o -H newc --quiet); } >"$image"
machine "$(cat "$dir/accelerator")" "$image" | tr -d '\r' | tee "$log"
code=$(sed -n 's/^vm: exit //p' "$log")
[ -n "$code" ] || { echo "boot.sh: the machine ended before the job did" >&2; exit 125; }
exit "$code"
