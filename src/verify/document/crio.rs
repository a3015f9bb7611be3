//! CRI-O's configuration: what it refuses, so that the machine has no runtime or no handler of that name.
//!
//! Source: cri-o/cri-o pkg/config/config.go at v1.31.13 and v1.36.3 (`Validate` of each part, `ValidateRuntimes`,
//! `TranslateMonitorFieldsForHandler`). Its keys are a table: `keyed.rs`.

use serde_json::{Map, Value as Json};

use super::{DocumentProblem, json};
use crate::diag::{Code, Help, did_you_mean};
use crate::facts::document;
use crate::render::evidence::{Document, Sample};
use crate::render::format::Secrets;
use crate::text::List;
use crate::verify::locate::Step;

/// What CRI-O has read when it has read all its files.
struct Whole {
    /// Each file, in the order in which they are read.
    files: Vec<Json>,
}

/// A file and all of them.
struct File<'f> {
    value: &'f Json,
    whole: &'f Whole,
}

type Rule = fn(&File<'_>) -> Vec<DocumentProblem>;

/// What is wrong with one of CRI-O's files, beside what it does with keys; nothing of another file.
pub(super) fn check(sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let Some(value) = of(document) else { return Vec::new() };
    let mut files: Vec<&Document<'_>> = sample.documents().collect();
    // `crio.conf` is read before those in `crio.conf.d`, which are read in order.
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let whole = Whole { files: files.into_iter().filter_map(of).collect() };
    of_file(&File { value: &value, whole: &whole })
}

fn of_file(file: &File<'_>) -> Vec<DocumentProblem> {
    const RULES: [Rule; 6] = [default_runtime, log_size, monitor_groups, handlers, folders, streaming];
    RULES.iter().flat_map(|rule| rule(file)).collect()
}

/// What a file of CRI-O has.
fn of(document: &Document<'_>) -> Option<Json> {
    document::at(&document.path).filter(|table| table.program == "cri-o")?;
    Some(json(document.value()?, Secrets::Hidden))
}

impl Whole {
    /// What the last file that has it says.
    fn last(&self, way: [&str; 3]) -> Option<&Json> {
        self.files.iter().rev().find_map(|file| at(file, &way))
    }

    fn text(&self, way: [&str; 3]) -> &str {
        self.last(way).and_then(Json::as_str).unwrap_or_default()
    }

    /// The names of all runtimes; `crun` is built in.
    fn runtimes(&self) -> Vec<&str> {
        let all = self.files.iter().filter_map(runtimes).flat_map(Map::keys).map(String::as_str);
        all.chain(["crun"]).collect()
    }
}

fn at<'v>(value: &'v Json, way: &[&str]) -> Option<&'v Json> {
    way.iter().try_fold(value, |value, key| value.get(key))
}

fn runtimes(file: &Json) -> Option<&Map<String, Json>> {
    at(file, &["crio", "runtime", "runtimes"])?.as_object()
}

/// A default runtime that no file has.
fn default_runtime(file: &File<'_>) -> Vec<DocumentProblem> {
    let way = ["crio", "runtime", "default_runtime"];
    let Some(name) = at(file.value, &way).and_then(Json::as_str).filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    let known = file.whole.runtimes();
    if known.contains(&name) {
        return Vec::new();
    }
    let message = format!("`default_runtime` is `{name}`, which is not among `runtimes`: {REFUSED}");
    let fallback = format!("the runtimes are {}", List::ticked(known.iter().copied()));
    vec![problem(&way, message, did_you_mean(name, known.iter().copied(), &fallback))]
}

/// A log that is shorter than what its monitor reads at once.
fn log_size(file: &File<'_>) -> Vec<DocumentProblem> {
    let way = ["crio", "runtime", "log_size_max"];
    let size = at(file.value, &way).and_then(Json::as_i64).filter(|size| (0..MONITOR_READS).contains(size));
    let message = |size| format!("`log_size_max` is {size}, less than {MONITOR_READS}: {REFUSED}");
    size.map(|size| problem(&way, message(size), "remove it: the kubelet rotates logs".into())).into_iter().collect()
}

