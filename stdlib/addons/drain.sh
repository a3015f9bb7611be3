#!/bin/sh
# Lets the pods of a machine go to others, and lets it take pods again:
#   drain.d/10-node away MACHINE upgrade|restart [VERSION]
#   drain.d/10-node back MACHINE
# A kubelet of the same minor is exchanged under its pods, which go on. A node that was cordoned before stays so.
set -u
export KUBECONFIG=/etc/kubernetes/super-admin.conf PATH=/usr/local/bin:/usr/bin:/bin HOME=/root
way=$1 node=$2 reason=${3-} version=${4-}
mark=kmodel/drained

value() { # JSONPATH
    kubectl get node "$node" --output="jsonpath=$1"
}

found=$(kubectl get node "$node" --ignore-not-found --output=name) || exit 1
[ -n "$found" ] || exit 0
if [ "$way" = back ]; then
    [ -n "$(value '{.metadata.annotations.kmodel/drained}')" ] || exit 0
    kubectl uncordon "$node" && kubectl annotate node "$node" "$mark-"
    exit
fi

running=$(value '{.status.nodeInfo.kubeletVersion}') || exit 1
running=${running#v}
if [ "$reason" = upgrade ] && [ "${running%.*}" = "${version%.*}" ]; then
    exit 0
fi
ready=$(value '{.status.conditions[?(@.type=="Ready")].status}') || exit 1
# Pods of a node that does not answer cannot be waited for.
[ "$ready" = True ] || exit 0
others=$(kubectl get nodes --field-selector=spec.unschedulable=false --no-headers) || exit 1
# Where no other node is ready, its pods have nowhere to go.
echo "$others" | awk -v node="$node" '$1 != node && $2 == "Ready" { found = 1 } END { exit !found }' || exit 0
if [ "$(value '{.spec.unschedulable}')" != true ]; then
    kubectl annotate node "$node" --overwrite "$mark=$reason" && kubectl cordon "$node" || exit 1
fi
kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --force --timeout=600s
