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
# soon NAME WANTED COMMAND...: what the command prints, once it is that. An emulated machine takes its time.
soon() {
	name=$1 wanted=$2 tries=0
	shift 2
	until got=$("$@" 2>/dev/null) && [ "$got" = "$wanted" ] || [ $tries -ge 100 ]; do
		tries=$((tries + 1))
		sleep 0.2
	done
	is "$name" "$got" "$wanted"
}
code() { "$@" >/dev/null 2>&1; echo $?; }
field() { glassbox inspect "$1" | sed -n "s/^ *\"$2\": \"\\{0,1\\}\\([^\",]*\\).*/\\1/p" | head -n 1; }
group() { echo "$cgroups/glassbox/$(field "$1" Id)"; }

# A login shell of systemd sits in a group of its own, too.
mkdir -p "$cgroups/user.slice/session.scope"
echo $$ >"$cgroups/user.slice/session.scope/cgroup.procs"
is "the machine has cgroup v2 alone" "$(grep -c cgroup /proc/mounts)" 1

# Nothing is loaded yet: a module that is put away is one that this kernel has not.
modules=/lib/modules/$(uname -r)/kernel
mkdir -p /tmp/away
mv "$modules"/net/netfilter/nft_masq.ko* "$modules"/drivers/net/veth.ko* /tmp/away/
is "doctor misses what is not there" "$(glassbox doctor 2>&1 | awk '$2 == "missing" { print $1 }' | tr '\n' ' ')" "veth nftables "
is "its exit code says so" "$(code glassbox doctor)" 1
is "it names the remedies" "$(glassbox doctor --json 2>/dev/null | grep -o 'modprobe \(veth\|-a.* nft_masq\)' | cut -d ' ' -f 2 | tr '\n' ' ')" "veth -a "
no "and a container with a network can not run" glassbox run --rm box true
mv /tmp/away/nft_masq.ko* "$modules"/net/netfilter/ && mv /tmp/away/veth.ko* "$modules"/drivers/net/
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
soon "the processor limit throttles" yes sh -c 'grep -q "^nr_throttled [1-9]" "$1" && echo yes' - "$(group limits)/cpu.stat"

# Its place in the tree.
is "inside, its cgroup is the root" "$(glassbox exec limits cat /proc/1/cgroup)" 0::/
is "an exec is in the same cgroup" "$(glassbox exec limits cat /proc/self/cgroup)" 0::/
glassbox exec limits sh -c 'sleep 100; :' &
soon "and the host agrees" 3 sh -c 'wc -l <"$1"' - "$(group limits)/cgroup.procs"
no "its limits are read-only inside" glassbox exec limits sh -c "echo max >$cgroups/memory.max"
yes "look limits reads them" glassbox look limits limits
yes "it is removed" glassbox rm -f limits
is "with its cgroup" "$(find $cgroups/glassbox -mindepth 1 -type d)" ""

# What happens at a limit.
is "out of memory is 137" "$(code glassbox run --name oom --memory 16m --memory-swap 16m box sh -c 'x=a; while :; do x=$x$x; done')" 137
is "and inspect says why" "$(field oom OOMKilled)" true
glassbox run -d --name killed box sleep 1000 >/dev/null
glassbox kill killed >/dev/null
soon "a killed program ends with 137, too" 137 field killed ExitCode
is "but not for want of memory" "$(field killed OOMKilled)" false
yes "both are removed" glassbox rm oom killed
bomb='(i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i + 1)); done); exec sleep 1000'
yes "a fork bomb starts" glassbox run -d --name bomb --pids-limit 32 box sh -c "$bomb"
yes "and another one without a limit" glassbox run -d --name free box sh -c "$bomb"
soon "100 forks stop at a limit of 32" yes sh -c 'grep -q "^max [1-9]" "$1/pids.events" && [ "$(cat "$1/pids.current")" -le 32 ] && echo yes' - "$(group bomb)"
soon "and not without one" 101 cat "$(group free)/pids.current"
yes "both are removed" glassbox rm -f bomb free

# Devices. zram0 is the host's disk.
disk=$(tr ':' ' ' </sys/block/zram0/dev)
node="mknod /disk b $disk && head -c 1 /disk"
no "a disk of the host can not be opened" glassbox run --rm box sh -c "$node"
yes "but with --privileged it can" glassbox run --rm --privileged box sh -c "$node"
yes "or with --device" glassbox run --rm --device /dev/zram0 box head -c 1 /dev/zram0
yes "/dev/null, zero, urandom can be used" glassbox run --rm box sh -c 'head -c 9 /dev/zero >/dev/null && head -c 9 /dev/urandom'

yes "the program that decides is decoded" sh -c 'glassbox run -d --name filtered box sleep 1000 && glassbox look devices filtered | grep -Eq "^allow +c +1:3 +rwm +null" && glassbox look devices filtered | grep -Eq "^deny +a"'
yes "it is removed" glassbox rm -f filtered

# Freezing and killing, which in v2 are files of every cgroup.
yes "a container runs that is to be frozen" glassbox run -d --name frozen box sh -c 'sleep 1000 & exec sleep 1000'
yes "it is paused" glassbox pause frozen
is "the kernel says so" "$(grep frozen "$(group frozen)/cgroup.events")" "frozen 1"
yes "and goes on" glassbox unpause frozen
soon "as the kernel says" "frozen 0" grep frozen "$(group frozen)/cgroup.events"
yes "cgroup.kill ends it" sh -c 'echo 1 >"$1/cgroup.kill"' - "$(group frozen)"
soon "with all its processes" 137 field frozen ExitCode
yes "it starts again, is frozen by hand" sh -c 'glassbox start frozen && echo 1 >"$1/glassbox/$(glassbox ps -q --no-trunc)/cgroup.freeze"' - $cgroups
yes "and can be removed all the same" timeout 60 glassbox rm -f frozen

# Pressure.
yes "a container's pressure is counted" sh -c 'glassbox run -d --name pressed --cpus 0.1 box sh -c "while :; do :; done" && glassbox look pressure pressed | grep -q "^cpu"'
yes "and a trigger on it fires" timeout 120 glassbox look pressure --wait "some 50000 1000000" --timeout 100s pressed
yes "it is removed" glassbox rm -f pressed

# The network on this kernel.
yes "a server starts" glassbox run -d --name web -p 8080:80 box sh -c 'echo glass >index.html; exec httpd -f -p 80'
soon "its port is published" glass busybox wget -qO- http://127.0.0.1:8080/index.html
is "its own address answers" "$(busybox wget -qO- "http://$(field web IPAddress)/index.html")" glass
is "and answers a neighbour" "$(glassbox run --rm box wget -qO- "http://$(field web IPAddress)/index.html")" glass
yes "it stops" glassbox rm -f web

is "audit finds nothing" "$(glassbox audit)" "nothing is left behind"
echo "1..$number"
exit $((failed > 0))
