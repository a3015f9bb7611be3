//! The directory in which the kubelet of a machine finds its static pods.

use crate::model::Value;
use crate::model::value::Record;
use crate::render::evidence::{Document, Entry, Flags};

/// That of kubeadm and of most others.
const DEFAULT: &str = "/etc/kubernetes/manifests";

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No setting of a kubelet is known: that of a package, or none.
    Nothing,
    /// The configuration that the kubelet reads has no directory.
    Unset,
    Set,
}

/// Where static pods are: as a flag or the configuration of the kubelet says, or `/etc/kubernetes/manifests`.
#[derive(Clone, Debug)]
pub struct StaticPods {
    pub folder: String,
    pub known: Known,
}

impl StaticPods {
    /// A flag overrides the files of `--config-dir`, and these override the one of `--config`.
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        let kubelets: Vec<&Flags<'_>> = entries.iter().filter_map(kubelet).collect();
        let flag = |name: &str| kubelets.iter().find_map(|flags| given(flags, name));
        let (config, more) = (flag("config"), flag("config-dir"));
        let rank = |document: &Document<'_>| match &more {
            Some(folder) if document.path.starts_with(folder.as_str()) => 0,
            _ if config.as_deref() == Some(&*document.path) => 1,
            _ => 2,
        };
        let mut files: Vec<_> = entries.iter().flat_map(configurations).collect();
        files.sort_by_key(|(document, _)| rank(document));
        let set = flag("pod-manifest-path").or_else(|| files.iter().find_map(|(_, record)| folder(record)));
        let is_read = files.iter().any(|(document, _)| rank(document) == 1) && more.is_none();
        match set.filter(|folder| folder.starts_with('/') && !folder.contains(['$', '%'])) {
            Some(folder) => Self { folder: folder.trim_end_matches('/').to_owned(), known: Known::Set },
            None => Self { folder: DEFAULT.into(), known: if is_read { Known::Unset } else { Known::Nothing } },
        }
    }

    /// Whether the kubelet takes a file as a pod. It passes over directories and over names that begin with a dot
    /// (pkg/kubelet/config/file.go); the path may be that of one file.
    pub fn reads(&self, path: &str) -> bool {
        let name = path.strip_prefix(self.folder.as_str());
        let is_pod = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains('/');
        name.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/').is_some_and(is_pod))
    }
}

/// A kubelet of the machine itself.
fn kubelet<'a, 'p>(entry: &'a Entry<'p>) -> Option<&'a Flags<'p>> {
    match entry {
        Entry::Flags(flags) if flags.on_host && &*flags.program == "kubelet" => Some(flags),
        _ => None,
    }
}

fn given(flags: &Flags<'_>, name: &str) -> Option<String> {
    let flag = flags.given.iter().find(|flag| flag.name == name)?;
    flag.value.scalar_text().filter(|text| !text.is_empty())
}

/// The configurations of a kubelet in a file, which may hold other documents too.
fn configurations<'a, 'p>(entry: &'a Entry<'p>) -> Vec<(&'a Document<'p>, &'a Record)> {
    let Entry::Document(document) = entry else { return Vec::new() };
    let value = document.value().filter(|_| document.path.starts_with('/'));
    let records = match value.map(Value::reveal) {
        Some(Value::List(list)) => list.iter().filter_map(record).collect(),
        Some(value) => record(value).into_iter().collect(),
        None => Vec::new(),
    };
    let is_own = |record: &&Record| text(record, "kind").as_deref() == Some("KubeletConfiguration");
    records.into_iter().filter(is_own).map(|record| (document, record)).collect()
}

fn record(value: &Value) -> Option<&Record> {
    if let Value::Record(record) = value.reveal() { Some(record) } else { None }
}

fn folder(configuration: &Record) -> Option<String> {
    text(configuration, "staticPodPath").filter(|path| !path.is_empty())
}

fn text(record: &Record, key: &str) -> Option<String> {
    record.get(key).and_then(Value::scalar_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_directory_itself_are_pods() {
        let pods = StaticPods { folder: "/etc/pods".into(), known: Known::Set };
        for path in ["/etc/pods/a.yaml", "/etc/pods/a.bak", "/etc/pods"] {
            assert!(pods.reads(path), "{path}");
        }
        for path in ["/etc/pods/.a.yaml", "/etc/pods/b/a.yaml", "/etc/podsa/a.yaml", "/etc/pods.yaml", "/etc/pods/"] {
            assert!(!pods.reads(path), "{path}");
        }
    }
}
