# Swarm: a cluster of one. Services reach each other by dnsrr, because virtual IPs and the ingress network need IPVS.
# Sourced by docker.sh.
# shellcheck shell=bash

# replicas N SERVICE: all of them run.
replicas() { [ "$(docker service ps -q -f desired-state=running --format x "$2" | wc -l)" = "$1" ] && is "$1/$1" docker service ls -f "name=$2" --format '{{.Replicas}}'; }

# member SERVICE: the container of one of its tasks.
member() { docker ps -q -f "label=com.docker.swarm.service.name=$1" | head -n 1; }

check swarm "init" <<'END'
ip link add uplink type veth peer downlink
ip addr add 10.99.0.1/24 dev uplink
ip link set uplink up
docker swarm init --advertise-addr 10.99.0.1
END

check swarm "an overlay network" <<'END'
docker network create -d overlay --attachable over
END

check swarm "a service of 3 replicas with a secret and a config" <<'END'
echo quiet | docker secret create sec -
echo loud | docker config create con -
docker service create -d --name svc --replicas 3 --network over --endpoint-mode dnsrr --secret sec --config con --limit-memory 64m \
	box sh -c 'trap exit TERM; while :; do sleep 0.1; done'
eventually replicas 3 svc
END

check swarm "the secret and the config are there" <<'END'
is quiet docker exec "$(member svc)" cat /run/secrets/sec
is loud docker exec "$(member svc)" cat /con
END

check swarm "the name gives three addresses" <<'END'
addresses() { docker exec "$(member svc)" nslookup -type=a svc | grep -A1 Name: | grep -c Address; }
eventually is 3 addresses
END

check swarm "tasks reach each other over the overlay" <<'END'
eventually docker exec "$(member svc)" ping -c 1 svc
END

check swarm "a rolling update" <<'END'
docker service update -d --update-parallelism 1 --update-delay 100ms --env-add VERSION=2 svc
updated() { is completed docker service inspect -f '{{.UpdateStatus.State}}' svc; }
eventually updated
eventually replicas 3 svc
is 2 docker exec "$(member svc)" sh -c 'echo $VERSION'
END

check swarm "a task that dies is replaced" <<'END'
docker rm -f "$(member svc)"
eventually replicas 3 svc
END

check swarm "scale, remove, leave" <<'END'
docker service scale -d svc=1
eventually replicas 1 svc
docker service rm svc
eventually is '' member svc
docker swarm leave --force
END
