//! Forms that programs read a text in: an address with a port, a set of processors, a label.

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use super::url::{Host, Url};
use crate::facts::duration::duration;
use crate::facts::label;
use crate::facts::quantity::quantity;

/// A form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    Address,
    /// An address, with a port or without.
    AddressAndPort,
    Range,
    /// `300-2000`, `300+100`, `300`, or nothing.
    PortRange,
    /// `0-3,8`.
    CpuSet,
    /// Begins with `/`, without `//`, `.` and `..`.
    PlainPath,
    /// A URL whose host is an address or `localhost`, with a port.
    ListenUrl,
    /// A URL with a host and a port.
    ReachedUrl,
    HttpsUrl,
    /// `host:port`, or a URL of `dns`, `unix` or `unix-abstract`.
    GrpcEndpoint,
    /// `group/resource#server;server`.
    StorageOverride,
    Duration,
    Quantity,
    /// A percentage of at most 100, or a quantity above 0.
    Threshold,
    /// A whole number that is not negative.
    Count,
    /// A whole number, or a duration.
    Retention,
    /// `max-age=N`, `includeSubDomains` or `preload`.
    TransportSecurity,
    /// `example.org/name`.
    LabelKey,
    LabelValue,
    /// A label that a kubelet may set on its own node.
    NodeLabel,
    /// `key=value:Effect`.
    Taint,
    /// Labels in lower case, separated by dots.
    Subdomain,
    /// A group of an API, of which the first has no name.
    ApiGroup,
    /// A key for AES, as base64.
    AesKey,
    /// A key of 32 bytes, as base64.
    SecretboxKey,
    /// What an EncryptionConfiguration encrypts: `secrets`, `deployments.apps`, `*.apps`.
    EncryptedResource,
    /// A path of the API server, with `*` at its end or not.
    ApiPath,
    /// A URL of a socket.
    SocketUrl,
    /// `latest`, or `v1.36`.
    PolicyVersion,
    /// A regular expression for the whole host of an origin.
    OriginPattern,
    /// A token of kubeadm: an identifier and a secret.
    BootstrapToken,
    /// The hash of a public key: `sha256:HEX`.
    KeyHash,
    /// A key of 32 bytes, in hexadecimal.
    CertificateKey,
    /// The socket of a container runtime: a path, or a URL of one.
    CriSocket,
    HostAndPort,
    /// A host, with a port or without.
    Host,
    AbsolutePath,
    /// A registry and a path of images, without a scheme.
    ImageRepository,
    /// A kernel setting that each pod has of its own, or several by `*` at the end.
    PodSysctl,
}

const GRAMMARS: [(&str, Grammar); 39] = [
    ("address", Grammar::Address),
    ("address and port", Grammar::AddressAndPort),
    ("range", Grammar::Range),
    ("port range", Grammar::PortRange),
    ("cpu set", Grammar::CpuSet),
    ("plain path", Grammar::PlainPath),
    ("listen url", Grammar::ListenUrl),
    ("reached url", Grammar::ReachedUrl),
    ("https url", Grammar::HttpsUrl),
    ("grpc endpoint", Grammar::GrpcEndpoint),
    ("storage override", Grammar::StorageOverride),
    ("duration", Grammar::Duration),
    ("quantity", Grammar::Quantity),
    ("threshold", Grammar::Threshold),
    ("count", Grammar::Count),
    ("retention", Grammar::Retention),
    ("transport security", Grammar::TransportSecurity),
    ("label key", Grammar::LabelKey),
    ("label value", Grammar::LabelValue),
    ("node label", Grammar::NodeLabel),
    ("taint", Grammar::Taint),
    ("subdomain", Grammar::Subdomain),
    ("api group", Grammar::ApiGroup),
    ("aes key", Grammar::AesKey),
    ("secretbox key", Grammar::SecretboxKey),
    ("encrypted resource", Grammar::EncryptedResource),
    ("api path", Grammar::ApiPath),
    ("socket url", Grammar::SocketUrl),
    ("policy version", Grammar::PolicyVersion),
    ("origin pattern", Grammar::OriginPattern),
    ("bootstrap token", Grammar::BootstrapToken),
    ("hash of a key", Grammar::KeyHash),
    ("certificate key", Grammar::CertificateKey),
    ("cri socket", Grammar::CriSocket),
    ("host and port", Grammar::HostAndPort),
    ("host with or without port", Grammar::Host),
    ("absolute path", Grammar::AbsolutePath),
    ("image repository", Grammar::ImageRepository),
    ("sysctl of a pod", Grammar::PodSysctl),
];

