# The tasks of Glassbox. `make help` lists them. Nothing here is clever: the work is done by Go, and by the
# scripts in vm/.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: man vm vm-shell vm-stop vm-reset test-vm vm-quick help demo build test test-engines bench bench-engines bench-network bench-images lint clean

# Pure Go, no C, nothing of the build machine in the programs. The tag leaves the manual-page writer out of urfave/cli.
export CGO_ENABLED := 0
export GOFLAGS     := -tags=urfave_cli_no_docs -trimpath
# What every start of a container pays for. The new encoding/json prepares a type in half the time, for its config.json. The new
# collector (greentea) keeps marks at the end of each piece of the heap: a page fault more each, and we are gone before it collects.
export GOEXPERIMENT := $(shell for e in jsonv2 nogreenteagc; do GOEXPERIMENT=$$e go version >/dev/null 2>&1 && echo $$e; done | paste -sd,)
BOX                := storage/box/image/box.tar
STATICCHECK        := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Namespaces, mounts and cgroups want root. Tests are compiled as you and run as root.
ROOT    := $(if $(filter 0,$(shell id -u)),,sudo)
AS_ROOT := $(if $(ROOT),-exec 'sudo -E env PATH=$(PATH)')
VM      := $(if $(ROOT),sudo -E)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## install what is missing (Go excepted), build, and run one told container from birth to end
	@$(ROOT) vm/demo.sh

# Every container starts three programs, and each page of theirs that is not mapped yet is a page fault. Written by the linker, a
# program lies in the page cache in single pages; copied with one write it lies there in pieces of 2 MB, and those that a segment
# holds whole (-R) are mapped by one fault each. That is a twentieth of a container's life.
build: $(BOX) ## bin/glassbox, bin/glassbox-images and bin/glassbox-oci
	@go build -ldflags='-s -w -R 0x200000' -o bin/ ./cmd/...
	@for p in glassbox glassbox-images glassbox-oci; do \
		dd if=bin/$$p of=bin/$$p.new bs=64M status=none && chmod +x bin/$$p.new && mv bin/$$p.new bin/$$p || exit; done

