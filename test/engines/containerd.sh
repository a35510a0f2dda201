# containerd alone, with ctr and the shim io.containerd.runc.v2. Sourced by sandbox.sh.
# shellcheck shell=bash

# c ARG...: ctr on our containerd.
c() { ctr --address "$WORK/containerd.sock" --namespace engines "$@"; }

# start ARG...: a container that runs in the background; with --rm one in the foreground.
start() { c run --runc-binary "$RUNTIME_PATH" "$@"; }

image=docker.io/library/box:latest

start_containerd() {
	containerd --address "$WORK/containerd.sock" --root "$WORK/containerd" --state /run/containerd-state \
		>"$WORK/containerd.log" 2>&1 &
	eventually c version || exit 1
	c image import --index-name "$image" "$BOX" || c image import --base-name docker.io/library/box "$BOX"
	image=$(c image ls -q | head -n 1)
}
start_containerd >"$WORK/ctr.log" 2>&1


check containerd "run --rm" <<'END'
is hello start --rm --cgroup "$PARENT/a" "$image" a echo hello
END

check containerd "exit code" <<'END'
exits 7 start --rm --cgroup "$PARENT/b" "$image" b sh -c 'exit 7'
END

check containerd "a program that is not there" <<'END'
! start --rm --cgroup "$PARENT/c" "$image" c nosuch > "$WORK/why" 2>&1
grep 'executable file not found in $PATH' "$WORK/why"
END

check containerd "run -t" <<'END'
start --rm -t --cgroup "$PARENT/d" "$image" d tty < /dev/null || on_pty "ctr --address $WORK/containerd.sock --namespace engines run --runc-binary $RUNTIME_PATH --rm -t --cgroup $PARENT/e $image e tty" | grep /dev/pts/0
END

check containerd "run -d, exec, ps" <<'END'
start -d --cgroup "$PARENT/long" "$image" long sleep 1000
is hi c task exec --exec-id one long echo hi
exits 3 c task exec --exec-id two long sh -c 'exit 3'
c task ps long | grep '[0-9]'
END

check containerd "metrics" <<'END'
c task metrics long | grep -i memory
END

check containerd "pause, resume" <<'END'
c task pause long
c task ls | grep 'long.*PAUSED'
c task resume long
is hi c task exec --exec-id three long echo hi
END

check containerd "kill, delete" <<'END'
c task kill -s KILL long
eventually eval 'c task ls | grep "long.*STOPPED"'
c task delete long || [ $? = 137 ]
c container delete long
END

check containerd "delete --force of a paused one" <<'END'
start -d --cgroup "$PARENT/ice" "$image" ice sleep 1000
c task pause ice
c task delete --force ice || [ $? = 137 ]
c container delete ice
END
