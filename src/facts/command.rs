//! Commands that fail: `tables/commands.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: Vec<Failing>,
}

/// A command that fails: its program, words that it has, and how one of its words begins and ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    programs: Vec<String>,
    words: Vec<String>,
    begins: Vec<String>,
    #[serde(default)]
    ends: String,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/commands.toml"));

/// Why a command fails, and the word by which it does.
pub fn failing(text: &str) -> Option<(&'static Failing, &str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let program = words.iter().find(|word| **word != "sudo")?.rsplit('/').next()?;
    let mut rows = TABLE.command.iter().filter(|row| row.programs.iter().any(|known| known == program));
    rows.find_map(|row| Some((row, row.word(&words)?)))
}

impl Failing {
    fn word<'t>(&self, words: &[&'t str]) -> Option<&'t str> {
        let has = |word: &String| words.contains(&word.as_str());
        let fits = |word: &&str| {
            self.begins.iter().any(|begin| word.starts_with(begin.as_str())) && word.ends_with(self.ends.as_str())
        };
        words.iter().find(|word| self.words.iter().all(has) && fits(word)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_fails_by_a_word() {
        let word = |text| failing(text).map(|(_, word)| word);
        assert_eq!(word("sudo apt-get install -y kubelet=1.36.2-00"), Some("kubelet=1.36.2-00"));
        assert_eq!(word("/usr/bin/apt install kubelet=1.36.2-1.1"), None);
        assert_eq!(word("apt-get remove kubelet=1.36.2-00"), None);
        let taint = "node-role.kubernetes.io/master:NoSchedule-";
        assert_eq!(word("kubectl taint nodes --all node-role.kubernetes.io/master:NoSchedule-"), Some(taint));
        assert_eq!(word("kubectl taint nodes --all node-role.kubernetes.io/control-plane-"), None);
    }
}
