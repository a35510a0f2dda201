#!/bin/sh
# checks.sh: what containers owe to cgroup v2, looked at from the host's side and from inside. It prints TAP.
# shellcheck disable=SC2016 # what stands in single quotes is for the container's shell
set -u
cgroups=/sys/fs/cgroup
number=0 failed=0

# is NAME GOT WANTED
is() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		failed=$((failed + 1))
		printf 'not ok %s - %s\n# got:    %s\n# wanted: %s\n' "$number" "$1" "$2" "$3"
	fi
}

# yes NAME COMMAND...: the command must succeed. no NAME COMMAND...: it must not.
yes() {
	name=$1
	shift
	is "$name" "$("$@" 2>&1 >/dev/null || echo "failed: $*")" ""
}
no() {
	name=$1
	shift
	is "$name" "$("$@" >/dev/null 2>&1 && echo succeeded)" ""
}
code() { "$@" >/dev/null 2>&1; echo $?; }
field() { glassbox inspect "$1" | sed -n "s/^ *\"$2\": \"\\{0,1\\}\\([^\",]*\\).*/\\1/p" | head -n 1; }
group() { echo "$cgroups/glassbox/$(field "$1" Id)"; }

# A login shell of systemd sits in a group of its own, too.
mkdir -p "$cgroups/user.slice/session.scope"
echo $$ >"$cgroups/user.slice/session.scope/cgroup.procs"
is "the machine has cgroup v2 alone" "$(grep -c cgroup /proc/mounts)" 1
yes "doctor finds nothing missing" glassbox doctor
yes "a container runs" glassbox run --rm box true

# Limits.
yes "a container with every limit starts" glassbox run -d --name limits --memory 64m --memory-swap 96m --cpus 0.5 \
	--cpu-shares 512 --pids-limit 32 --cpuset-cpus 0 box sh -c 'while :; do :; done'
limit() { # FILE WANTED
	is "$1, from the host" "$(cat "$(group limits)/$1")" "$2"
	is "$1, from inside" "$(glassbox exec limits cat "$cgroups/$1")" "$2"
}
limit memory.max 67108864
limit memory.swap.max 33554432
limit cpu.max "50000 100000"
limit cpu.weight 59
limit pids.max 32
limit cpuset.cpus 0
limit cpuset.cpus.effective 0
sleep 1
yes "the processor limit throttles" grep -q '^nr_throttled [1-9]' "$(group limits)/cpu.stat"

# Its place in the tree.
is "inside, its cgroup is the root" "$(glassbox exec limits cat /proc/1/cgroup)" 0::/
is "an exec is in the same cgroup" "$(glassbox exec limits cat /proc/self/cgroup)" 0::/
is "and the host agrees" "$(glassbox exec limits sh -c 'sleep 1; :' & sleep 0.6; wc -l <"$(group limits)/cgroup.procs"; wait)" 3
no "its limits are read-only inside" glassbox exec limits sh -c "echo max >$cgroups/memory.max"
yes "look limits reads them" glassbox look limits limits
yes "it is removed" glassbox rm -f limits
is "with its cgroup" "$(find $cgroups/glassbox -mindepth 1 -type d)" ""

# What happens at a limit.
is "out of memory is 137" "$(code glassbox run --name oom --memory 16m --memory-swap 16m box sh -c 'x=a; while :; do x=$x$x; done')" 137
is "and inspect says why" "$(field oom OOMKilled)" true
glassbox run -d --name killed box sleep 60 >/dev/null
glassbox kill killed >/dev/null
glassbox wait killed >/dev/null 2>&1 || sleep 1
is "a killed program ends with 137, too" "$(field killed ExitCode)" 137
is "but not for want of memory" "$(field killed OOMKilled)" false
yes "both are removed" glassbox rm oom killed
bomb='(i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i + 1)); done); exec sleep 60'
yes "a fork bomb starts" glassbox run -d --name bomb --pids-limit 32 box sh -c "$bomb"
yes "and another one without a limit" glassbox run -d --name free box sh -c "$bomb"
sleep 2
is "100 forks stop at a limit of 32" "$([ "$(cat "$(group bomb)/pids.current")" -le 32 ] && grep -o 'max [1-9]' "$(group bomb)/pids.events" | cut -c 1-3)" max
is "and not without one" "$(cat "$(group free)/pids.current")" 101
yes "both are removed" glassbox rm -f bomb free

# Devices. zram0 is the host's disk.
disk=$(tr ':' ' ' </sys/block/zram0/dev)
node="mknod /disk b $disk && head -c 1 /disk"
no "a disk of the host can not be opened" glassbox run --rm box sh -c "$node"
yes "but with --privileged it can" glassbox run --rm --privileged box sh -c "$node"
yes "or with --device" glassbox run --rm --device /dev/zram0 box head -c 1 /dev/zram0
yes "/dev/null, zero, urandom can be used" glassbox run --rm box sh -c 'head -c 9 /dev/zero >/dev/null && head -c 9 /dev/urandom'

# Freezing, which in v2 is a file of every cgroup.
yes "a container is frozen" sh -c 'glassbox run -d --name frozen box sleep 60 && echo 1 >"$1/glassbox/$(glassbox ps -q --no-trunc)/cgroup.freeze"' - $cgroups
is "the kernel says so" "$(grep frozen "$(group frozen)/cgroup.events")" "frozen 1"
yes "and it can be removed all the same" timeout 5 glassbox rm -f frozen

# The network on this kernel.
yes "a server starts" glassbox run -d --name web -p 8080:80 box sh -c 'echo glass >index.html; exec httpd -f -p 80'
sleep 1
is "its port is published" "$(busybox wget -qO- http://127.0.0.1:8080/index.html)" glass
is "its own address answers" "$(busybox wget -qO- "http://$(field web IPAddress)/index.html")" glass
is "and answers a neighbour" "$(glassbox run --rm box wget -qO- "http://$(field web IPAddress)/index.html")" glass
yes "it stops" glassbox rm -f web

is "audit finds nothing" "$(glassbox audit)" "nothing is left behind"
echo "1..$number"
exit $((failed > 0))
