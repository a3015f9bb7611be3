#!/bin/sh
# Writes when the certificates of this machine end, for node-exporter: certificate-metrics FILE SECONDS FOLDER...
# Certificates are files that end in .crt, and those inside kubeconfigs.
set -u
out=$1
every=$2
shift 2

one() {
    end=$(openssl x509 -noout -enddate 2>/dev/null) || return 0
    seconds=$(date --date="${end#notAfter=}" +%s) || return 0
    echo "kmodel_certificate_end_seconds{path=\"$1\"} $seconds"
}

measure() {
    echo '# HELP kmodel_certificate_end_seconds When a certificate ends, in seconds since 1970.'
    echo '# TYPE kmodel_certificate_end_seconds gauge'
    find "$@" -type f -name '*.crt' 2>/dev/null | sort | while read -r path; do
        openssl x509 -in "$path" 2>/dev/null | one "$path"
    done
    find "$@" -type f -name '*.conf' 2>/dev/null | sort | while read -r path; do
        data=$(sed -n 's/^ *client-certificate-data: *//p' "$path")
        [ -z "$data" ] || echo "$data" | base64 --decode 2>/dev/null | one "$path"
    done
}

while :; do
    measure "$@" >"$out.new" && mv "$out.new" "$out"
    sleep "$every"
done
