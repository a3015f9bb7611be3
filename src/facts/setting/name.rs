//! The names of settings: one for each setting, wherever it is written.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::typed::Form;
use crate::facts::{field, flag};

/// A setting. What a program takes as a flag and as a field of its configuration file is named by the field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// `etcd --data-dir`.
    Flag { program: String, flag: String },
    /// `KubeletConfiguration.authorization.mode`.
    Field { kind: String, path: String },
    /// `calico-node $CALICO_IPV4POOL_CIDR`: a variable of a container of a workload.
    Variable { container: String, variable: String },
    /// `cluster pods`.
    Cluster(ClusterField),
}

/// A field of the model's cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterField {
    Pods,
    Services,
    Domain,
    Kubernetes,
}

impl ClusterField {
    const ALL: [Self; 4] = [Self::Pods, Self::Services, Self::Domain, Self::Kubernetes];

    /// As a model writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Services => "services",
            Self::Domain => "domain",
            Self::Kubernetes => "kubernetes",
        }
    }
}

impl Name {
    /// The setting that a flag makes.
    pub fn of_flag(program: &str, flag: &str) -> Self {
        let table = flag::table(program);
        let row = table.and_then(|table| table.flags.get(flag));
        let by_place = table.and_then(|table| table.positional.as_ref()).filter(|own| own.name == flag);
        let path = row.and_then(|row| row.config_field.clone()).or(by_place.map(|own| own.config_field.clone()));
        // A program with several kinds of files has the kind in the path.
        let of_kind =
            path.as_deref().and_then(|path| path.split_once('.')).filter(|(kind, _)| field::table(kind).is_some());
        if let Some((kind, path)) = of_kind {
            return Self::Field { kind: kind.to_owned(), path: path.to_owned() };
        }
        match (path, field::of_program(program)) {
            (Some(path), Some(table)) => Self::Field { kind: table.kind.clone(), path },
            _ => Self::Flag { program: program.to_owned(), flag: flag.to_owned() },
        }
    }

    /// A name in a table of ours.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("cluster ") {
            let found = ClusterField::ALL.into_iter().find(|field| field.name() == name);
            return found.map(Self::Cluster).ok_or_else(|| format!("`{text}` is not a field of a cluster"));
        }
        if let Some((container, variable)) = text.split_once(" $") {
            return Ok(Self::Variable { container: container.to_owned(), variable: variable.to_owned() });
        }
        if let Some((program, flag)) = text.split_once(" --") {
            return Self::read_flag(program, flag);
        }
        let Some((kind, path)) = text.split_once('.') else { return Err(format!("`{text}` is not a setting")) };
        let name = Self::Field { kind: kind.to_owned(), path: path.to_owned() };
        match shape(kind, path).is_some() {
            true => Ok(name),
            false => Err(format!("`{kind}` has no field `{path}`")),
        }
    }

    fn read_flag(program: &str, flag: &str) -> Result<Self, String> {
        if flag::table(program).is_none_or(|table| !table.flags.contains_key(flag)) {
            return Err(format!("`{program}` has no flag `--{flag}`"));
        }
        match Self::of_flag(program, flag) {
            name @ Self::Flag { .. } => Ok(name),
            name => Err(format!("`{program} --{flag}` is named by its field, `{name}`")),
        }
    }

    /// What its text is read as.
    pub fn form(&self) -> Form {
        let form = match self {
            Self::Flag { program, flag } => {
                flag::table(program).and_then(|table| table.flags.get(flag)).map(Form::of_flag)
            }
            Self::Field { kind, path } => shape(kind, path).map(Form::of_field),
            Self::Cluster(ClusterField::Kubernetes) => Some(Form::Version),
            Self::Variable { .. } | Self::Cluster(_) => None,
        };
        form.unwrap_or(Form::Text)
    }

    /// The program whose flag it is.
    pub fn program(&self) -> Option<&str> {
        match self {
            Self::Flag { program, .. } => Some(program),
            Self::Field { .. } | Self::Variable { .. } | Self::Cluster(_) => None,
        }
    }
}

/// The type of a field, or of the map that it is a key of.
fn shape(kind: &str, path: &str) -> Option<&'static field::Shape> {
    let table = field::table(kind)?;
    let at = |path: &str| table.fields.get(path).map(|field| &field.shape);
    let is_map = |shape: &&field::Shape| matches!(shape, field::Shape::Map(_));
    at(path).or_else(|| path.match_indices('.').find_map(|(dot, _)| at(&path[..dot]).filter(is_map)))
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { program, flag } => write!(f, "{program} --{flag}"),
            Self::Field { kind, path } => write!(f, "{kind}.{path}"),
            Self::Variable { container, variable } => write!(f, "{container} ${variable}"),
            Self::Cluster(field) => write!(f, "cluster {}", field.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_with_a_field_is_the_setting_of_that_field() {
        assert_eq!(Name::of_flag("kubelet", "max-pods").to_string(), "KubeletConfiguration.maxPods");
        assert_eq!(Name::of_flag("etcd", "data-dir").to_string(), "etcd --data-dir");
        let pods = Name::of_flag("kubeadm init", "pod-network-cidr").to_string();
        assert_eq!(pods, "ClusterConfiguration.networking.podSubnet");
    }

    #[test]
    fn a_name_that_is_misspelt_is_refused() {
        for text in [
            "etcd --data-dri",
            "ectd --data-dir",
            "kubelet --max-pods",
            "KubeletConfiguration.maxPod",
            "KubeletConfig.maxPods",
            "cluster nodes",
            "maxPods",
        ] {
            assert!(Name::read(text).is_err(), "{text}");
        }
        assert!(Name::read("KubeletConfiguration.evictionHard.memory.available").is_ok());
    }
}