# The embedded image "box" is made of Debian's busybox-static: the installed one, or one that is downloaded for it alone.
$(BOX): $(wildcard storage/box/build/*.go storage/box/recipe/*.go)
	@go run ./storage/box/build 2>/dev/null || { $(ROOT) apt-get -qq update; go run ./storage/box/build; }
	@touch $@

# One package after the other (-p 1): they share the machine's cgroups, and a picture of them taken in one would show those of another.
test: build lint ## everything: lint, unit, golden, end-to-end on the real kernel, every lesson
	@vm/need.sh nft:nftables ip:iproute2 unshare:util-linux ping:iputils-ping busybox:busybox-static pgrep:procps prove:perl \
		docker-registry:docker-registry htpasswd:apache2-utils skopeo:skopeo umoci:umoci newuidmap:uidmap \
		/usr/lib/cni/bridge:containernetworking-plugins iptables-nft:iptables dig:dnsutils openssl:openssl bwrap:bubblewrap
	@GLASSBOX_BIN=$(CURDIR)/bin go run ./internal/tally -p 1 $(AS_ROOT) ./...

# Daemons and bridges live in namespaces of their own. What fails under runc as well is the machine's fault, not ours.
test-engines: build ## Docker, Podman and containerd with glassbox-oci, and with runc beside it
	@vm/need.sh dockerd:docker.io docker:docker.io podman:podman conmon:conmon containerd:containerd ctr:containerd runc:runc
	@$(ROOT) test/engines/compare.sh bin/glassbox-oci $(BOX)

lint: $(BOX) ## gofmt, go vet, staticcheck, shellcheck
	@vm/need.sh shellcheck:shellcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt -w $$unformatted"; exit 1; fi
	@go vet ./...
	@go run $(STATICCHECK) ./...
	@shellcheck .ci/run vm/*.sh vm/lab/*.sh vm/quick/*.sh vm/quick/init test/engines/*.sh

man: build ## manual pages of all commands, in bin/man
	@bin/glassbox man --dir bin/man

# In namespaces of its own: crun refuses a machine whose cgroups are hybrid, so the v2 part is out of sight, and no bridge stays.
bench: build ## times and memory beside crun, runc, bwrap and unshare, what is installed of them
	@vm/need.sh time:time
	@go build -o bin/ ./internal/bench
	@$(ROOT) unshare -m -n sh -c 'ip link set lo up; umount /sys/fs/cgroup/unified 2>/dev/null; exec bin/bench'

# Hosts, bridges and rules are in namespaces of our own, and end with the bench.
bench-network: build ## what passes between containers and through a published port, names, attaching, 200 on one network
	@vm/need.sh iperf3:iperf3 nft:nftables ip:iproute2 nsenter:util-linux pgrep:procps
	@go build -o bin/ ./internal/netbench
	@$(ROOT) unshare -m -n sh -c 'ip link set lo up; exec bin/netbench'
	@go test $(AS_ROOT) -run '^$$' -bench Attach -benchtime 300x ./network

# The daemon, its bridge and its rules are in the same namespaces of our own, and end with the bench.
bench-engines: build ## times of run and exec beside Docker and Podman, and 500 containers at once
	@vm/need.sh time:time dockerd:docker.io docker:docker.io podman:podman
	@go build -o bin/ ./internal/bench
	@$(ROOT) unshare -m -n sh -c 'ip link set lo up; umount /sys/fs/cgroup/unified 2>/dev/null; bin/bench -engines -rounds 30 && bin/bench -crowd 500'

bench-images: build ## a pull beside Podman, and skopeo with umoci; a list of a thousand images; a second container
	@vm/need.sh docker-registry:docker-registry skopeo:skopeo umoci:umoci podman:podman time:time
	@go build -o bin/ ./internal/bench
	@$(ROOT) unshare -m -n sh -c 'ip link set lo up; exec bin/bench -images -rounds 5 -limit 400s'
	@go test $(AS_ROOT) -run '^$$' -bench . ./storage

# Debian with systemd under qemu, built of Debian's packages: KERNEL=6.1. is the older one, MODE=hybrid or v1 the older cgroups.
# VM_CPUS and VM_MEMORY (MiB) say how large; without KVM it is emulated, which takes ten times as long.
vm: build ## a Linux lab: a virtual machine with glassbox in it
	@mkdir -p bin/vm
	@$(VM) vm/lab/up.sh lab "$(KERNEL)" $(or $(MODE),v2)
	@$(VM) vm/lab/sync.sh lab
	@echo "ready: make vm-shell, make vm-stop, make vm-reset (start over)"

vm-shell: build ## a shell in the lab, with today's tree and programs
	@$(VM) vm/lab/sync.sh lab
	@$(VM) vm/lab/in.sh lab

vm-stop: ## switch the lab off; its disk stays
	@$(VM) vm/lab/down.sh lab

vm-reset: ## switch the lab off and throw its disk away
	@$(VM) vm/lab/down.sh lab reset

test-vm: build ## tests, checks and lessons beside systemd: two kernels, cgroup v2, hybrid and v1
	@mkdir -p bin/vm
	@stage=$$(mktemp -d); trap "rm -rf $$stage" EXIT; vm/stage.sh $$stage $(PACKAGES); $(VM) vm/lab/matrix.sh $$stage $(MATRIX)

# A machine of nothing but a kernel and busybox, up in seconds: MODE=v1 and MODE=hybrid are the older ways, PACKAGES says which tests,
# LESSONS which lessons.
vm-quick: build ## checks and tests in a small virtual machine (Debian's kernel, cgroup v2)
	@vm/quick/run.sh $(or $(MODE),v2) $(PACKAGES)

clean: ## remove what was built, the lab too
	@for machine in bin/vm/lab/*/disk.qcow2; do [ ! -e $$machine ] || $(VM) vm/lab/down.sh $$(basename $${machine%/*}) reset; done
	@[ ! -e bin/vm/lab ] || $(ROOT) rm -rf bin/vm/lab
	@rm -rf bin $(BOX)
