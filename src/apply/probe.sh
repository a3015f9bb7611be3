# Reports the state of a machine, one item per line. On standard input: paths of files, one per line.
paths=$(cat)
if [ -e /var/lib/kmodel/boot.json ] || [ -e /run/kmodel/status ]; then echo begun; fi
[ -e /var/lib/kmodel/drained ] && echo drained
echo "service $(systemctl is-failed kmodel-boot 2>/dev/null)"
echo "status $(cat /run/kmodel/status 2>/dev/null)"
[ -x /usr/local/lib/kmodel/boot ] && [ -e /etc/kmodel/machine ] && /usr/local/lib/kmodel/boot units | sed 's/^/unit /'
sed -n 's,^watch|\([^|]*\)|\(/var/lib/kmodel/artifacts/.*\),runs \1 \2,p' /etc/kmodel/machine 2>/dev/null
ip -o addr show 2>/dev/null | sed -n 's/.* inet6\{0,1\} \([^ /]*\).*/address \1/p'
[ -n "$paths" ] || exit 0
printf '%s\n' "$paths" | xargs -d '\n' sha256sum -- 2>/dev/null | sed 's/^/sum /'
printf '%s\n' "$paths" | xargs -d '\n' stat -c 'stat %a %U:%G %n' -- 2>/dev/null
# Units restart when their files change in more than comments.
printf '%s\n' "$paths" | grep '^/etc/systemd/system/' | while IFS= read -r path; do
  echo "bare $(sed '/^#/d' "$path" 2>/dev/null | sha256sum | cut -c1-64) $path"
done
exit 0
