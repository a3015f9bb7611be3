#!/bin/sh
# Applies the cluster's own objects and keeps them so: apply-addons FOLDER ROLES SECONDS.
# The unit is up from when the API server has accepted all of them. They are applied again every SECONDS; once that fails four
# times in a row, the script ends, and is not up until it succeeds. Several machines may do it at once.
set -u
folder=$1
roles=$2
every=$3
wait=5

server_side() {
    kubectl apply --server-side --force-conflicts --field-manager=kmodel "$@"
}

# Objects of components first, then each release that was downloaded, with its patches.
# Some of either may need kinds that the other defines, so all are tried.
apply() {
    failed=0
    server_side -f "$folder" || failed=1
    for release in "$folder"/*/; do
        [ ! -e "$release/kustomization.yaml" ] || server_side -k "$release" || failed=1
    done
    return "$failed"
}

# Each line: NODE LABEL=VALUE. A node that has not registered yet is `missing`.
label() {
    while read -r node role; do
        if ! kubectl get node "$node" --output=name >/dev/null 2>&1; then
            missing=yes
            continue
        fi
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
missing=
until apply && label; do
    echo "not every object was accepted; trying again in $wait s (attempt $try)" >&2
    sleep "$wait"
    try=$((try + 1))
    missing=
done
echo "all objects in $folder are applied"
systemd-notify --ready --status="all objects are applied" 2>/dev/null || true

while :; do
    # A node that registers later gets its role soon.
    pause=$every
    waited=0
    while [ "$waited" -lt "$pause" ]; do
        sleep 10
        waited=$((waited + 10))
        if [ -n "$missing" ]; then
            missing=
            label || missing=yes
        fi
    done
    try=1
    missing=
    until apply && label; do
        echo "not every object was accepted (attempt $try)" >&2
        [ "$try" -lt 4 ] || exit 1
        sleep "$wait"
        try=$((try + 1))
    done
done
