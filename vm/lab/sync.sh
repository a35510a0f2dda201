#!/bin/sh
# sync.sh NAME: copies the tree and its built programs into the machine NAME: /root/glassbox, linked into its PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
"$here/alive.sh" "$1" || { echo "sync.sh: the machine $1 is not running: make vm" >&2; exit 1; }
tar -cz --exclude=./bin/vm --exclude=./.git . | "$here/in.sh" "$1" 'mkdir -p glassbox && tar -xz --no-same-owner -C glassbox &&
	ln -sf /root/glassbox/bin/glassbox /root/glassbox/bin/glassbox-oci /usr/local/bin/'
