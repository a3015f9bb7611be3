#!/bin/sh
# Saves a snapshot of etcd and keeps the newest ones: etcd-snapshot DIR KEEP.
set -eu
umask 077
dir=$1
keep=$2
until etcdctl endpoint health >/dev/null 2>&1; do
    echo "etcd is not healthy yet; trying again in 10 s"
    sleep 10
done
snapshot=$dir/etcd-$(date -u +%Y%m%dT%H%M%SZ).db
etcdctl snapshot save "$snapshot.part"
mv "$snapshot.part" "$snapshot"
rm -f "$dir"/*.part
find "$dir" -name 'etcd-*.db' | sort -r | tail -n "+$((keep + 1))" | while read -r old; do
    echo "removing $old"
    rm -f "$old"
done
