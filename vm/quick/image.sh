#!/bin/sh
# image.sh DIR: DIR/base.cpio, the first file system of the machine: busybox, the kernel's modules that containers need, the
# tools of the tests with their libraries, and our init. Modules are loaded when they are asked for, as on any machine.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
base=$dir/base.cpio
if [ -e "$base" ] && [ -z "$(find "$here" "$dir/kernel/vmlinuz" -newer "$base")" ]; then exit 0; fi

root=$dir/root
rm -rf "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/run" "$root/var/lib" "$root/etc" "$root/lib" "$root/mnt" "$root/new"
ln -s bin "$root/sbin"
mkdir "$root/usr" && ln -s ../bin "$root/usr/bin" && ln -s ../bin "$root/usr/sbin"
cp "$here/init" "$root/init"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $(busybox --list | grep -vx busybox); do ln -s busybox "$root/bin/$name"; done
echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"
echo 127.0.0.1 localhost >"$root/etc/hosts"

# The host's tools in place of busybox's, each with the libraries that ldd names.
tools=$(dpkg -L dash coreutils util-linux mount iproute2 iputils-ping nftables grep sed findutils mawk procps hostname perl-base libcap2-bin tar bash 2>/dev/null |
	grep -E '^(/usr)?/s?bin/')
for tool in $tools; do
	[ -f "$tool" ] || continue # a directory
	rm -f "$root/bin/${tool##*/}"
	cp "$tool" "$root/bin/"
	for library in $(ldd "$tool" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$root${library%/*}"
		cp -n "$library" "$root$library"
	done
done
ln -sf dash "$root/bin/sh"
ln -sf mawk "$root/bin/awk"
cp /etc/protocols /etc/services "$root/etc/" 2>/dev/null || true # names for nft; not everywhere
# The image "box" can be made in there, too. Some lessons measure with perl and its Time::HiRes.
for path in /usr/share/doc/busybox-static /usr/share/common-licenses /usr/lib/*/perl-base /usr/lib/*/perl; do
	mkdir -p "$root$path" && cp -a "$path/." "$root$path/"
done

# modules.dep has a line for each module, with all that it needs: "fs/overlay.ko: lib/a.ko lib/b.ko".
version=$(ls "$dir/kernel/lib/modules")
cd "$dir/kernel"
mkdir -p "$root/lib/modules/$version"
cp "lib/modules/$version"/modules.* "$root/lib/modules/$version/"
awk '/^kernel\/(net\/(netfilter|bridge|ipv4|ipv6|packet)\/|fs\/overlayfs\/|drivers\/block\/(loop|zram)|crypto\/(lzo|crc32c)|arch\/x86\/crypto\/crc32c|drivers\/net\/(veth|macvlan|dummy|tun|vxlan|ipvlan\/))/ {
	gsub(":", ""); for (i = 1; i <= NF; i++) print $i }' modules.dep | sort -u | (cd "lib/modules/$version" && cpio -pdm --quiet "$root/lib/modules/$version")
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$base.new"
mv "$base.new" "$base"
rm -rf "$root"
