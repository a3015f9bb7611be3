#!/bin/sh
# Drains a machine that leaves the cluster, or its name, and removes its node: leave.d/10-node MACHINE
set -u
export KUBECONFIG=/etc/kubernetes/super-admin.conf PATH=/usr/local/bin:/usr/bin:/bin HOME=/root
node=$1
found=$(kubectl get node "$node" --ignore-not-found --output=name) || exit 1
[ -n "$found" ] || exit 0
# Pods of a node that does not answer cannot be waited for.
ready=$(kubectl get node "$node" --output=jsonpath='{.status.conditions[?(@.type=="Ready")].status}') || exit 1
if [ "$ready" = True ]; then
    kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --force --timeout=300s || exit 1
fi
kubectl delete node "$node"
