# Docker: dockerd with the runtime as its default one. Sourced by sandbox.sh.
# shellcheck shell=bash

export DOCKER_HOST=unix://$WORK/docker.sock

start_dockerd() {
	mkdir -p "$WORK/docker"
	cat >"$WORK/daemon.json" <<-END
		{"default-runtime": "tried", "runtimes": {"tried": {"path": "$RUNTIME_PATH"}},
		 "data-root": "$WORK/docker", "exec-root": "/run/docker", "pidfile": "$WORK/docker.pid",
		 "hosts": ["$DOCKER_HOST"], "cgroup-parent": "$PARENT", "shutdown-timeout": 2}
	END
	dockerd --config-file "$WORK/daemon.json" >"$WORK/dockerd.log" 2>&1 &
	eventually docker info
	tar -C "$WORK/rootfs" -c . | docker import - box >/dev/null
}

# run ARG...: a container that needs no network and is gone afterwards.
run() { docker run --rm --network none "$@"; }

# group NAME: where a container's cgroup is.
group() { echo "$PARENT/$(docker inspect -f '{{.Id}}' "$1")"; }

# state FIELD NAME: what docker knows of a container.
state() { docker inspect -f "{{.$1}}" "$2"; }

start_dockerd
# shellcheck source=/dev/null
. "$HERE/docker-run.sh"
# shellcheck source=/dev/null
. "$HERE/docker-life.sh"
# shellcheck source=/dev/null
. "$HERE/docker-swarm.sh"

check docker "nothing is left" <<'END'
docker ps -aq | xargs docker rm -f >/dev/null
is '' find /run/docker/runtime-tried /sys/fs/cgroup/*"$PARENT" -mindepth 2 -type d
END
