#!/bin/sh
# Brings a snapshot back on this member, as all others do with the same one: restore.d/50-etcd stop|load|start
set -eu
umask 077
export PATH="/usr/local/bin:$PATH" ETCDCTL_API=3
. /usr/local/lib/kmodel/etcd-member.sh
case $1 in
stop) systemctl stop etcd ;;
load)
    new=$DATA_DIR/restored
    rm -rf "$new"
    snapshot=$(mktemp)
    trap 'rm -rf "$snapshot"' EXIT
    cat >"$snapshot"
    if command -v etcdutl >/dev/null; then tool=etcdutl; else tool=etcdctl; fi
    more=
    # So that no client takes what it remembers for newer than what there is now.
    if $tool snapshot restore --help 2>&1 | grep -q bump-revision; then more="--bump-revision 1000000000 --mark-compacted"; fi
    # shellcheck disable=SC2086
    $tool snapshot restore "$snapshot" --name "$NAME" --data-dir "$new" --initial-cluster "$CLUSTER" \
        --initial-cluster-token "$TOKEN" --initial-advertise-peer-urls "$PEER_URL" $more >&2
    # What was there before stays until the next restore.
    rm -rf "$DATA_DIR/before-restore"
    if [ -e "$DATA_DIR/member" ]; then mv "$DATA_DIR/member" "$DATA_DIR/before-restore"; fi
    mv "$new/member" "$DATA_DIR/member"
    rm -rf "$new"
    chown -R --reference="$DATA_DIR" "$DATA_DIR/member"
    ;;
start) systemctl start --no-block etcd ;;
esac
