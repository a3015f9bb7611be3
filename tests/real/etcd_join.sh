#!/usr/bin/env bash
# Members that join a real etcd by `etcd-join`, each with its own /var/lib and profile, on addresses of lo: JOIN
#
# Prints, for each case, how many members have started. Runs in namespaces of its own, which end with it.
export join=$1 work=/run/joining
ip link set lo up && mount -t tmpfs tmpfs /run && mkdir "$work" || { echo SKIP; exit 0; }

peer() { echo "http://127.0.1.$1:2380"; }
client() { echo "http://127.0.1.$1:2379"; }
# A list of members that is read early and used late, once FILE.go is there: others join meanwhile.
held_etcdctl() { # FILE
  mkdir -p /var/lib/bin
  cat >/var/lib/bin/etcdctl <<EOF
#!/bin/sh
list=\$($(command -v etcdctl) "\$@") || exit
printf '%s\n' "\$list"
case "\$*" in *'member list'*) touch "$1.read"; until [ -e "$1.go" ]; do sleep 0.1; done ;; esac
EOF
  chmod 755 /var/lib/bin/etcdctl
  PATH=/var/lib/bin:$PATH
}
# The unit of a machine: the script until it ends well, then etcd.
unit() { # NUMBER OTHERS FIRST
  mount --bind "$work/$1" /var/lib && mount -t tmpfs tmpfs /etc/profile.d || exit
  echo "export ETCDCTL_ENDPOINTS=$(client "$1")" >/etc/profile.d/etcdctl.sh
  held_etcdctl "$work/$1"
  for _ in 1 2 3 4 5 6 7 8 9; do
    [ -n "$2" ] || break
    ! sh "$join" "$(command -v etcd)" "m$1" "$(peer "$1")" "$2" 2379 || break
    sleep 1
  done
  exec etcd --name="m$1" --data-dir=/var/lib/etcd --listen-peer-urls="$(peer "$1")" --listen-client-urls="$(client "$1")" \
    --initial-advertise-peer-urls="$(peer "$1")" --advertise-client-urls="$(client "$1")" --initial-cluster="$3"
}
export -f peer client held_etcdctl unit
start() { # NUMBER OTHERS FIRST
  mkdir -p "$work/$1/etcd"
  unshare --mount --propagation private bash -c 'unit "$@"' bash "$@" >>"$work/log.$1" 2>&1 &
}
ctl() { ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$(client "$1") etcdctl --command-timeout=2s "${@:2}" 2>&1; }
list() { # NUMBER...
  for number; do printf '%s,' "$(peer "$number")"; done | sed 's/,$//'
}
first() { # NUMBER...
  for number; do printf 'm%s=%s,' "$number" "$(peer "$number")"; done | sed 's/,$//'
}
# Tries for a minute or two.
until_it_works() { # COMMAND...
  for _ in $(seq 100); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.25
  done
  echo "no end: $*"
  tail -n 3 "$work"/log.*
  exit
}
started() { ctl "$1" member list | grep -c ', started, '; }
has() { [ "$(started "$1")" = "$2" ]; }
await() { # NUMBER COUNT CASE
  until_it_works has "$1" "$2"
  until_it_works ctl "$1" put key value
  echo "$3: $2"
}

for number in 1 2 3; do start $number '' "$(first 1 2 3)"; done
await 1 3 'three begin'
start 4 "$(list 1 2 3 5)" "$(first 1 2 3 4 5)"
until_it_works test -e "$work/4.read"
touch "$work/5.go"
start 5 "$(list 1 2 3 4)" "$(first 1 2 3 4 5)"
await 1 4 'one joins'
# etcd refuses to add a member while another was not connected for five seconds (HealthInterval in server/etcdserver).
sleep 7
touch "$work/4.go"
await 1 5 'another, that read the list before'

# Its machine was made anew after it had been added, so that nothing on it tells.
until_it_works ctl 1 member add m6 --peer-urls="$(peer 6)"
touch "$work/6.go"
start 6 "$(list 1 2 3 4 5)" "$(first 1 2 3 4 5 6)"
await 1 6 'one that was added before'

# One of the first that comes late; the others have started twice, so that they do not know its name.
twice=()
for number in 11 12; do start $number '' "$(first 11 12 13)" && twice+=($!); done
until_it_works ctl 11 put key value
kill "${twice[@]}" && wait "${twice[@]}"
for number in 11 12; do start $number '' "$(first 11 12 13)"; done
until_it_works ctl 11 put key value
touch "$work/13.go"
start 13 "$(list 11 12)" "$(first 11 12 13)"
await 11 3 'one of the first, late'
