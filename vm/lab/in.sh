#!/bin/sh
# in.sh NAME [COMMAND...]: runs a command in the machine NAME as root, or a shell, by ssh.
set -eu
dir=$(cd "$(dirname "$0")/../.." && pwd)/bin/vm/lab/$1
shift
[ -e "$dir/port" ] || { echo "in.sh: no machine there: make vm" >&2; exit 1; }
# The machine's key was made with it and changes with it; it is on our own loopback.
exec ssh -q -i "$dir/../key" -p "$(cat "$dir/port")" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 \
	-o BatchMode=yes root@127.0.0.1 "$@"
