#!/bin/sh
# Applies the cluster's own objects until the API server has accepted all of them: apply-addons FOLDER ROLES.
# Applying is idempotent, so several machines may do it at once.
set -u
folder=$1
roles=$2
wait=5

apply() {
    kubectl apply --server-side --force-conflicts --field-manager=kmodel -f "$folder"
}

# Each line: NODE LABEL=VALUE. A node that has not registered yet gets its role the next time.
label() {
    while read -r node role; do
        kubectl get node "$node" --output=name >/dev/null 2>&1 || continue
        kubectl label node "$node" "$role" --overwrite || return 1
    done <"$roles"
}

try=1
until kubectl get --raw=/readyz >/dev/null 2>&1; do
    echo "the API server is not ready; trying again in $wait s (attempt $try)"
    sleep "$wait"
    try=$((try + 1))
done
try=1
until apply && label; do
    echo "not every object was accepted; trying again in $wait s (attempt $try)" >&2
    sleep "$wait"
    try=$((try + 1))
done
echo "all objects in $folder are applied"
