//! Values of unit files as the real systemd reads them: many that are made, most of them wrong.
//!
//! systemd 252 and later read the keys below alike.

use std::collections::BTreeSet;
use std::fmt::Write;

use kmodel::verify::document::systemd;

use crate::support::tool::{said, tool};

/// Texts of up to three pieces.
fn made() -> Vec<String> {
    const PIECES: [&str; 34] = [
        "0",
        "1",
        "5",
        "12.5",
        "1.25",
        "10.",
        ".5",
        "..",
        "+3",
        "-1",
        "0x1f",
        "017",
        "08",
        "99999999999999999999",
        "K",
        "M",
        "G",
        "E",
        "B",
        "Ki",
        "%",
        "‰",
        "‱",
        "s",
        "min",
        "ms",
        "months",
        "h",
        ":",
        " ",
        "infinity",
        "i",
        "µs",
        "100",
    ];
    let mut all: BTreeSet<String> = BTreeSet::new();
    for one in PIECES {
        all.insert(one.to_owned());
        for two in PIECES {
            all.insert(format!("{one}{two}"));
            all.extend(PIECES.iter().map(|three| format!("{one}{two}{three}")));
        }
    }
    // systemd takes an empty value as a reset, and cuts spaces off both ends.
    all.into_iter().filter(|text| text.trim() == text).collect()
}

#[test]
fn systemd_drops_the_values_that_are_refused() {
    let values = made();
    for key in ["RestartSec", "MemoryMax", "MemoryLow", "LimitNOFILE", "LimitMEMLOCK", "LimitCPU", "LimitNICE", "UMask"]
    {
        let Some(dropped) = dropped(key, &values) else { return };
        let refused = |text: &str| systemd::value("Service", key, text).is_err();
        let differ = values.iter().enumerate().filter(|(place, text)| refused(text) != dropped.contains(place));
        let differ: Vec<&str> = differ.map(|(_, text)| text.as_str()).take(40).collect();
        assert!(differ.is_empty(), "{key}: these are read in another way: {differ:?}");
    }
}

/// The places of the values of a key that systemd warns of and drops; `None` where it is not installed.
fn dropped(key: &str, values: &[String]) -> Option<BTreeSet<usize>> {
    let mut analyze = tool("systemd-analyze")?;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.service");
    let mut unit = "[Service]\nExecStart=/bin/true\n".to_owned();
    values.iter().for_each(|value| writeln!(unit, "{key}={value}").expect("memory takes every text"));
    std::fs::write(&path, unit).expect("the unit is written");
    let said = said(&analyze.arg("verify").arg(&path).output().expect("systemd-analyze runs"));
    let line = |text: &str| text.split_once("made.service:")?.1.split(':').next()?.parse::<usize>().ok();
    // The first value is on the third line.
    let places: BTreeSet<usize> = said.lines().filter_map(line).map(|line| line - 3).collect();
    assert!(!places.is_empty(), "systemd-analyze warned of nothing: {said}");
    Some(places)
}
