#!/bin/sh
# The API server remembers what is in etcd, so it is away while that is brought back: restore.d/60-kube-apiserver stop|start
case $1 in
stop) systemctl stop kube-apiserver ;;
start) systemctl start --no-block kube-apiserver ;;
esac