impl Grammar {
    pub fn read(text: &str) -> Result<Self, String> {
        let found = GRAMMARS.iter().find(|(name, _)| *name == text).map(|(_, grammar)| *grammar);
        found.ok_or_else(|| format!("`{text}` is not a form of a text"))
    }

    /// What to write, for people.
    pub fn example(self) -> &'static str {
        match self {
            Self::Address => "an IP address",
            Self::AddressAndPort => "an IP address with a port, such as `0.0.0.0:10256`",
            Self::Range => "a range, such as `10.0.0.0/8`",
            Self::PortRange => "a port range, such as `300-2000`",
            Self::CpuSet => "numbers of processors, such as `0-1,8`",
            Self::PlainPath => "an absolute path without `.` and `..`",
            Self::ListenUrl => "a URL with an IP address and a port, such as `https://10.0.0.5:2379`",
            Self::ReachedUrl => "a URL with a host and a port, such as `https://etcd-0:2379`",
            Self::HttpsUrl => "a URL that begins with `https://`",
            Self::GrpcEndpoint => "an address with a port, without `http://`, such as `127.0.0.1:4317`",
            Self::StorageOverride => {
                "`GROUP/RESOURCE#URL;URL`, such as `/events#https://a:2379;https://b:2379`: semicolons separate servers, \
                 commas separate overrides"
            }
            Self::Duration => "a duration, such as `1m30s`",
            Self::Quantity => "a quantity, such as `100m` or `512Mi`",
            Self::Threshold => "a percentage from `0%` to `100%`, or a quantity such as `100Mi`",
            Self::Count => "a whole number",
            Self::Retention => "a whole number, or a duration such as `8h`",
            Self::TransportSecurity => "`max-age=SECONDS`, `includeSubDomains` or `preload`",
            Self::LabelKey => {
                "at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends; before it, a DNS name and `/` if \
                 you like: `example.org/team`"
            }
            Self::LabelValue => {
                "at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, or nothing"
            }
            Self::NodeLabel => {
                "a label in a domain of your own, or below `node.kubernetes.io/`; a role is set with the API: \
                 `kubectl label node NODE node-role.kubernetes.io/worker=`"
            }
            Self::Taint => {
                "`key=value:Effect` or `key:Effect`, with the effect NoSchedule, PreferNoSchedule or NoExecute"
            }
            Self::Subdomain => {
                "lower-case letters, digits and hyphens in parts of at most 63, separated by dots: `cluster.local`"
            }
            Self::ApiGroup => "the name of an API group without its version, such as `apps`",
            Self::AesKey => "16, 24 or 32 random bytes as base64: `head -c 32 /dev/urandom | base64`",
            Self::SecretboxKey => "32 random bytes as base64: `head -c 32 /dev/urandom | base64`",
            Self::EncryptedResource => {
                "the plural name of a resource with its API group, such as `secrets`, `deployments.apps` or `*.apps`"
            }
            Self::ApiPath => "a path that begins with `/`, with `*` only at its end",
            Self::SocketUrl => "the URL of a socket, such as `unix:///run/kms.sock`",
            Self::PolicyVersion => "`latest`, or a version such as `v1.36`",
            Self::OriginPattern => {
                "a regular expression for the whole host, such as `^https://app\\.example\\.org$` or `//app\\.example\\.org(:|$)`"
            }
            Self::BootstrapToken => {
                "6 and 16 lower-case letters and digits with a dot between, as `kubeadm token generate` prints them"
            }
            Self::KeyHash => "`sha256:` and 64 hexadecimal digits",
            Self::CertificateKey => "64 hexadecimal digits, as `kubeadm certs certificate-key` prints them",
            Self::CriSocket => {
                "the socket of the container runtime, such as `unix:///run/containerd/containerd.sock`; dockershim, and its \
                 socket, were removed in 1.24"
            }
            Self::HostAndPort => "an address or a name with a port and without `https://`, such as `10.0.0.5:6443`",
            Self::Host => "an address or a name without `https://`, with a port if you like, such as `10.0.0.5:6443`",
            Self::AbsolutePath => "a path that begins with `/`",
            Self::ImageRepository => "a registry and a path without `https://`, such as `registry.example.org/k8s`",
            Self::PodSysctl => {
                "a kernel setting of the network or of IPC namespaces, with `*` only at its end, such as `net.core.somaxconn` or \
                 `kernel.shm*`"
            }
        }
    }

    /// Whether a text has this form.
    pub fn fits(self, text: &str) -> bool {
        let text = text.trim();
        match self {
            Self::Address => address(text).is_some(),
            Self::AddressAndPort => {
                address(text).is_some() || text.parse::<SocketAddr>().is_ok_and(|socket| socket.port() > 0)
            }
            // Go's ParseCIDR takes no address without the length of a prefix.
            Self::Range => text.contains('/') && text.parse::<IpNet>().is_ok(),
            Self::PortRange => is_port_range(text),
            Self::CpuSet => text.split(',').all(is_cpu_range),
            Self::PlainPath => is_plain_path(text),
            Self::ListenUrl => {
                is_unix(text) || Url::read(text).is_some_and(|url| has_port(&url) && is_bound(&url.host))
            }
            Self::ReachedUrl => is_unix(text) || Url::read(text).is_some_and(|url| has_port(&url)),
            Self::HttpsUrl => Url::read(text).is_some_and(|url| url.scheme == "https"),
            Self::GrpcEndpoint => match text.split_once("//") {
                Some((scheme, _)) => matches!(scheme, "dns:" | "unix:" | "unix-abstract:"),
                None => true,
            },
            Self::StorageOverride => is_override(text),
            Self::Duration => duration(text).is_some(),
            Self::Quantity => quantity(text).is_some_and(|amount| amount >= 0.0),
            Self::Threshold => is_threshold(text),
            Self::Count => text.parse::<u64>().is_ok(),
            Self::Retention => text.parse::<u64>().is_ok() || duration(text).is_some(),
            Self::TransportSecurity => {
                let age = text.strip_prefix("max-age=");
                age.is_some_and(|age| !age.contains('=')) || matches!(text, "includeSubDomains" | "preload")
            }
            Self::LabelKey => match text.split_once('/') {
                Some((prefix, name)) => is_subdomain(prefix) && is_label(name),
                None => is_label(text),
            },
            Self::LabelValue => text.is_empty() || is_label(text),
            Self::NodeLabel => label::is_own(text),
            Self::Taint => is_taint(text),
            Self::Subdomain => is_subdomain(text),
            Self::ApiGroup => text.is_empty() || is_subdomain(text),
            Self::AesKey => key_length(text).is_some_and(|length| [16, 24, 32].contains(&length)),
            Self::SecretboxKey => key_length(text) == Some(32),
            Self::EncryptedResource => is_encrypted(text),
            Self::ApiPath => {
                text == "*" || text.starts_with('/') && text.find('*').is_none_or(|at| at + 1 == text.len())
            }
            Self::SocketUrl => text.starts_with("unix:"),
            Self::PolicyVersion => {
                let minor = text.strip_prefix("v1.").filter(|minor| *minor == "0" || !minor.starts_with('0'));
                text == "latest" || minor.is_some_and(|minor| minor.parse::<u16>().is_ok())
            }
            Self::OriginPattern => is_origin(text),
            Self::BootstrapToken => is_token(text),
            Self::KeyHash => {
                let hash = text.split_once(':').filter(|(form, _)| form.eq_ignore_ascii_case("sha256"));
                hash.is_some_and(|(_, hash)| is_hexadecimal(hash))
            }
            Self::CertificateKey => is_hexadecimal(text),
            Self::CriSocket => {
                let path = text.strip_prefix("unix://").or_else(|| text.strip_prefix("unix:")).unwrap_or(text);
                path.starts_with('/') && !path.ends_with("/dockershim.sock")
            }
            Self::HostAndPort => host(text).is_some_and(|has_port| has_port),
            Self::Host => host(text).is_some(),
            Self::AbsolutePath => text.starts_with('/'),
            Self::ImageRepository => is_repository(text),
            Self::PodSysctl => is_pod_sysctl(text),
        }
    }

    /// Whether a text of this form is a secret, and must not be shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::AesKey | Self::SecretboxKey | Self::BootstrapToken | Self::CertificateKey)
    }
}

