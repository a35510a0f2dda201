#!/bin/sh
# in.sh NAME [COMMAND...]: runs a command in the machine NAME as root, or a shell, by ssh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../../bin/vm/lab/$1
"$here/alive.sh" "$1" || { echo "in.sh: the machine $1 is not running: make vm" >&2; exit 1; }
shift
# The machine's key was made with it and changes with it; it is on our own loopback.
# Emulated on a busy machine, it needs more than seconds to agree on keys.
exec ssh -i "$dir/../key" -p "$(cat "$dir/port")" -o LogLevel=ERROR -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	-o ConnectTimeout="${VM_PATIENCE:-90}" -o BatchMode=yes root@127.0.0.1 "$@"
