#!/bin/sh
# accelerator.sh prints what qemu can use: kvm, or tcg, which emulates in software. KVM may be there and yet not work, in a machine
# that is virtual itself: so it has to boot our own small machine within seconds, once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
known=$here/../bin/vm/accelerator.$(id -u) # /dev/kvm is not everybody's
if [ ! -e "$known" ]; then
	accelerator=tcg
	if [ -w /dev/kvm ]; then
		probe=$(mktemp -d)
		trap 'rm -rf "$probe"' EXIT
		mkdir "$probe/job"
		printf '#!/bin/sh\necho alive\n' >"$probe/job/run"
		chmod +x "$probe/job/run"
		if VM_TIMEOUT=8 VM_ACCELERATOR=kvm "$here/quick/boot.sh" v2 "$probe" 2>/dev/null | grep -q alive; then accelerator=kvm; fi
	fi
	mkdir -p "${known%/*}"
	echo "$accelerator" >"$known"
fi
cat "$known"
