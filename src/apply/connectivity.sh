# Tests connections from this machine, each as its program would make it. On standard input, one line per connection:
#   NUMBER|ADDRESS|PORT|tcp or tls|ip:NAME or dns:NAME|AUTHORITY|CERTIFICATE|KEY|KUBECONFIG
# For each, a line: NUMBER|ok, failed or untried|REASON. Keys are only copied to a folder of root in memory.
umask 077
folder=$(mktemp -d /run/kmodel-trial.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT

of_kubeconfig() { # FIELD: its content, decoded
  sed -n "s/^[ -]*$1: *//p" "$kubeconfig" | head -n 1 | tr -d "\"'" | base64 -d
}

connects() {
  error=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$port" 2>&1)
  case $? in
    0) return 0 ;;
    124) error='no answer within 5 s' ;;
    *) error=${error##*: } ;;
  esac
  return 1
}

identity() { # the identity and authority, from the kubeconfig if there is one
  [ -n "$kubeconfig" ] || return 0
  [ -r "$kubeconfig" ] || { error="no such file: $kubeconfig"; return 1; }
  certificate=$folder/$number.crt key=$folder/$number.key
  of_kubeconfig client-certificate-data >"$certificate"
  of_kubeconfig client-key-data >"$key"
}

# The other end may refuse a certificate only after the handshake, so wait for a second.
by_openssl() {
  case $address in *:*) host="[$address]" ;; *) host=$address ;; esac
  set -- -connect "$host:$port" -verify_return_error -brief
  [ -z "$authority" ] || set -- "$@" -CAfile "$authority"
  [ -z "$certificate" ] || set -- "$@" -cert "$certificate" -key "$key"
  case $name in
    ip:*) set -- "$@" -verify_ip "${name#ip:}" -noservername ;;
    dns:*) set -- "$@" -verify_hostname "${name#dns:}" -servername "${name#dns:}" ;;
  esac
  said=$(sleep 1 | timeout 10 openssl s_client "$@" 2>&1)
  code=$?
  alert=$(printf '%s\n' "$said" | sed -n 's/.*:\([^:]*alert[^:]*\):.*/\1/p' | head -n 1)
  verify=$(printf '%s\n' "$said" | sed -n 's/^verify error:num=[0-9]*://p' | head -n 1)
  if [ -n "$alert" ]; then
    error="it refuses our certificate: $alert"
  elif [ -n "$verify" ]; then
    error="its certificate is not valid: $verify"
  elif [ "$code" -eq 0 ] || printf '%s\n' "$said" | grep -q '^Verification: OK'; then
    return 0
  else
    error=$(printf '%s\n' "$said" | grep -v '^$' | tail -n 1)
  fi
  return 1
}

by_curl() {
  host=${name#*:}
  case $host in *:*) host="[$host]" ;; esac
  case $address in *:*) to="[$address]" ;; *) to=$address ;; esac
  set -- -sS -o /dev/null --max-time 10 --connect-to "::$to:$port"
  [ -z "$authority" ] || set -- "$@" --cacert "$authority"
  [ -z "$certificate" ] || set -- "$@" --cert "$certificate" --key "$key"
  error=$(curl "$@" "https://$host:$port/" 2>&1)
}

try() {
  connects || { echo "$number|failed|$error"; return; }
  [ "$kind" = tls ] || { echo "$number|ok|"; return; }
  for file in "$authority" "$certificate"; do
    [ -z "$file" ] || [ -r "$file" ] || { echo "$number|failed|no such file: $file"; return; }
  done
  identity || { echo "$number|failed|$error"; return; }
  if command -v openssl >/dev/null; then
    by_openssl
  elif command -v curl >/dev/null; then
    by_curl
  else
    echo "$number|untried|the machine has neither openssl nor curl"
    return
  fi && echo "$number|ok|" || echo "$number|failed|$(echo "$error" | tr '\n|' '  ')"
}

running=0
while IFS='|' read -r number address port kind name authority certificate key kubeconfig; do
  try &
  running=$((running + 1))
  [ $((running % 16)) -ne 0 ] || wait
done
wait
