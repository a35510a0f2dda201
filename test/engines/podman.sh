# Podman: every container has a conmon that calls the runtime. Sourced by sandbox.sh.
# shellcheck shell=bash

# pod ARG...: podman on storage of its own.
pod() {
	podman --root "$WORK/podman" --runroot /run/podman --tmpdir /run/podman-tmp --storage-driver overlay --runtime "$RUNTIME_PATH" \
		--cgroup-manager cgroupfs --events-backend file --network-config-dir "$WORK/networks" "$@"
}

# try ARG...: a container that is gone afterwards.
try() { pod run --rm --network none --cgroup-parent "$PARENT" "$@"; }

start_podman() {
	mkdir -p "$WORK/networks"
	cat >"$WORK/containers.conf" <<-END
		[engine]
		infra_image = "localhost/infra"
		[containers]
		log_driver = "k8s-file"
	END
	export CONTAINERS_CONF=$WORK/containers.conf
	tar -C "$WORK/rootfs" -c . | pod import - box
	tar -C "$WORK/rootfs" -c . | pod import --change 'CMD ["sleep", "10000"]' - infra
}
start_podman >"$WORK/podman.log" 2>&1

check podman "run" <<'END'
is hello try box echo hello
END

check podman "exit codes: the program's, a signal's, 126, 127" <<'END'
exits 7 try box sh -c 'exit 7'
exits 137 try --init=false box sh -c '(sleep 0.2; kill -9 1) & exec sleep 1' || true
exits 127 try box nosuch
exits 126 try box /etc/passwd
END

check podman "run -t, run -it" <<'END'
on_pty "$(declare -f pod try); WORK=$WORK RUNTIME_PATH=$RUNTIME_PATH PARENT=$PARENT; try -t box tty" | grep ^/dev/pts/0
END

check podman "run -i -u -w -e --hostname" <<'END'
echo in | is '1000 /tmp v h in' try -i -u 1000 -w /tmp -e K=v --hostname h box sh -c 'echo $(id -u) $PWD $K $(hostname) $(cat)'
END

check podman "run --read-only -v --tmpfs" <<'END'
echo data > "$WORK/file"
try --read-only --tmpfs /scratch -v "$WORK/file:/file:ro" box sh -c 'grep data /file && echo a > /scratch/a && ! echo a > /a'
END

check podman "run --privileged" <<'END'
try --privileged box mount -t tmpfs x /mnt
END

check podman "run with network: the host's, a bridge" <<'END'
pod run --rm --network host --cgroup-parent "$PARENT" box true
pod run --rm --cgroup-parent "$PARENT" box ip addr show eth0 | grep inet
END

check podman "run --userns with a map" <<'END'
is 0 try --uidmap 0:100000:1000 --gidmap 0:100000:1000 box id -u
END

check podman "run -d, logs, exec, top, stop" <<'END'
pod run -d --name long --network none --cgroup-parent "$PARENT" -m 64m box sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
eventually eval 'pod logs long | grep ready'
is hi pod exec long echo hi
exits 3 pod exec long sh -c 'exit 3'
exits 127 pod exec long nosuch
echo in | is in pod exec -i long cat
pod top long | grep trap
END

check podman "limits arrive in the cgroup, stats" <<'END'
is 67108864 limit memory.limit_in_bytes memory.max "$(pod inspect -f '{{.State.CgroupPath}}' long)"
pod stats --no-stream --no-reset long | grep long
END

check podman "update" <<'END'
pod update --memory 96m --memory-swap 192m --cpu-shares 512 long
is 100663296 limit memory.limit_in_bytes memory.max "$(pod inspect -f '{{.State.CgroupPath}}' long)"
END

check podman "pause, unpause" <<'END'
pod pause long
is paused pod inspect -f '{{.State.Status}}' long
pod unpause long
pod exec long true
END

check podman "stop, start, kill, rm" <<'END'
pod stop long
is 5 pod inspect -f '{{.State.ExitCode}}' long
pod start long
pod kill long
is 137 pod wait long
pod rm long
END

check podman "create, init, start" <<'END'
id=$(pod create --network none --cgroup-parent "$PARENT" box sh -c 'echo started')
pod init "$id"
is created eval 'pod inspect -f "{{.State.Status}}" '"$id"' | sed s/initialized/created/'
is started pod start --attach "$id"
pod rm "$id"
END

check podman "rm -f of a paused one" <<'END'
pod run -d --name ice --network none --cgroup-parent "$PARENT" box sleep 1000
pod pause ice
pod rm -f -t 0 ice
END

check podman "a pod: two containers share a network" <<'END'
pod pod create --name peas --network none --cgroup-parent "$PARENT"
pod run -d --pod peas --name green box httpd -f -h /etc -p 81
eventually pod run --rm --pod peas box wget -qO- http://127.0.0.1:81/passwd
pod pod rm -f -t 0 peas
END

check podman "twenty at once" <<'END'
for i in $(seq 20); do try box true & done
for job in $(jobs -p); do wait "$job"; done
END

check podman "build with RUN" <<'END'
printf 'FROM localhost/box\nRUN echo made > /made\nCMD cat /made\n' > "$WORK/Containerfile"
pod build --isolation oci --network none --cgroup-parent "$PARENT/build" -t made -f "$WORK/Containerfile" "$WORK/networks"
is made try made
END

check podman "xray: started by podman, its limits, each flag's sentence" <<'END'
id=$(pod run -d --name seen --network none --cgroup-parent "$PARENT" -m 64m box sleep 1000)
pid=$(pod inspect -f '{{.State.Pid}}' seen)
is podman xray StartedBy.By "$pid"
is "$id" xray StartedBy.ID "$pid"
! open_in "$pid" | grep -x -e memory -e seccomp -e host-network -e host-pid -e capabilities -e host-directories
pod rm -f -t 0 seen
for try in 'host-network --network host' 'host-pid --network none --pid host' 'capabilities --network none --privileged' \
	'seccomp --network none --security-opt seccomp=unconfined' 'host-root --network none -v /:/host'; do
	name=${try%% *}
	# shellcheck disable=SC2086 # flags are words
	pod run -d --name seen --cgroup-parent "$PARENT" ${try#* } box sleep 1000
	open_in "$(pod inspect -f '{{.State.Pid}}' seen)" | tee /dev/stderr | grep -x "$name"
	pod rm -f -t 0 seen
done
END

check podman "nothing is left" <<'END'
pod rm -af -t 0
is '' find /sys/fs/cgroup/*"$PARENT" -mindepth 1 -type d ! -name conmon
END
