//! References of images: `registry.k8s.io/pause:3.10.1`.

/// Where an image is, and under which tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    pub registry: &'a str,
    /// With the names of its folders: `library/debian`.
    pub repository: String,
    pub tag: &'a str,
}

/// The registry of an image that names none, and the host that serves it.
const DEFAULT: (&str, &str) = ("docker.io", "registry-1.docker.io");

impl<'a> Reference<'a> {
    /// Reads a reference; `None` when it has a digest already, or is not one.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
        if text.contains('@') || text.is_empty() || !text.chars().all(plain) {
            return None;
        }
        let (registry, rest) = match text.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
            _ => (DEFAULT.0, text),
        };
        let (repository, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
        if repository.is_empty() || tag.is_empty() || repository.contains(':') || tag.contains('/') {
            return None;
        }
        let official = registry == DEFAULT.0 && !repository.contains('/');
        let repository = if official { format!("library/{repository}") } else { repository.to_owned() };
        Some(Self { registry, repository, tag })
    }

    /// The host that serves it.
    pub(crate) fn host(&self) -> &'a str {
        if self.registry == DEFAULT.0 { DEFAULT.1 } else { self.registry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_registry_a_repository_and_a_tag() {
        for (text, registry, repository, tag) in [
            ("registry.k8s.io/pause:3.10.1", "registry.k8s.io", "pause", "3.10.1"),
            ("registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io", "coredns/coredns", "v1.12.1"),
            ("localhost:5000/a/b:c", "localhost:5000", "a/b", "c"),
            ("localhost/a", "localhost", "a", "latest"),
            ("debian", "docker.io", "library/debian", "latest"),
            ("debian:13", "docker.io", "library/debian", "13"),
            ("kubeovn/kube-ovn:v1.15.0", "docker.io", "kubeovn/kube-ovn", "v1.15.0"),
            ("docker.io/library/debian:13", "docker.io", "library/debian", "13"),
        ] {
            assert_eq!(
                Reference::parse(text),
                Some(Reference { registry, repository: repository.to_owned(), tag }),
                "{text}"
            );
        }
        assert_eq!(Reference::parse("debian").map(|image| image.host()), Some("registry-1.docker.io"));
        for text in ["", "a b", "a@sha256:00", "registry.k8s.io/pause:", "x/y:a/b", "quay.io/{{ x }}"] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
