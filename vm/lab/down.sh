#!/bin/sh
# down.sh NAME [reset]: switches the machine NAME off; with reset, its disk is thrown away, and it starts over.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../../bin/vm/lab/$1
if "$here/alive.sh" "$1"; then
	VM_PATIENCE=20 "$here/in.sh" "$1" systemctl poweroff 2>/dev/null || true
	tries=0
	while "$here/alive.sh" "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || kill "$(cat "$dir/pid")" # it does not go by itself
		sleep 1
	done
fi
rm -f "$dir/pid"
[ "${2:-}" != reset ] || rm -rf "$dir"