/// Groups of monitors that the cgroup manager cannot make.
fn monitor_groups(file: &File<'_>) -> Vec<DocumentProblem> {
    let is_systemd = file.whole.text(["crio", "runtime", "cgroup_manager"]) != "cgroupfs";
    let fits = |group: &str| match is_systemd {
        true => group.is_empty() || group == "pod" || group.ends_with(".slice"),
        false => ["", "pod", "system.slice"].contains(&group),
    };
    let wanted = if is_systemd { "`pod` or a slice of systemd" } else { "`pod`" };
    let manager = if is_systemd { "systemd" } else { "cgroupfs" };
    let of = |(way, group): (Vec<&str>, &Json)| {
        let group = group.as_str().filter(|group| !fits(group))?;
        let key = way.last().copied().unwrap_or_default();
        let message = format!("`{key}` is `{group}`, and `cgroup_manager` is `{manager}`: {REFUSED}");
        Some(problem(&way, message, format!("set it to {wanted}").into()))
    };
    let own = ["crio", "runtime", "conmon_cgroup"];
    let mut groups: Vec<(Vec<&str>, &Json)> =
        at(file.value, &own).map(|group| (own.to_vec(), group)).into_iter().collect();
    for (name, runtime) in runtimes(file.value).into_iter().flatten() {
        groups.extend(runtime.get("monitor_cgroup").map(|group| (of_runtime(name, "monitor_cgroup"), group)));
    }
    groups.into_iter().filter_map(of).collect()
}

/// Settings of a runtime that its kind does not take: CRI-O passes the runtime over, or does not start if it is the default.
fn handlers(file: &File<'_>) -> Vec<DocumentProblem> {
    let default = match file.whole.text(["crio", "runtime", "default_runtime"]) {
        "" => "crun",
        set => set,
    };
    let of = |(name, runtime)| {
        let comes = match name == default {
            true => REFUSED.to_owned(),
            false => format!("CRI-O passes the runtime over, and pods of `{name}` do not start"),
        };
        handler(name, runtime, &comes)
    };
    runtimes(file.value).into_iter().flatten().filter_map(|(name, runtime)| of((name.as_str(), runtime))).collect()
}

fn handler(name: &str, runtime: &Json, comes: &str) -> Option<DocumentProblem> {
    let text = |key: &str| runtime.get(key).and_then(Json::as_str).unwrap_or_default();
    let is_on = |key: &str| runtime.get(key).and_then(Json::as_bool) == Some(true);
    let (kind, path) = (text("runtime_type"), text("runtime_path"));
    let of_another = |key: &str, wanted: &str| {
        let kind = if kind.is_empty() { "oci" } else { kind };
        let message =
            format!("`{key}` is for `runtime_type = \"{wanted}\"`, and that of `{name}` is `{kind}`: {comes}");
        problem(&of_runtime(name, key), message, format!("remove it, or set `runtime_type = \"{wanted}\"`").into())
    };
    match () {
        () if kind != "vm" && !text("runtime_config_path").is_empty() => Some(of_another("runtime_config_path", "vm")),
        () if !["", "oci"].contains(&kind) && is_on("no_sync_log") => Some(of_another("no_sync_log", "oci")),
        () if kind != "pod" && is_on("stream_websockets") => Some(of_another("stream_websockets", "pod")),
        () if kind == "vm" && !path.is_empty() && !is_shim(path) => {
            let message = format!("`runtime_path` of `{name}` is `{path}`, which is not the name of a shim: {comes}");
            let help = "write the path of a `containerd-shim-NAME-v2`, such as that of Kata";
            Some(problem(&of_runtime(name, "runtime_path"), message, help.into()))
        }
        () => None,
    }
}

/// Whether a name has in it how shims are called: `containerd-shim-([a-zA-Z0-9\-\+])+-v2`.
fn is_shim(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let inside = name.split_once("containerd-shim-").and_then(|(_, rest)| Some(rest.rsplit_once("-v2")?.0));
    inside.is_some_and(|inside| {
        !inside.is_empty() && inside.chars().all(|letter| letter.is_ascii_alphanumeric() || "-+".contains(letter))
    })
}

/// Folders that have to be whole paths.
fn folders(file: &File<'_>) -> Vec<DocumentProblem> {
    let ways = [
        &["crio", "log_dir"][..],
        &["crio", "image", "signature_policy_dir"],
        &["crio", "image", "namespaced_auth_dir"],
    ];
    let of = |way: &&[&str]| {
        let folder = at(file.value, way)?.as_str().filter(|folder| !folder.starts_with('/'))?;
        let key = way.last().copied().unwrap_or_default();
        let message = format!("`{key}` is `{folder}`, which is not an absolute path: {REFUSED}");
        Some(problem(way, message, "begin it with `/`".into()))
    };
    ways.iter().filter_map(of).collect()
}

