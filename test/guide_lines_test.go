// This file holds the guide's single-host commands. What is not here, and why:
//
//	G2-02..06, G10-05, M1-18, M3-01   docker build: the builder's own tests
//	M1-21, M3-26, M3-27               pull, push, login, logout: they want a registry, see registry_test.go
//	D-36, D-37 (the daemon's half)    there is no daemon to kill: see crash_test.go for the shim
package test

type guideScene struct {
	name  string
	lines []guideLine
}

func guideScenes() []guideScene {
	const id = `^[0-9a-f]{64}\n$`
	return []guideScene{
		{"images and containers", []guideLine{
			{"G2-08", "docker run -it", "ubuntu", "tty; exit 4\n", 4, `/dev/pts/0`},
			{"G2-09", "docker run -it", "box", "echo $((6*7)); exit\n", 0, `42`},
			{"G2-10", "docker run -d", "--name c1 -p 8080:80 box sh -c 'echo hello; touch /made; exec sleep 1000'", "", 0, id},
			{"G2-12", "docker ps", "", "", 0, `CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n[0-9a-f]{12} +box .* Up .*0.0.0.0:8080->80/tcp.* c1\n`},
			{"G2-13", "docker ps -a", "", "", 0, `Exited \(4\)`},
			{"G2-14", "docker inspect <container>", "", "", 0, `"Status": "running"`},
			{"G2-15", "docker image inspect <image>", "", "", 0, `"Id": "sha256:`},
			{"G2-07", "docker commit", "c1 saved", "", 0, `^sha256:[0-9a-f]{64}\n$`},
			{"", "docker run --rm saved ls", "/made", "", 0, `^/made\n$`},
			{"", "docker commit c1 saved", "", "", 0, ``},
			{"G2-17", "docker images", "", "", 0, `<none> +<none>`},
			{"G2-16", "echo y | docker image prune", "", "", 0, `dangling images.*Total reclaimed space`},
			{"G2-18", "docker image prune", "-f", "", 0, `^Total reclaimed space: 0B\n$`},
		}},
		{"everyday commands", []guideLine{
			{"", "docker run -d --name c1 ubuntu", `sh -c 'echo out; echo err >&2; mkdir -p /path/in/container; trap "exit 7" INT; while :; do sleep 0.05; done'`, "", 0, id},
			{"G4-01", "docker ps", "", "", 0, `c1\n$`},
			{"", "until docker logs c1 2>&1 | grep -q err; do sleep 0.01; done", "", "", 0, ``},
			{"G4-05", "docker logs <c>", "", "", 0, `out\n.*err\n`},
			{"G4-06", "docker exec -it <c> bash", "", "echo pid $$; exit\n", 0, `pid [0-9]+`},
			{"", "echo content > hostfile.txt; mkdir hostdir", "", "", 0, ``},
			{"G4-13", "docker cp hostfile.txt <container>:/path/in/container", "", "", 0, `Successfully copied`},
			{"", "docker exec c1 mv /path/in/container/hostfile.txt /path/in/container/file.txt", "", "", 0, ``},
			{"G4-14", "docker cp <container>:/path/in/container/file.txt ./hostdir/", "&& cat hostdir/file.txt", "", 0, `^content\n`},
			{"G4-11", "docker rm", "c1", "", 1, `c1.*(running|runs)`},
			{"G4-07", "docker attach <c>", "", "\x03\n", 7, ``},
			{"", "docker start c1", "", "", 0, `c1`},
			{"G4-10", "docker kill", "c1", "", 0, `^c1\n$`},
			{"", "docker inspect -f '{{.State.ExitCode}}' c1", "", "", 0, `^137\n$`},
			{"", "docker start c1", "", "", 0, `c1`},
			{"G4-09", "docker stop", "-t 1 c1", "", 0, `^c1\n$`},
			{"G4-03", "docker ps -a", "", "", 0, `Exited \(137\)`},
			{"G4-11", "docker rm", "c1", "", 0, `^c1\n$`},
			{"G4-16", "docker network ls", "", "", 0, `NETWORK ID +NAME +DRIVER +SCOPE\n.*bridge +bridge +local`},
			{"G4-17", "docker network inspect <network>", "", "", 0, `"Subnet": "[0-9.]+/16"`},
			{"", "docker volume create unused", "", "", 0, `unused`},
			{"G4-18", "echo y | docker system prune -a --volumes", "", "", 0, `WARNING! This will remove:.*Total reclaimed space`},
			{"", "docker images -q", "", "", 0, `^[0-9a-f]{0,12}\n?$`},
		}},
		{"volumes", []guideLine{
			{"", "docker run --rm -v myvol:/data alpine", "sh -c 'echo kept > /data/file'", "", 0, ``},
			{"G6-06", "docker run --rm -v myvol:/data -v $(pwd):/backup alpine tar czf /backup/backup.tar.gz -C /data .", "", "", 0, `^$`},
			{"", "docker volume rm myvol", "", "", 0, `myvol`},
			{"G6-07", "docker run --rm -v myvol:/data -v $(pwd):/backup alpine tar xzf /backup/backup.tar.gz -C /data", "", "", 0, `^$`},
			{"G6-10", "docker run --rm -v myvol:/data", "alpine cat /data/file", "", 0, `^kept\n$`},
			{"G6-10", "docker run --rm --mount", "type=volume,source=myvol,target=/data alpine cat /data/file", "", 0, `^kept\n$`},
			{"G6-12", "docker run -d --name db -v sharedvol:/data postgres", "sh -c 'echo shared > /data/x; exec sleep 1000'", "", 0, id},
			{"G6-13", "docker run -it --name app --volumes-from db ubuntu", "", "cat /data/x; exit\n", 0, `shared`},
			{"G6-15", "docker volume ls", "", "", 0, `DRIVER +VOLUME NAME\n.*local +myvol\n.*local +sharedvol\n`},
			{"G6-16", "docker volume inspect myvol", "", "", 0, `"Mountpoint": "`},
			{"G6-17", "echo y | docker volume prune", "", "", 0, `anonymous local volumes not used.*Total reclaimed space`},
			{"", "docker volume ls -q", "", "", 0, `^myvol\nsharedvol\n$`},
		}},
		{"troubleshooting", []guideLine{
			{"", "docker run --name c1 box", "sh -c 'echo last words; exit 3'", "", 3, `last words`},
			{"G10-02", "docker logs <container>", "", "", 0, `^last words\n$`},
			{"G10-03", "docker run -it --entrypoint /bin/sh <image>", "", "echo I am $$; exit\n", 0, `I am 1`},
			{"D-58", "docker run", "--rm --nonsense box", "", 125, `unknown flag: --nonsense`},
			{"D-58", "docker run", "--rm box /etc/passwd", "", 126, `permission denied`},
			{"D-58", "docker run", "--rm box nonsense", "", 127, `nonsense`},
			{"D-58", "docker run", "--rm --init box sh -c 'kill -9 $$'", "", 137, ``},
			{"D-58", "docker run", "--rm --init box sh -c 'kill -SEGV $$'", "", 139, ``},
			{"D-58", "docker run", "--rm box sh -c 'kill -TERM $$; sleep 1' ", "", 0, ``},
			{"D-58", "docker run", "--rm --init box sh -c 'kill -TERM $$'", "", 143, ``},
			{"G10-08", "docker run -d --name polite box", `sh -c 'trap "exit 0" TERM; touch /ready; while :; do sleep 0.05; done' && until glassbox exec polite test -e /ready; do sleep 0.05; done`, "", 0, id},
			{"G10-08", "docker stop", "polite", "", 0, `^polite\n$`},
			{"", "docker inspect -f '{{.State.ExitCode}}' polite", "", "", 0, `^0\n$`},
			{"D-57", "docker run -d --name deaf --stop-signal USR1 box", `sh -c 'trap "exit 5" USR1; touch /ready; while :; do sleep 0.05; done' && until glassbox exec deaf test -e /ready; do sleep 0.05; done`, "", 0, id},
			{"D-57", "docker stop", "deaf && glassbox wait deaf", "", 0, `^deaf\n5\n$`},
			{"G10-13", "docker run -d --restart no", "--name r1 box false", "", 0, id},
			{"G10-14", "docker run -d --restart on-failure:1", "--name r2 box sh -c 'sleep 0.1; false'", "", 0, id},
			{"G10-15", "docker run -d --restart always", "--name r3 box sleep 1000", "", 0, id},
			{"G10-16", "docker run -d --restart unless-stopped", "--name r4 box sleep 1000", "", 0, id},
			{"", "docker wait r2; sleep 1; docker inspect -f '{{.RestartCount}}' r2", "", "", 0, `1\n$`},
			{"G10-21", "timeout -s INT 3 docker stats <container>", "", "", 124, `CONTAINER ID +NAME +CPU %`},
			{"", "docker rm -f r1 r2 r3 r4", "", "", 0, `r4`},
		}},
		{"every command", commandScene()},
		{"deep dives", []guideLine{
			{"D-35", "docker create", "--name c1 box sh -c 'echo started'", "", 0, id},
			{"D-35", "docker start", "-a c1", "", 0, `^started\n$`},
			{"D-37", "docker info", "", "", 0, `Containers: 1`},
			{"D-65", "docker run --log-driver local --log-opt max-size=1m", "--name logger box echo kept", "", 0, `kept`},
			{"D-65", "docker logs", "logger", "", 0, `^kept\n$`},
			{"D-67", "docker run --ulimit nofile=77:88 --sysctl net.ipv4.ip_default_ttl=9", "--rm box sh -c 'ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl'", "", 0, `^77\n9\n$`},
			{"D-67", "docker run --sysctl vm.swappiness=1", "--rm box true", "", 125, `vm.swappiness`},
			{"D-68", "docker run --read-only --tmpfs /tmp", "--rm box sh -c 'touch /tmp/x && ! touch /x'", "", 0, `Read-only file system`},
			{"D-69", "docker system prune", "-f", "", 0, `Deleted Containers:`},
		}},
	}
}

