#!/bin/sh
# down.sh NAME [reset]: switches the machine NAME off; with reset, its disk is thrown away, and it starts over.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../../bin/vm/lab/$1
if [ -e "$dir/pid" ]; then
	pid=$(cat "$dir/pid")
	"$here/in.sh" "$1" systemctl poweroff 2>/dev/null || true
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 1
	done
	kill "$pid" 2>/dev/null || true # it did not go by itself
	rm -f "$dir/pid"
fi
[ "${2:-}" != reset ] || rm -rf "$dir"
