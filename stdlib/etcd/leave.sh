#!/bin/sh
# Removes a machine that leaves the cluster from the members of etcd: leave.d/50-etcd MACHINE
set -u
. /etc/profile.d/etcdctl.sh
export ETCDCTL_API=3
members=$(etcdctl member list) || exit 1
id=$(echo "$members" | awk -F', ' -v name="$1" '$3 == name { print $1 }')
[ -n "$id" ] || exit 0
etcdctl member remove "$id"
