#!/bin/sh
# Before etcd starts: joins the cluster that the other members have already, when this one came later or has lost its data.
#
#   etcd-join ETCD NAME URL OTHERS PORT FLAG...
#
# ETCD is the program, NAME and URL are this member's, OTHERS the URLs of the others, parted by commas, PORT their clients'
# port. FLAGs are those for certificates. Where data lies here already, or nobody has a cluster yet, there is nothing to do:
# members that start together for the first time need no one to join.
set -u
etcd=$1 name=$2 url=$3 others=$4 port=$5
shift 5
data=/var/lib/etcd
# Left by a join that was broken off after the others had been told.
mark=/var/lib/etcd-joining

[ ! -d "$data/member" ] || [ -e "$mark" ] || exit 0
[ -n "$others" ] || exit 0
. /etc/profile.d/etcdctl.sh
here=$ETCDCTL_ENDPOINTS
ETCDCTL_API=3
ETCDCTL_ENDPOINTS=$(echo "$others" | sed "s/:[0-9]*\(,\|\$\)/:$port\1/g")
export ETCDCTL_API ETCDCTL_ENDPOINTS

ask() { etcdctl --dial-timeout=3s --command-timeout=10s "$@"; }

# ID, started or unstarted, NAME, URL, ...
members=$(ask member list 2>/dev/null) || exit 0
own=$(echo "$members" | grep -F ", $url," || true)
id=${own%%,*}

case $own in
  '') ;;
  *', unstarted, '*)
    # Without the mark it is one that was there from the start and has only not come up yet.
    [ -e "$mark" ] || exit 0
    ;;
  *)
    echo "this member has lost its data: leaving and joining again as a new one"
    ask member remove "$id" || exit 1
    id=''
    ;;
esac
rm -rf "${data:?}/member"
touch "$mark"
if [ -z "$id" ]; then
  ask member add "$name" --peer-urls="$url" || exit 1
fi

# etcd compares URLs; a member that has not come up yet has no name.
cluster=$(ask member list | awk -F', ' -v own="$url" -v name="$name" \
  '{ print ($4 == own ? name : $3 == "" ? "member-" NR : $3) "=" $4 }' | paste -s -d,)
echo "joining $cluster"
"$etcd" --name="$name" --data-dir="$data" --initial-cluster-state=existing --initial-cluster="$cluster" \
  --listen-peer-urls="$url" --initial-advertise-peer-urls="$url" \
  --listen-client-urls="$here" --advertise-client-urls="$here" "$@" &
running=$!
trap 'kill "$running" 2>/dev/null' EXIT
tries=0
until ETCDCTL_ENDPOINTS=$here ask endpoint health >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 120 ] || ! kill -0 "$running" 2>/dev/null; then
    echo "cannot join yet" >&2
    exit 1
  fi
  sleep 1
done
rm -f "$mark"
kill "$running"
wait "$running"
echo "joined"
exit 0