// commandScene is the second guide's list of commands (M3), in its order as far as one container can serve them.
func commandScene() []guideLine {
	return []guideLine{
		{"M3-02", "docker run -d --name mycontainer myimage", "sh -c 'echo said; mkdir -p /path/in/container; trap exit TERM; while :; do sleep 0.05; done'", "", 0, `^[0-9a-f]{64}\n$`},
		{"M3-02", "docker run -d --name mycontainer myimage", "true", "", 125, `mycontainer`}, // the name is taken
		{"M3-03", "docker ps -a", "", "", 0, `mycontainer\n$`},
		{"M3-04", "docker exec -it mycontainer /bin/sh", "", "echo in $$; exit\n", 0, `in [0-9]+`},
		{"M3-05", "docker logs mycontainer", "", "", 0, `^said\n$`},
		{"M3-06", "docker images", "", "", 0, `REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n.*myimage +latest`},
		{"M3-09", "docker network ls", "", "", 0, `bridge +bridge`},
		{"M3-10", "docker network inspect", "bridge", "", 0, `"Name": "mycontainer"`},
		{"M3-11", "docker network create", "mynet", "", 0, `^[0-9a-f]{64}\n$`},
		{"M3-14", "docker volume create", "mine", "", 0, `^mine\n$`},
		{"M3-12", "docker volume ls", "", "", 0, `local +mine`},
		{"M3-13", "docker volume inspect", "mine", "", 0, `"Name": "mine"`},
		{"M3-15", "docker inspect mycontainer", "", "", 0, `"Name": "/mycontainer"`},
		{"M3-22", "docker cp mycontainer:/path/in/container host", "&& ls -d host", "", 0, `host`},
		{"M3-23", "docker save -o myimage.tar myimage", "", "", 0, `^$`},
		{"M3-24", "docker load -i myimage.tar", "", "", 0, `Loaded image: myimage:latest`},
		{"M3-25", "docker tag myimage myrepo/myimage:latest", "", "", 0, `^$`},
		{"M3-28", "docker update --cpus 2 --memory 1g mycontainer", "", "", 0, `^mycontainer\n$`},
		{"", "docker inspect -f '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}' mycontainer", "", "", 0, `^2000000000 1073741824\n$`},
		{"", "docker rename mycontainer other; docker run -dit --name mycontainer myimage", "", "", 0, `^[0-9a-f]{64}\n$`},
		{"M3-29", "docker attach mycontainer", "", "echo typed\n\x10\x11", 0, `typed`}, // ctrl-p ctrl-q leave it running
		{"", "docker rm -f mycontainer; docker rename other mycontainer", "", "", 0, ``},
		{"M3-30", "docker restart mycontainer", "", "", 0, `^mycontainer\n$`},
		{"M3-31", "docker pause mycontainer", "", "", 0, `^mycontainer\n$`},
		{"", "docker ps", "", "", 0, `\(Paused\)`},
		{"M3-32", "docker unpause mycontainer", "", "", 0, `^mycontainer\n$`},
		{"M3-33", "timeout -s INT 1 docker events --since 1h", "", "", 124, `container unpause [0-9a-f]{64} `},
		{"M3-34", "docker diff mycontainer", "", "", 0, `A /path\n`},
		{"M3-35", "docker top mycontainer", "", "", 0, `sleep 0.05`},
		{"M3-36", "timeout -s INT 3 docker stats", "", "", 124, `mycontainer`},
		{"M3-37", "docker system df", "", "", 0, `TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE`},
		{"M3-19", "docker rmi $(docker images -q)", "", "", 1, `mycontainer|in use|being used|used by`},
		{"M3-17", "docker stop $(docker ps -q)", "", "", 0, `^[0-9a-f]{12}\n$`},
		{"M3-17", "docker stop $(docker ps -q)", "", "", 1, `needs at least 1 argument`}, // none is left
		{"M3-07", "docker rm mycontainer", "", "", 0, `^mycontainer\n$`},
		{"", "docker create --name other box", "", "", 0, ``},
		{"M3-18", "docker rm $(docker ps -aq)", "", "", 0, `^[0-9a-f]{12}\n$`},
		{"M3-08", "docker rmi myimage", "", "", 0, `Untagged: myimage:latest`},
		{"M3-20", "docker volume prune", "-f -a", "", 0, `mine`},
		{"M3-21", "echo y | docker network prune", "", "", 0, `mynet`},
		{"M3-16", "echo y | docker system prune", "", "", 0, `Total reclaimed space`},
	}
}
