#!/bin/sh
# build.sh: bin/vm/lab/disk.img, a small Debian 12 with systemd, ssh and two kernels (12's own and the one of its backports), and
# beside it what qemu boots: vmlinuz-VERSION and initrd-VERSION. Made of Debian's packages alone. Run as root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../need.sh" mmdebstrap:mmdebstrap qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils mke2fs:e2fsprogs \
	ssh:openssh-client
mkdir -p "$here/../../bin/vm/lab"
cd "$here/../../bin/vm/lab"
if [ -e disk.img ] && [ -z "$(find "$here/build.sh" "$here/customize.sh" -newer disk.img)" ]; then exit 0; fi

for machine in ./*/; do
	if "$here/alive.sh" "$(basename "$machine")"; then
		echo "build.sh: the machine $machine runs on the disk that is to be built anew: switch it off first (make vm-stop)" >&2
		exit 1
	fi
done
echo "building a Debian for the virtual machine (two minutes)"
rm -rf root vmlinuz-* initrd-* key key.pub disk.img
rm -f ./*/disk.qcow2 # the difference to a disk that is no more
ssh-keygen -q -t ed25519 -N '' -C glassbox-vm -f key
mirror=http://deb.debian.org/debian
printf 'deb %s %s main\n' $mirror bookworm $mirror bookworm-updates $mirror bookworm-backports >sources.list

# The first file system needs the drivers of qemu's disk alone: every module more costs a second of unpacking without KVM.
# shellcheck disable=SC2016 # $1 is mmdebstrap's: the new root directory
mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
	--include=systemd,systemd-sysv,dbus,udev,kmod,initramfs-tools,openssh-server,iproute2,iputils-ping,nftables,procps \
	--include=busybox-static,netbase,perl-base,libcap2-bin,ca-certificates,make,less,sudo,uidmap \
	--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" && printf "MODULES=list\nCOMPRESS=gzip\n" >"$1/etc/initramfs-tools/conf.d/small"
		printf "virtio_pci\nvirtio_blk\next4\n" >>"$1/etc/initramfs-tools/modules"' \
	--customize-hook='chroot "$1" apt-get -qq -y install linux-image-cloud-amd64 >/dev/null' \
	--customize-hook='chroot "$1" apt-get -qq -y -t bookworm-backports install linux-image-cloud-amd64 >/dev/null' \
	--customize-hook="$here/customize.sh \"\$1\" $PWD/key.pub" \
	bookworm root sources.list

for kernel in root/boot/vmlinuz-*; do
	version=${kernel#root/boot/vmlinuz-}
	cp "$kernel" "vmlinuz-$version"
	cp "root/boot/initrd.img-$version" "initrd-$version"
done
rm -f root/boot/vmlinuz-* root/boot/initrd.img-* root/boot/System.map-* # its config stays, for doctor
mke2fs -q -t ext4 -d root disk.new 6G
rm -rf root sources.list
mv disk.new disk.img
