#!/bin/sh
# fetch.sh DIR: Debian's kernel for virtual machines, and its modules, into DIR/kernel. Nothing is installed.
set -eu
dir=$1/kernel
[ ! -e "$dir/modules.dep" ] || exit 0

rm -rf "$dir" && mkdir -p "$dir"
cd "$dir"
package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
[ -n "$package" ] || { echo "fetch.sh: no linux-image-cloud-amd64 in the package lists: run apt-get update" >&2; exit 1; }
echo "fetching $package"
apt-get -qq download "$package" 2>/dev/null
dpkg-deb -x "$package"_*.deb .
rm "$package"_*.deb
mv boot/vmlinuz-* vmlinuz
version=$(ls lib/modules)
busybox depmod -b "$dir" "$version"
ln -s "lib/modules/$version/modules.dep" modules.dep
