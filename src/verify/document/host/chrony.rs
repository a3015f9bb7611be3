//! Time: chrony.conf.
//!
//! Source: chrony.conf(5) of chrony 4.6, and chronyd 4.3, which ends with `Invalid directive` at any other word.

use super::{DocumentProblem, lines, wrong};
use crate::diag::{Code, did_you_mean};

/// Those of 4.6 and of the versions before it.
const DIRECTIVES: &[&str] = &[
    "acquisitionport",
    "allow",
    "authselectmode",
    "bindacqaddress",
    "bindacqdevice",
    "bindaddress",
    "bindcmdaddress",
    "bindcmddevice",
    "binddevice",
    "broadcast",
    "clientloglimit",
    "clockprecision",
    "cmdallow",
    "cmddeny",
    "cmdport",
    "cmdratelimit",
    "combinelimit",
    "commandkey",
    "confdir",
    "corrtimeratio",
    "deny",
    "driftfile",
    "dscp",
    "dumpdir",
    "dumponexit",
    "fallbackdrift",
    "generatecommandkey",
    "hwclockfile",
    "hwtimestamp",
    "hwtstimeout",
    "include",
    "initstepslew",
    "keyfile",
    "leapseclist",
    "leapsecmode",
    "leapsectz",
    "linux_freq_scale",
    "linux_hz",
    "local",
    "lock_all",
    "log",
    "logbanner",
    "logchange",
    "logdir",
    "mailonchange",
    "makestep",
    "manual",
    "maxchange",
    "maxclockerror",
    "maxdistance",
    "maxdrift",
    "maxjitter",
    "maxntsconnections",
    "maxsamples",
    "maxslewrate",
    "maxtxbuffers",
    "maxupdateskew",
    "minsamples",
    "minsources",
    "nocerttimecheck",
    "noclientlog",
    "nosystemcert",
    "ntpsigndsocket",
    "ntsaeads",
    "ntscachedir",
    "ntsdumpdir",
    "ntsntpserver",
    "ntsport",
    "ntsprocesses",
    "ntsratelimit",
    "ntsrefresh",
    "ntsrotate",
    "ntsservercert",
    "ntsserverkey",
    "ntstrustedcerts",
    "opencommands",
    "peer",
    "pidfile",
    "pool",
    "port",
    "ptpdomain",
    "ptpport",
    "ratelimit",
    "refclock",
    "refresh",
    "reselectdist",
    "rtcautotrim",
    "rtcdevice",
    "rtcfile",
    "rtconutc",
    "rtcsync",
    "sched_priority",
    "server",
    "smoothtime",
    "sourcedir",
    "stratumweight",
    "tempcomp",
    "user",
];

/// Directives of which each may bring a source of time.
const SOURCES: &[&str] =
    &["server", "pool", "peer", "refclock", "confdir", "sourcedir", "include", "local", "manual", "initstepslew"];

/// What is wrong with a file.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    let of = |(number, line): (usize, &str)| {
        let word = line.split_whitespace().next()?;
        let lower = word.to_lowercase();
        let fallback = "chrony.conf(5) lists its directives";
        let message = format!("unknown directive `{word}` (checked against chrony 4.6): chronyd exits at startup");
        let is_unknown = !DIRECTIVES.contains(&&*lower) && !line.starts_with(['!', '%']);
        is_unknown.then(|| {
            wrong(Code::InvalidConfig, number, message, did_you_mean(&lower, DIRECTIVES.iter().copied(), fallback))
        })
    };
    lines(text).filter_map(of).collect()
}

/// The same of the file that chronyd starts with, which says where the time comes from.
pub(super) fn whole(path: &str, text: &str) -> Vec<DocumentProblem> {
    let mut found = check(path, text);
    let words = || lines(text).filter_map(|(_, line)| line.split_whitespace().next()).map(str::to_lowercase);
    if found.is_empty() && words().next().is_some() && !words().any(|word| SOURCES.contains(&&*word)) {
        let first = lines(text).next().map_or(1, |(number, _)| number);
        let message = format!("`{path}` names no source of time, so chronyd leaves the clock as it is");
        found.push(wrong(Code::UnwiseSetting, first, message, "add `pool NAME iburst` or `server NAME iburst`"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_directive_of_chronyd() {
        let good = "pool 2.debian.pool.ntp.org iburst\nDriftFile /var/lib/chrony/drift\nmakestep 1 3\n! a\n% b\n";
        assert_eq!(whole("/etc/chrony.conf", good), []);
        assert_eq!(check("", "severs a iburst\n")[0].help.near.as_deref(), Some("server"));
        assert_eq!(whole("/etc/chrony.conf", "makestep 1 3\nrtcsync\n").len(), 1);
    }
}
