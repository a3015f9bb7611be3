# Logs and state of this machine, as an archive on standard output. No file that holds a key is read.
umask 077
folder=$(mktemp -d /run/kmodel-debug.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

keep() { # FILE COMMAND...: the output of the command, and its exit code if it fails
  file=$1
  shift
  timeout 30 "$@" >"$file" 2>&1 || echo "($* ended with $?)" >>"$file"
}

boot=/usr/local/lib/kmodel/boot
keep boot.log tail -n 2000 /var/lib/kmodel/boot.log
keep apt.log tail -n 1000 /var/lib/kmodel/apt.log
keep status.txt cat /run/kmodel/status
keep plan.txt cat /etc/kmodel/machine
keep units.txt "$boot" units
keep cloud-init-status.txt cloud-init status --long
keep cloud-init.log tail -n 3000 /var/log/cloud-init.log
keep cloud-init-output.log tail -n 3000 /var/log/cloud-init-output.log
keep systemd.txt systemctl list-units --all --plain --no-legend --no-pager
keep failed.txt systemctl --failed --no-pager
keep journal.log journalctl --no-pager -b -n 4000
keep network.txt sh -c 'ip address; ip route; ip -6 route; cat /etc/hosts /etc/resolv.conf'
keep listening.txt ss -H -t -u -l -n -p
keep resources.txt sh -c 'df -h; df -i; free -m; uptime; ps -eo pid,rss,pcpu,comm --sort=-rss | head -n 30'
mkdir journal units
"$boot" units 2>/dev/null | while read -r unit _; do
  keep "journal/$unit.log" journalctl --no-pager -n 1000 -u "$unit"
  keep "units/$unit.txt" systemctl --no-pager -l -n 0 status "$unit"
done
tar -c -f - .