/// `net.core.somaxconn`, `kernel.shm*`; slashes may stand for the dots.
fn is_pod_sysctl(text: &str) -> bool {
    let dotted = text.replace('/', ".");
    let name = dotted.strip_suffix('*').unwrap_or(&dotted);
    let is_part = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    let of_pod = ["net.", "kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|start| name.starts_with(start));
    name.split('.').all(is_part) && (of_pod || name == "kernel.sem")
}

/// The resources of the first API group that are stored.
const CORE: [&str; 16] = [
    "configmaps",
    "endpoints",
    "events",
    "limitranges",
    "namespaces",
    "nodes",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
    "services",
    "*",
];

/// How many bytes a base64 text stands for.
fn key_length(text: &str) -> Option<usize> {
    STANDARD.decode(text).ok().map(|bytes| bytes.len())
}

/// `validateResourceNames` of k8s.io/apiserver pkg/apis/apiserver/validation/validation_encryption.go; a name without a
/// group is one of the first group, and any other is of no resource.
fn is_encrypted(text: &str) -> bool {
    if text.chars().any(char::is_uppercase) {
        return false;
    }
    match text.split_once('.') {
        None => text != "*" && CORE.contains(&text),
        Some((resource, "")) => CORE.contains(&resource),
        Some((resource, "*")) => resource == "*",
        Some((_, group)) => !["events.k8s.io", "extensions", "core", "v1"].contains(&group),
    }
}

/// `validateCorsAllowedOriginList` of k8s.io/apiserver pkg/server/options/server_run_options.go: an expression of Go's, which cannot
/// begin with a repetition, pinned at both ends.
fn is_origin(text: &str) -> bool {
    let begins = ["^", "//"].iter().any(|pin| text.contains(pin));
    let ends = ["$", ":"].iter().any(|pin| text.contains(pin));
    begins && ends && !text.starts_with(['*', '+', '?'])
}

/// `BootstrapTokenPattern` of k8s.io/cluster-bootstrap token/api/types.go.
fn is_token(text: &str) -> bool {
    let part = |part: &str, length: usize| {
        part.len() == length && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    text.split_once('.').is_some_and(|(id, secret)| part(id, 6) && part(secret, 16))
}

/// 32 bytes.
fn is_hexadecimal(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Whether a host has a port; `None` if it is not a host (`ParseHostPort` of kubeadm's cmd/kubeadm/app/util/endpoint.go).
fn host(text: &str) -> Option<bool> {
    let url = Url::read(text).filter(|url| url.scheme.is_empty() && url.path.is_empty() && !text.contains(['/', '@']));
    let is_bare = address(text).is_some();
    let named = |url: &Url| match &url.host {
        Host::Address(_) => true,
        Host::Name(name) => is_subdomain(name),
    };
    if is_bare { Some(false) } else { url.filter(named).map(|url| url.port.is_some_and(|port| port > 0)) }
}

/// `ReferenceRegexp` of distribution/reference, without tag and digest: parts in lower case, of which the first may be a host.
fn is_repository(text: &str) -> bool {
    let (first, rest) = text.split_once('/').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let part = |part: &str| {
        let plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let all = part.chars().all(|c| plain(Some(c)) || "._-".contains(c));
        all && plain(part.chars().next()) && plain(part.chars().next_back())
    };
    host(&first.to_ascii_lowercase()).is_some() && rest.is_none_or(|rest| rest.split('/').all(part))
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// `ParsePortRange` of apimachinery's `pkg/util/net`.
fn is_port_range(text: &str) -> bool {
    let port = |text: &str| text.trim().parse::<u16>().ok();
    match (text.split_once('-'), text.split_once('+')) {
        _ if text.is_empty() => true,
        (Some((first, last)), _) => matches!((port(first), port(last)), (Some(first), Some(last)) if first <= last),
        (_, Some((first, more))) => {
            matches!((port(first), port(more)), (Some(first), Some(more)) if first.checked_add(more).is_some())
        }
        _ => port(text).is_some(),
    }
}

fn is_cpu_range(text: &str) -> bool {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    match text.split_once('-') {
        Some((first, last)) => matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last),
        None => number(text).is_some(),
    }
}

fn is_plain_path(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('/') else { return false };
    text.is_ascii() && (rest.is_empty() || rest.split('/').all(|part| !matches!(part, "" | "." | "..")))
}

fn is_unix(text: &str) -> bool {
    text.starts_with("unix:") || text.starts_with("unixs:")
}

fn has_port(url: &Url) -> bool {
    url.port.is_some()
}

/// `checkBindURLs` of etcd's server/embed/config.go.
fn is_bound(host: &Host) -> bool {
    match host {
        Host::Address(_) => true,
        Host::Name(name) => name == "localhost",
    }
}

/// `EtcdOptions.Validate` of k8s.io/apiserver pkg/server/options/etcd.go; each server is a URL.
fn is_override(text: &str) -> bool {
    let Some((resource, servers)) = text.split_once('#') else { return false };
    resource.split('/').count() == 2
        && !servers.contains('#')
        && servers.split(';').all(|server| Url::read(server).is_some_and(|url| !url.scheme.is_empty()))
}

/// `parseThresholdStatement` of the kubelet's pkg/kubelet/eviction/helpers.go.
fn is_threshold(text: &str) -> bool {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().is_ok_and(|percent| (0.0..=100.0).contains(&percent)),
        None => quantity(text).is_some_and(|amount| amount > 0.0),
    }
}

/// `IsQualifiedName` and `IsValidLabelValue` of apimachinery's pkg/util/validation.
fn is_label(text: &str) -> bool {
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let all = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    text.len() <= 63 && all && end(text.chars().next()) && end(text.chars().next_back())
}

/// `IsDNS1123Subdomain` of apimachinery's pkg/util/validation.
fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        let all = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        !part.is_empty() && part.len() <= 63 && all && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

/// `parseTaint` of kubernetes/kubernetes pkg/util/taints.
fn is_taint(text: &str) -> bool {
    let Some((label, effect)) = text.split_once(':') else { return false };
    let (key, value) = label.split_once('=').unwrap_or((label, ""));
    Grammar::LabelKey.fits(key)
        && Grammar::LabelValue.fits(value)
        && matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_that_programs_read() {
        let good = [
            (Grammar::AddressAndPort, "0.0.0.0"),
            (Grammar::AddressAndPort, "[::]:10256"),
            (Grammar::PortRange, "300-2000"),
            (Grammar::PortRange, ""),
            (Grammar::CpuSet, "0-1,8"),
            (Grammar::PlainPath, "/var/log/pods"),
            (Grammar::ListenUrl, "https://10.0.0.5:2379"),
            (Grammar::ListenUrl, "unixs:/run/etcd.sock"),
            (Grammar::ReachedUrl, "https://etcd-0:2379"),
            (Grammar::StorageOverride, "/events#https://a:2379;https://b:2379"),
            (Grammar::Threshold, "100%"),
            (Grammar::Threshold, "100Mi"),
            (Grammar::Retention, "8h"),
            (Grammar::LabelKey, "node-role.kubernetes.io/control-plane"),
            (Grammar::LabelValue, ""),
            (Grammar::LabelValue, "Data_science.2"),
            (Grammar::NodeLabel, "example.org/team"),
            (Grammar::NodeLabel, "node.kubernetes.io/disk"),
            (Grammar::NodeLabel, "a.kubelet.kubernetes.io/disk"),
            (Grammar::NodeLabel, "topology.kubernetes.io/zone"),
            (Grammar::NodeLabel, "myk8s.io/zone"),
            (Grammar::NodeLabel, "tier"),
            (Grammar::PodSysctl, "net.ipv4.ip_unprivileged_port_start"),
            (Grammar::PodSysctl, "kernel.shm*"),
            (Grammar::PodSysctl, "kernel/msgmax"),
            (Grammar::Taint, "dedicated=db:NoExecute"),
            (Grammar::Taint, "example.org/gpu:NoSchedule"),
            (Grammar::Subdomain, "cluster.local"),
            (Grammar::ApiGroup, ""),
            (Grammar::AesKey, "AAAAAAAAAAAAAAAAAAAAAA=="),
            (Grammar::SecretboxKey, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (Grammar::EncryptedResource, "secrets"),
            (Grammar::EncryptedResource, "deployments.apps"),
            (Grammar::EncryptedResource, "*."),
            (Grammar::EncryptedResource, "*.*"),
            (Grammar::ApiPath, "/healthz*"),
            (Grammar::PolicyVersion, "v1.30"),
            (Grammar::OriginPattern, "//localhost(:|$)"),
            (Grammar::BootstrapToken, "abcdef.0123456789abcdef"),
            (Grammar::KeyHash, "SHA256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
            (Grammar::CriSocket, "unix:///run/containerd/containerd.sock"),
            (Grammar::CriSocket, "/run/crio/crio.sock"),
            (Grammar::HostAndPort, "[fd00::1]:6443"),
            (Grammar::HostAndPort, "api.example.org:6443"),
            (Grammar::Host, "10.0.0.5"),
            (Grammar::Host, "fd00::1"),
            (Grammar::Host, "lb"),
            (Grammar::ImageRepository, "registry.k8s.io"),
            (Grammar::ImageRepository, "10.0.0.5:5000/k8s/a_b"),
            (Grammar::ImageRepository, "localhost:5000"),
        ];
        for (grammar, text) in good {
            assert!(grammar.fits(text), "{grammar:?} {text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let bad = [
            (Grammar::PodSysctl, "kernel.core_pattern"),
            (Grammar::PodSysctl, "net.*.x"),
            (Grammar::PodSysctl, "vm.*"),
            (Grammar::AddressAndPort, ":10256"),
            (Grammar::AddressAndPort, "0.0.0.0:0"),
            (Grammar::PortRange, "2000-300"),
            (Grammar::CpuSet, "0-"),
            (Grammar::PlainPath, "/var/../log"),
            (Grammar::PlainPath, "var/log"),
            (Grammar::ListenUrl, "https://etcd-0:2379"),
            (Grammar::ReachedUrl, "https://etcd-0"),
            (Grammar::StorageOverride, "https://b:2379"),
            (Grammar::StorageOverride, "/events#a"),
            (Grammar::Threshold, "101%"),
            (Grammar::Threshold, "0"),
            (Grammar::Retention, "8 h"),
            (Grammar::LabelKey, "team name"),
            (Grammar::LabelKey, "Example.org/team"),
            (Grammar::LabelKey, "/team"),
            (Grammar::LabelValue, "data science"),
            (Grammar::LabelValue, "-x"),
            (Grammar::NodeLabel, "node-role.kubernetes.io/worker"),
            (Grammar::NodeLabel, "kubernetes.io/role"),
            (Grammar::NodeLabel, "node-restriction.kubernetes.io/pool"),
            (Grammar::NodeLabel, "node.k8s.io/pool"),
            (Grammar::Taint, "dedicated=d b:NoExecute"),
            (Grammar::Taint, "dedicated"),
            (Grammar::Subdomain, "my_cluster.local"),
            (Grammar::Subdomain, "Cluster.local"),
            (Grammar::Subdomain, "cluster..local"),
            (Grammar::ApiGroup, "apps/v1"),
            (Grammar::AesKey, "not base64"),
            (Grammar::AesKey, "AAAA"),
            (Grammar::SecretboxKey, "AAAAAAAAAAAAAAAAAAAAAA=="),
            (Grammar::EncryptedResource, "secret"),
            (Grammar::EncryptedResource, "deployments"),
            (Grammar::EncryptedResource, "*"),
            (Grammar::EncryptedResource, "Secrets"),
            (Grammar::EncryptedResource, "secrets.*"),
            (Grammar::ApiPath, "healthz"),
            (Grammar::ApiPath, "/a*/b"),
            (Grammar::PolicyVersion, "1.30"),
            (Grammar::PolicyVersion, "v1.30.2"),
            (Grammar::OriginPattern, "*"),
            (Grammar::OriginPattern, "example.org"),
            (Grammar::Range, "10.0.0.1"),
            (Grammar::BootstrapToken, "abcdef:0123456789abcdef"),
            (Grammar::BootstrapToken, "ABCDEF.0123456789abcdef"),
            (Grammar::KeyHash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (Grammar::KeyHash, "sha256:e3b0c442"),
            (Grammar::CriSocket, "unix:///var/run/dockershim.sock"),
            (Grammar::CriSocket, "/var/run/dockershim.sock"),
            (Grammar::CriSocket, "tcp://10.0.0.5:2375"),
            (Grammar::HostAndPort, "10.0.0.5"),
            (Grammar::HostAndPort, "https://10.0.0.5:6443"),
            (Grammar::Host, "https://10.0.0.5:6443"),
            (Grammar::Host, "10.0.0.5:6443/"),
            (Grammar::Host, "api_server:6443"),
            (Grammar::ImageRepository, "https://registry.example.org"),
            (Grammar::ImageRepository, "registry.example.org/K8s"),
        ];
        for (grammar, text) in bad {
            assert!(!grammar.fits(text), "{grammar:?} {text}");
        }
    }
}
