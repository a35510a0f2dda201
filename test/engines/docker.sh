# Docker: dockerd with the runtime as its default one. Sourced by sandbox.sh.
# shellcheck shell=bash

# start_dockerd NAME [FLAG...]: a daemon with directories of its own; `docker` speaks to the last one started.
start_dockerd() {
	local name=$1
	shift
	export DOCKER_HOST=unix://$WORK/$name.sock
	mkdir -p "$WORK/$name"
	echo '{}' >"$WORK/$name.json" # not the machine's own configuration
	dockerd --config-file "$WORK/$name.json" --data-root "$WORK/$name" --exec-root "/run/$name" --pidfile "$WORK/$name.pid" -H "$DOCKER_HOST" \
		--add-runtime "tried=$RUNTIME_PATH" --default-runtime tried --cgroup-parent "$PARENT" --shutdown-timeout 2 "$@" >"$WORK/$name.log" 2>&1 &
	eventually docker info >/dev/null || { tail "$WORK/$name.log"; exit 1; }
	tar -C "$WORK/rootfs" -c . | docker import - box >/dev/null
}

# run ARG...: a container that needs no network and is gone afterwards.
run() { docker run --rm --network none "$@"; }

# group NAME: where a container's cgroup is.
group() { echo "$PARENT/$(docker inspect -f '{{.Id}}' "$1")"; }

# state FIELD NAME: what docker knows of a container.
state() { docker inspect -f "{{.$1}}" "$2"; }

start_dockerd docker
# shellcheck source=/dev/null
. "$HERE/docker-run.sh"
# shellcheck source=/dev/null
. "$HERE/docker-life.sh"
# shellcheck source=/dev/null
. "$HERE/docker-swarm.sh"

check docker "xray: started by docker, on its bridge, its limits" <<'END'
id=$(docker run -d --name seen -m 64m box sleep 1000)
pid=$(state State.Pid seen)
is docker xray StartedBy.By "$pid"
is "$id" xray StartedBy.ID "$pid"
"$GLASSBOX" xray "$pid" | tee /dev/stderr | grep 'a port of docker0'
"$GLASSBOX" xray "$pid" | grep "upper .*$WORK/docker/"
! open_in "$pid" | grep -x -e memory -e seccomp -e host-network -e host-pid -e capabilities -e host-directories
docker rm -f seen
END

check docker "xray: each flag has its sentence" <<'END'
for try in 'host-network --network host' 'host-pid --pid host' 'host-ipc --ipc host' 'capabilities --cap-add SYS_ADMIN' \
	'seccomp --security-opt seccomp=unconfined' "engine-socket -v $WORK/docker.sock:/var/run/docker.sock" 'host-root -v /:/host'; do
	name=${try%% *}
	# shellcheck disable=SC2086 # flags are words
	docker run -d --name seen ${try#* } box sleep 1000
	open_in "$(state State.Pid seen)" | tee /dev/stderr | grep -x "$name"
	docker rm -f seen
done
END

check docker "nothing is left" <<'END'
docker ps -aq | xargs docker rm -f >/dev/null
is '' find /run/docker/runtime-tried /sys/fs/cgroup/*"$PARENT" -mindepth 2 -type d
END

# shellcheck source=/dev/null
. "$HERE/docker-remap.sh"
