# The first certificate of each file whose path is on standard input; of a kubeconfig, its client certificate. No key is
# printed: only the lines between the markers of a certificate are.
first() { sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' | sed '/-----END CERTIFICATE-----/q'; }
while IFS= read -r path; do
  echo "== $path"
  if grep -qs 'client-certificate-data:' "$path"; then
    sed -n 's/^[ -]*client-certificate-data: *//p' "$path" | head -n 1 | tr -d "\"'" | base64 -d | first
  elif [ -r "$path" ]; then
    first <"$path"
  fi
done
