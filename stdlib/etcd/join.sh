#!/bin/sh
# Before etcd starts: joins the running cluster of the other members, if this one was added later or has lost its data.
#
#   etcd-join ETCD NAME URL OTHERS PORT FLAG...
#
# ETCD is the program, NAME and URL are this member's, OTHERS the URLs of the others, separated by commas, PORT their
# client port. FLAGs are the flags for certificates. If this member has data, or no other member is part of a cluster yet,
# there is nothing to do: members that start together for the first time form a new cluster.
#
# Exit: 0 etcd may start, 1 not yet, try again.
set -u
etcd=$1 name=$2 url=$3 others=$4 port=$5
shift 5
data=/var/lib/etcd
# Written before the member is added, and again at each try: the members of the new cluster. Removed once this one has joined.
mark=/var/lib/etcd-joining

# A start that failed leaves a folder behind, without a log of its own (etcd renames it into place once it is whole).
has_member() { [ -n "$(find "$data/member/wal" -name '*.wal' 2>/dev/null | head -n 1)" ]; }

! has_member || [ -e "$mark" ] || exit 0
. /etc/profile.d/etcdctl.sh
here=$ETCDCTL_ENDPOINTS
ETCDCTL_API=3
ETCDCTL_ENDPOINTS=$(echo "$others" | sed "s/:[0-9]*\(,\|\$\)/:$port\1/g")
export ETCDCTL_API ETCDCTL_ENDPOINTS

ask() { etcdctl --dial-timeout=2s --command-timeout=5s "$@"; }

# A member that was part of a quorum reports its status, even when there is none at the moment; another reports nothing.
others_have_a_cluster() {
  statuses=$(
    for endpoint in $(echo "$ETCDCTL_ENDPOINTS" | tr , ' '); do
      ETCDCTL_ENDPOINTS=$endpoint ask endpoint status 2>/dev/null &
    done
    wait
  )
  [ -n "$statuses" ]
}

# Of the lines of `member list`: etcd compares URLs; a member that has not started yet has no name.
remember() {
  cluster=$(grep -vF ", $url," | awk -F', ' '{ print ($3 == "" ? "member-" NR : $3) "=" $4 "," }' | tr -d '\n')
  printf '%s\n' "$cluster$name=$url" >"$mark.new" && mv "$mark.new" "$mark"
}

add_member() {
  # ID, started or unstarted, NAME, URL, ...
  members=$(ask member list) || exit 1
  own=$(echo "$members" | grep -F ", $url," || true)
  echo "$members" | remember || exit 1
  case $own in
    '') ;;
    # It waits for this one: it has been added, or is one of the first.
    *', unstarted, '*) return ;;
    *)
      echo "this member has lost its data: removing it, then adding it as a new member"
      ask member remove "${own%%,*}" || exit 1
      ;;
  esac
  # The mark stays where this fails: the others may have added it all the same.
  ask member add "$name" --peer-urls="$url" || exit 1
}

# The first start of an added member needs other flags than later ones, which find its data.
first_start() {
  # What an earlier try has stored is this member's: without it, the others refuse it.
  has_member || rm -rf "${data:?}/member"
  "$etcd" --name="$name" --data-dir="$data" --initial-cluster-state=existing --initial-cluster="$(cat "$mark")" \
    --listen-peer-urls="$url" --initial-advertise-peer-urls="$url" \
    --listen-client-urls="$here" --advertise-client-urls="$here" "$@" &
  running=$!
  trap 'kill "$running" 2>/dev/null' EXIT
  tries=0
  until ETCDCTL_ENDPOINTS=$here ask endpoint health >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 30 ] || ! kill -0 "$running" 2>/dev/null; then
      echo "cannot join yet" >&2
      exit 1
    fi
    sleep 1
  done
  rm -f "$mark"
  kill "$running"
  wait "$running"
  echo "joined"
}

# An earlier try may be void: the member was removed meanwhile, or has joined and lost its data since. If it is not, others
# may have joined or left since: etcd does not start with a list that is not that of the cluster.
still_joining() {
  members=$(ask member list 2>/dev/null) || return 0
  case $(echo "$members" | grep -F ", $url,") in
    '') rm -rf "${data:?}/member" && return 1 ;;
    *', started, '*) has_member ;;
    *) echo "$members" | remember ;;
  esac
}

if [ -e "$mark" ] && ! still_joining; then
  echo "the others do not wait for this member any more: joining them again"
  rm -f "$mark"
fi
if [ ! -e "$mark" ]; then
  others_have_a_cluster || exit 0
  add_member
fi
first_start "$@"
exit 0
