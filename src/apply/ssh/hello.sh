# What this machine is, one item per line: the cluster and the machine that it is marked as, and whose boot is there.
[ "$(id -u)" -eq 0 ] || { echo 'the user cannot become root' >&2; exit 1; }
[ -r /var/lib/kmodel/owner ] && echo "owner $(head -n 1 /var/lib/kmodel/owner)"
[ -r /etc/kmodel/machine ] && sed -n '1s/^# What .* does on \(.*\)\. Written by kmodel\.$/boot \1/p' /etc/kmodel/machine

# What the machine is.
echo "arch $(uname -m)"
echo "cores $(nproc 2>/dev/null)"
echo "memory $(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)"
echo "time $(date +%s)"
echo "id $(cat /etc/machine-id 2>/dev/null)"
ip -o addr show 2>/dev/null | sed -n 's/^[0-9]*: \([^ ]*\) .* *inet6\{0,1\} \([^ /]*\).*/on \1 \2/p'
for program in bash tar xargs sha256sum stat; do
  command -v "$program" >/dev/null 2>&1 || echo "lacks $program"
done
echo "disk $(df -Pk / 2>/dev/null | awk 'NR == 2 { print $2 }')"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo 'cgroup v2'; elif [ -d /sys/fs/cgroup ]; then echo 'cgroup v1'; fi
# What another cluster has left: the data of a store, pods, nodes of other distributions.
for path in /etc/kubernetes/manifests/* /etc/kubernetes/*.conf /var/lib/etcd/member /var/lib/rancher/* /var/lib/k0s/* \
  /var/snap/microk8s/*; do
  [ -e "$path" ] && echo "left $path"
done
[ -d /run/systemd/system ] || echo "lacks systemd as the first process"
exit 0
