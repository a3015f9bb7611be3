//! File systems: /etc/fstab, and the options of mounts wherever they stand.
//!
//! Source: fstab(5), mount(8), and the man pages ext4(5), xfs(5), btrfs(5), tmpfs(5), nfs(5).

use super::{DocumentProblem, lines, slip, wrong};
use crate::diag::{Code, Help};

/// Options of mount(8) and of the usual file systems. One that is not here is left to its file system, unless it is a slip.
const OPTIONS: &[&str] = &[
    "acl",
    "async",
    "atime",
    "attr2",
    "auto",
    "autodefrag",
    "barrier",
    "bg",
    "bind",
    "commit",
    "compress",
    "compress-force",
    "context",
    "data",
    "data_err",
    "defaults",
    "defcontext",
    "degraded",
    "delalloc",
    "dev",
    "device",
    "diratime",
    "dirsync",
    "discard",
    "dmask",
    "errors",
    "exec",
    "fg",
    "fmask",
    "fscontext",
    "gid",
    "group",
    "grpid",
    "grpquota",
    "hard",
    "huge",
    "init_itable",
    "inode32",
    "inode64",
    "inode_readahead_blks",
    "intr",
    "iversion",
    "journal_async_commit",
    "journal_checksum",
    "largeio",
    "lazytime",
    "lock",
    "logbsize",
    "logbufs",
    "logdev",
    "loop",
    "max_batch_time",
    "min_batch_time",
    "minorversion",
    "mode",
    "mountport",
    "mountproto",
    "mountvers",
    "mpol",
    "namlen",
    "nconnect",
    "nfsvers",
    "noac",
    "noacl",
    "noatime",
    "noauto",
    "noauto_da_alloc",
    "nobarrier",
    "nodatacow",
    "nodatasum",
    "nodelalloc",
    "nodev",
    "nodiratime",
    "nodiscard",
    "noexec",
    "nofail",
    "nogrpid",
    "noiversion",
    "nolargeio",
    "nolazytime",
    "nolock",
    "nomand",
    "noquota",
    "norecovery",
    "norelatime",
    "noresvport",
    "nosuid",
    "nosymfollow",
    "nouser",
    "nouser_xattr",
    "nouuid",
    "nr_blocks",
    "nr_inodes",
    "offset",
    "owner",
    "port",
    "prealloc",
    "pri",
    "prjquota",
    "proto",
    "quota",
    "rbind",
    "relatime",
    "remount",
    "resgid",
    "resuid",
    "resvport",
    "retrans",
    "retry",
    "ro",
    "rootcontext",
    "rsize",
    "rw",
    "sec",
    "silent",
    "size",
    "sizelimit",
    "soft",
    "softerr",
    "space_cache",
    "ssd",
    "stripe",
    "strictatime",
    "subvol",
    "subvolid",
    "suid",
    "sunit",
    "sw",
    "swalloc",
    "sync",
    "tcp",
    "timeo",
    "uid",
    "umask",
    "user",
    "user_xattr",
    "users",
    "usrquota",
    "utf8",
    "vers",
    "wsize",
    "wsync",
    "_netdev",
];

/// A misspelt option, with which the file system refuses the mount.
pub(in crate::verify) fn options(text: &str) -> Option<(String, Help)> {
    let words = text.split(',').map(|word| word.split('=').next().unwrap_or(word).trim());
    let (word, near) = words
        .filter(|word| word.len() > 3 && !OPTIONS.contains(word) && !word.starts_with("x-") && !word.starts_with("X-"))
        .find_map(|word| slip(word, OPTIONS.iter().copied()).map(|near| (word, near)))?;
    Some((format!("unknown mount option `{word}`: the file system refuses the mount"), Help::near(near)))
}

/// What is wrong with an fstab.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    let of = |(number, line): (usize, &str)| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (message, help) = of_line(line, &fields)?;
        Some(wrong(Code::InvalidConfig, number, message, help))
    };
    lines(text).filter_map(of).collect()
}

fn of_line(line: &str, fields: &[&str]) -> Option<(String, Help)> {
    let [_, place, _, ..] = fields else {
        let help = "write `DEVICE FOLDER TYPE OPTIONS DUMP PASS`";
        return Some((format!("`{line}` has fewer than three fields, so nothing is mounted"), help.into()));
    };
    if !place.starts_with('/') && !matches!(*place, "none" | "swap") {
        return Some((
            format!("`{place}` is not a folder to mount at"),
            "use an absolute path, or `none` for swap".into(),
        ));
    }
    let is_number = |word: &&&str| word.parse::<u32>().is_ok();
    if let Some(word) = fields.iter().skip(4).take(2).find(|word| !is_number(word)) {
        return Some((
            format!("`{word}` is not a number: the options of a mount are one word"),
            "join the options with commas".into(),
        ));
    }
    options(fields.get(3)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_those_of_mount_or_of_the_file_system() {
        for good in [
            "defaults,nofail",
            "rw,relatime,x-systemd.device-timeout=10",
            "noexec,nosuid",
            "umask=077",
            "sw",
            "prjquota,logbsize=256k",
            "zz",
        ] {
            assert_eq!(options(good), None, "{good}");
        }
        for bad in ["defaults,nofial", "noexce", "default,ro", "rw,realtime", "no_fail"] {
            assert!(options(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_line_has_its_fields() {
        let count = |text: &str| check("/etc/fstab", text).len();
        assert_eq!(count("UUID=a / ext4 defaults 0 1\n/swap none swap sw 0 0\ntmpfs /tmp tmpfs\n# a\n"), 0);
        for bad in ["/dev/vdb /data", "/dev/vdb data ext4 defaults 0 2", "/dev/vdb /data ext4 defaults, nofail 0 2"] {
            assert_eq!(count(bad), 1, "{bad}");
        }
    }
}
