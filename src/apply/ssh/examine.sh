# What this machine is and has of what the model needs, one item a line. On standard input, one question a line:
#   module NAME | setting NAME | path PATH | dial ADDRESS PORT
# Changes nothing. What it cannot find out is `unseen WHAT WHY`.
value() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | tr -d "\"'" | head -n 1; }
has() { command -v "$1" >/dev/null 2>&1; }
echo "os $(value ID)"
echo "os-like $(value ID_LIKE)"
echo "os-version $(value VERSION_ID)"
echo "kernel $(uname -r)"
echo "hostname $(uname -n)"
for manager in apt-get dnf zypper; do
  has "$manager" && { echo "packages $manager"; break; }
done
if has systemd-detect-virt && systemd-detect-virt --container --quiet 2>/dev/null; then echo 'container yes'; fi
sed -n 's/^[[:space:]]*nameserver[[:space:]][[:space:]]*\([^[:space:]]*\).*/nameserver \1/p' /etc/resolv.conf 2>/dev/null
[ -e /run/systemd/resolve/resolv.conf ] && echo 'resolved yes'
case $(cat /sys/fs/selinux/enforce 2>/dev/null) in 1) echo 'selinux enforcing' ;; 0) echo 'selinux permissive' ;; esac
for filter in firewalld ufw; do
  [ "$(systemctl is-active "$filter" 2>/dev/null)" = active ] && { echo "firewall $filter"; break; }
done
if has ip; then
  ip -o link show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@ ]*\)[@:].* mtu \([0-9]*\) .*/link \1 \2/p'
else
  echo 'unseen links it lacks ip'
fi

# Ports that programs hold, with the program and its unit.
if has ss; then
  ss -Hlntup 2>/dev/null | while read -r net _ _ _ place _ users; do
    pid=${users#*pid=}
    [ "$pid" != "$users" ] || pid=
    pid=${pid%%[!0-9]*}
    program=${users#*\"}
    program=${program%%\"*}
    unit=
    [ -z "$pid" ] || unit=$(sed -n '$s,.*/,,p' "/proc/$pid/cgroup" 2>/dev/null)
    echo "held $net $place ${program:--} ${unit:--}"
  done
else
  echo 'unseen ports it lacks ss'
fi

module() { # NAME
  plain=$(echo "$1" | tr - _)
  [ ! -d "/sys/module/$plain" ] || return 0
  if grep -qs "/$(echo "$plain" | sed 's/_/[-_]/g')\.ko" "/lib/modules/$(uname -r)/modules.builtin"; then return 0; fi
  has modprobe || { echo "unseen modules it lacks modprobe"; return 0; }
  modprobe -n -q -- "$1" 2>/dev/null || echo "no-module $1"
}

# A setting of a module that is not loaded yet may come with it.
setting() { # NAME
  case $1 in net.bridge.* | net.netfilter.* | net.*.conf.* | net.*.neigh.*) return ;; esac
  [ -e "/proc/sys/$(echo "$1" | tr . /)" ] || echo "no-setting $1"
}

# The file system of a path, or of the folder in which it would be.
path() { # PATH
  place=$1
  while [ ! -e "$place" ] && [ "$place" != / ]; do place=${place%/*}; place=${place:-/}; done
  found=$(df -PT "$place" 2>/dev/null | awk 'NR == 2 { print $7, $2 }')
  [ -z "$found" ] || echo "file-system $found"
}

# Refused is an answer: the way there is open, and nothing listens yet.
dial() { # ADDRESS PORT
  has timeout && has bash || { echo 'unseen routes it lacks bash or timeout'; return; }
  error=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)
  case $? in
    0) echo "dialled $1 $2"; packet "$1"; return ;;
    124) echo "undialled $1 $2 no answer within 5 s"; return ;;
  esac
  case $error in
    *'onnection refused'*) echo "dialled $1 $2"; packet "$1" ;;
    *'No such file'*) echo 'unseen routes its bash cannot open connections' ;;
    *) echo "undialled $1 $2 $(echo "${error##*: }" | head -n 1 | tr 'A-Z' 'a-z')" ;;
  esac
}

# Whether a packet as large as the link takes arrives, where a small one does.
packet() { # ADDRESS
  has ping || return 0
  device=$(ip -o route get "$1" 2>/dev/null | sed -n 's/.* dev \([^ ]*\) .*/\1/p')
  mtu=$(cat "/sys/class/net/${device:-none}/mtu" 2>/dev/null)
  [ "$device" != lo ] && [ -n "$mtu" ] || return 0
  case $1 in *:*) size=$((mtu - 48)) ;; *) size=$((mtu - 28)) ;; esac
  ping -q -c 1 -W 2 -M "do" -s 56 "$1" >/dev/null 2>&1 || return 0
  for _ in 1 2 3; do ping -q -c 1 -W 2 -M "do" -s "$size" "$1" >/dev/null 2>&1 && return 0; done
  echo "narrow $1 $mtu $device"
}

running=0
while read -r kind one two; do
  case $kind in
    module | setting | path) "$kind" "$one" ;;
    dial)
      dial "$one" "$two" </dev/null &
      running=$((running + 1))
      [ $((running % 32)) -ne 0 ] || wait ;;
  esac
done
wait
exit 0
