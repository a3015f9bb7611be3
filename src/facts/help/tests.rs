//! Helps in the forms that programs print, read and compared.

use super::*;
use crate::facts::flag::table;

/// In the form that pflag prints, wrapped at the width of a terminal as Kubernetes does.
const KUBELET: &str = "\
The kubelet is the primary \"node agent\" that runs on each node.

Usage:
  kubelet [flags]

Flags:
      --address ip                             The IP address for the Kubelet to serve on (default 0.0.0.0)
                                               (DEPRECATED: This parameter should be set via the config file.)
      --config string                          The Kubelet will load its initial configuration from this file.
      --enable-server                          Enable the Kubelet's server (default true) (DEPRECATED: This
                                               parameter should be set via the config file. See --config there.)
      --feature-gates mapStringBool            A set of key=value pairs. Options are:
                                               APIResponseCompression=true|false (BETA - default=true) (DEPRECATED: set it in the file)
      --hostname-override string               If non-empty, will use this string instead of the actual hostname.
  -h, --help                                   help for kubelet
      --node-labels mapStringString            Labels to add when registering the node in the cluster.
      --max-pods string                        Number of Pods. (default 110) (DEPRECATED: set it in the file)
      --network-plugin string                  The name of the network plugin to be invoked
      --frobnicate int32                       Something new
      --vmodule pattern=N,...                  comma-separated list of pattern=N settings
  -v, --v Level                                number for the log level verbosity
      --version version[=true]                 --version, --version=raw prints version information and quits
";

fn differences(program: &str, version: (u32, u32), help: &str) -> Vec<(String, DifferenceKind)> {
    let version = Version { major: version.0, minor: version.1, patch: 0 };
    let list = compare(table(program).expect("a table"), version, help).expect("a help");
    list.into_iter().map(|difference| (difference.flag, difference.kind)).collect()
}

#[test]
fn flags_are_read_from_pflag() {
    let flags = read(KUBELET);
    assert_eq!(flags.len(), 13, "{:?}", flags.keys());
    assert_eq!((flags["v"].kind.as_str(), flags["address"].kind.as_str()), ("Level", "ip"));
    assert_eq!(flags["enable-server"].kind, "");
    assert!(flags["address"].deprecated && flags["enable-server"].deprecated && !flags["config"].deprecated);
    assert_eq!(flags["vmodule"].kind, "pattern=N,...");
}

#[test]
fn what_differs_is_named() {
    let list = differences("kubelet", (1, 34), KUBELET);
    let of = |name: &str| list.iter().filter(|(flag, _)| flag == name).map(|(_, kind)| *kind).collect::<Vec<_>>();
    assert_eq!(of("network-plugin"), [DifferenceKind::NotInTable]);
    assert_eq!(of("frobnicate"), [DifferenceKind::NotInTable]);
    assert_eq!(of("max-pods"), [DifferenceKind::Type]);
    assert_eq!(of("kubeconfig"), [DifferenceKind::NotInHelp]);
    for same in
        ["address", "config", "enable-server", "feature-gates", "node-labels", "v", "vmodule", "help", "version"]
    {
        assert!(of(same).is_empty(), "{same}: {:?}", of(same));
    }
}

#[test]
fn flags_are_read_from_etcd() {
    let help = "Member:\n  --name 'default'\n    Human-readable name; see --data-dir.\n  --data-dir '${name}.etcd'\n    \
                Path.\n  --wal-dir ''\n  --snapshot-count '100000'\n  --enable-v3\n    Unknown.\n";
    let flags = read(help);
    assert_eq!(flags.keys().collect::<Vec<_>>(), ["data-dir", "enable-v3", "name", "snapshot-count", "wal-dir"]);
    assert!(flags.values().all(|flag| flag.kind.is_empty()));
    let list = differences("etcd", (3, 5), help);
    assert!(list.contains(&("enable-v3".into(), DifferenceKind::NotInTable)));
    assert!(!list.iter().any(|(flag, _)| flag == "name"));
}

#[test]
fn what_is_no_help_is_refused() {
    assert!(
        compare(table("etcd").expect("a table"), Version { major: 3, minor: 5, patch: 0 }, "bash: etcd\n").is_err()
    );
}
