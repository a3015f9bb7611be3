//! What is private is found in every form, and what is public is left alone.

use super::*;

const DATA: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2";

fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\n{DATA}\n-----END {label}-----\n")
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// As `base64` writes it: lines of 76.
fn wrapped(text: &str) -> String {
    let data = encoded(text);
    data.as_bytes().chunks(76).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
}

fn private() -> Vec<String> {
    let labels = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"];
    let mut list: Vec<String> = labels.iter().map(|label| pem(label)).collect();
    list.push(format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{DATA}\n-----END PGP PRIVATE KEY BLOCK-----\n"));
    list.push(format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\n{DATA}\n"));
    list.push(format!("{}{}", pem("CERTIFICATE"), pem("EC PRIVATE KEY")));
    list.push(format!(
        "{{\"type\": \"service_account\", \"private_key\": \"{}\"}}",
        pem("PRIVATE KEY").replace('\n', "\\n")
    ));
    list.push(format!("AGE-SECRET-KEY-1{}", "Q".repeat(58)));
    list.push(format!("users:\n- name: a\n  user:\n    client-key-data: {}\n", encoded(&pem("RSA PRIVATE KEY"))));
    list.push(format!("TOKEN=ghp_{}\n", "a1".repeat(18)));
    list.push("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg".to_owned());
    list.push(format!("[WireGuard]\nPrivateKey = {}\n", STANDARD.encode([7; 32])));
    list.push("bootstrapTokens:\n- token: \"abcdef.0123456789abcdef\"\n".to_owned());
    list.push("{\"auths\": {\"registry.example.org\": {\"auth\": \"dXNlcjpwYXNzd29yZDEyMw==\"}}}".to_owned());
    list.push(format!("[default]\naws_secret_access_key = {}\n", "a1/B".repeat(10)));
    list.push(format!("export AWS_SECRET_ACCESS_KEY={}\n", "a1/B".repeat(10)));
    list.push("apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: s3cr3t\n".to_owned());
    list.push(format!("kind: EncryptionConfiguration\nkeys:\n- name: a\n  secret: {}\n", STANDARD.encode([9; 32])));
    list
}

#[test]
fn private_keys_are_found_in_every_form() {
    for text in private() {
        let config = format!("kind: ConfigMap\ndata:\n  x: {}\n", encoded(&text));
        let inside = text.lines().map(|line| format!("    {line}\n")).collect::<String>();
        let forms = [text.clone(), encoded(&text), wrapped(&text), encoded(&config), format!("content: |\n{inside}")];
        for form in forms {
            assert!(is_in(&form), "{form}");
        }
    }
}

#[test]
fn public_texts_are_left_alone() {
    let long = "kube-apiserver/".repeat(20);
    for text in [
        &*pem("CERTIFICATE"),
        &pem("PUBLIC KEY"),
        &pem("CERTIFICATE REQUEST"),
        &encoded(&pem("CERTIFICATE")),
        "case $line in *'-----BEGIN PRIVATE KEY-----'*) exit 1;; esac",
        "grep -q 'BEGIN RSA PRIVATE KEY' /etc/kubernetes/pki/ca.key",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1gVYq1sXvQvZ8s0b3o0L0Zc1l7mZ0k3l0q9Qm2aX0b ops@example.org",
        "token: /var/run/secrets/token",
        "{\"auth\": \"basic\", \"authority\": \"example.org:443\"}",
        "aws_secret_access_key = /etc/aws/key\n",
        "secret: c2hvcnQ=\n  secretName: a-secret-of-a-name-that-is-long\n",
        "client-key: /etc/kubernetes/pki/admin.key",
        &format!("sha256:{}", "0123456789abcdef".repeat(4)),
        &long,
    ] {
        assert!(!is_in(text), "{text}");
    }
}
