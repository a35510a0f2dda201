#!/bin/sh
# alive.sh NAME: ends with 0 if the machine NAME runs. A process of that number may be anybody's by now: it must be our qemu.
set -eu
file=$(cd "$(dirname "$0")/../.." && pwd)/bin/vm/lab/$1/pid
[ -e "$file" ] && grep -qsF -- "$file" "/proc/$(cat "$file")/cmdline"
