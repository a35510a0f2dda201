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
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/run" "$root/var/lib" "$root/etc" "$root/lib" "$root/new"
ln -s bin "$root/sbin"
mkdir "$root/usr" && ln -s ../bin "$root/usr/bin" && ln -s ../bin "$root/usr/sbin"
cp "$here/init" "$root/init"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $(busybox --list | grep -vx busybox); do ln -s busybox "$root/bin/$name"; done
echo root:x:0:0:root:/root:/bin/sh >"$root/etc/passwd"
echo root:x:0: >"$root/etc/group"
echo 127.0.0.1 localhost >"$root/etc/hosts"

# Real tools in place of busybox's, each with the libraries that ldd names.
for tool in nft ip unshare nsenter ping; do
	path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$tool") || continue
	rm -f "$root/bin/$tool"
	cp "$path" "$root/bin/$tool"
	for library in $(ldd "$path" | grep -o '/[^ ]*'); do
		mkdir -p "$root$(dirname "$library")"
		cp -n "$library" "$root$library"
	done
done

# modules.dep has a line for each module, with all that it needs: "fs/overlay.ko: lib/a.ko lib/b.ko".
version=$(ls "$dir/kernel/lib/modules")
cd "$dir/kernel"
mkdir -p "$root/lib/modules/$version"
cp "lib/modules/$version"/modules.* "$root/lib/modules/$version/"
awk '/^kernel\/(net\/(netfilter|bridge|ipv4|ipv6|packet)\/|fs\/overlayfs\/|drivers\/block\/(loop|zram)|crypto\/lzo|drivers\/net\/(veth|macvlan|dummy|tun|vxlan|ipvlan\/))/ {
	gsub(":", ""); for (i = 1; i <= NF; i++) print $i }' modules.dep | sort -u | (cd "lib/modules/$version" && cpio -pdm --quiet "$root/lib/modules/$version")
(cd "$root" && find . | cpio -o -H newc --quiet) >"$base.new"
mv "$base.new" "$base"
rm -rf "$root"
