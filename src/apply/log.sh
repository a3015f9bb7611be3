# The end of the boot's log, and of the journal of each unit that is not up.
tail -n 15 /var/lib/kmodel/boot.log 2>/dev/null
[ -x /usr/local/lib/kmodel/boot ] && [ -e /etc/kmodel/machine ] || exit 0
/usr/local/lib/kmodel/boot units | grep -v ' up$' | while read -r unit state; do
  echo "$unit $state"
  journalctl --no-pager -q -n 8 -o cat -u "$unit" | sed 's/^/  /'
done
exit 0