/// Encrypted streams without a certificate.
fn streaming(file: &File<'_>) -> Vec<DocumentProblem> {
    let way = ["crio", "api", "stream_enable_tls"];
    let is_on = at(file.value, &way).and_then(Json::as_bool) == Some(true);
    let keys = ["stream_tls_cert", "stream_tls_key"];
    let lacking = keys.into_iter().find(|key| file.whole.text(["crio", "api", key]).is_empty()).filter(|_| is_on);
    let message = |key| format!("`stream_enable_tls` is set without `{key}`: {REFUSED}");
    lacking.map(|key| problem(&way, message(key), format!("set `{key}`").into())).into_iter().collect()
}

fn of_runtime<'n>(name: &'n str, key: &'n str) -> Vec<&'n str> {
    vec!["crio", "runtime", "runtimes", name, key]
}

fn problem(way: &[&str], message: String, help: Help) -> DocumentProblem {
    let path = way.iter().map(|key| Step::from(*key)).collect();
    DocumentProblem { code: Code::InvalidConfig, path, message, help, is_value: true }
}

const REFUSED: &str = "CRI-O does not start";

/// How much of a log the monitor reads at once.
const MONITOR_READS: i64 = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that are wrong in the last of some files.
    fn wrong(files: &[&str]) -> Vec<String> {
        let files: Vec<Json> = files.iter().map(|text| toml::from_str(text).expect("it is TOML")).collect();
        let value = files.last().cloned().expect("a file");
        let whole = Whole { files };
        let found = of_file(&File { value: &value, whole: &whole });
        found.iter().map(|one| format!("{:?}", one.path.last().expect("a key"))).collect()
    }

    #[test]
    fn what_the_default_runtime_is_may_stand_in_another_file() {
        let default = "[crio.runtime]\ndefault_runtime = \"runc\"\n";
        assert_eq!(wrong(&[default]).len(), 1);
        assert_eq!(wrong(&["[crio.runtime.runtimes.runc]\n", default]).len(), 0);
        assert_eq!(wrong(&["", "[crio.runtime]\ndefault_runtime = \"crun\"\n"]).len(), 0);
    }

    #[test]
    fn settings_are_those_of_the_kind_of_a_runtime() {
        let of = |text: &str| wrong(&[&format!("[crio.runtime.runtimes.x]\n{text}")]).len();
        assert_eq!(of("runtime_type = \"vm\"\nruntime_path = \"/opt/kata/bin/containerd-shim-kata-v2\"\n"), 0);
        assert_eq!(of("runtime_type = \"vm\"\nruntime_path = \"/usr/bin/kata-runtime\"\n"), 1);
        assert_eq!(of("runtime_config_path = \"/etc/kata.toml\"\n"), 1);
        assert_eq!(of("runtime_type = \"pod\"\nno_sync_log = true\n"), 1);
        assert_eq!(of("no_sync_log = true\n"), 0);
        assert_eq!(of("stream_websockets = true\n"), 1);
    }

    #[test]
    fn groups_of_monitors_are_those_of_the_manager() {
        let of = |manager: &str, group: &str| {
            let text = format!(
                "[crio.runtime]\ncgroup_manager = \"{manager}\"\n[crio.runtime.runtimes.crun]\nmonitor_cgroup = \"{group}\"\n"
            );
            wrong(&[&text]).len()
        };
        assert_eq!((of("systemd", "system.slice"), of("systemd", "pod"), of("systemd", "machine")), (0, 0, 1));
        assert_eq!((of("cgroupfs", "pod"), of("cgroupfs", "kube.slice")), (0, 1));
    }

    #[test]
    fn texts_and_numbers_are_bounded() {
        assert_eq!(wrong(&["[crio.runtime]\nlog_size_max = 4096\n"]).len(), 1);
        assert_eq!(wrong(&["[crio.runtime]\nlog_size_max = -1\n"]).len(), 0);
        assert_eq!(wrong(&["[crio]\nlog_dir = \"pods\"\n"]).len(), 1);
        assert_eq!(wrong(&["[crio.api]\nstream_enable_tls = true\n"]).len(), 1);
    }
}
