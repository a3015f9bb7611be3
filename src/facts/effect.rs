//! What commands do to the machine that they run on: `tables/effects.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    effect: Vec<Row>,
    held: Vec<Held>,
}

/// What a command does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Stops,
    Starts,
    Flushes,
    Removes,
    Modes,
    Swaps,
    Unloads,
    Names,
    Addresses,
    Edits,
    Runs,
}

/// A command that does something to its machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: Kind,
    programs: Vec<String>,
    /// One of them is the first operand.
    #[serde(default)]
    verbs: Vec<String>,
    /// It has each of these words.
    #[serde(default)]
    words: Vec<String>,
    /// It has one of these options.
    #[serde(default)]
    options: Vec<String>,
    /// With one of these words it does nothing of the kind.
    #[serde(default)]
    unless: Vec<String>,
    /// Options whose value is the next word.
    #[serde(default)]
    valued: Vec<String>,
    /// How many operands say how, before those that it is done to; none behind one of `led_by`.
    #[serde(default)]
    leads: usize,
    #[serde(default)]
    led_by: Vec<String>,
    /// A folder among its operands is meant with all that is in it.
    #[serde(default)]
    whole: bool,
    /// One of its words has one of these.
    #[serde(default)]
    acts: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

/// A folder of what a node needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    pub path: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/effects.toml"));

/// What a command does, with the places of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub kind: Kind,
    /// The operands that say how.
    pub how: Vec<usize>,
    /// Those that it is done to.
    pub operands: Vec<usize>,
    /// Whether a folder is meant with all that is in it.
    pub is_whole: bool,
}

/// What a command does, from the word that is its program.
pub fn of(words: &[&str]) -> Vec<Effect> {
    let Some((program, rest)) = words.split_first() else { return Vec::new() };
    let name = program.rsplit('/').next().unwrap_or_default();
    let rows = TABLE.effect.iter().filter(|row| row.programs.iter().any(|known| known == name));
    rows.filter(|row| row.fits(rest)).filter_map(|row| row.effect(rest)).collect()
}

/// The folders of what a node needs.
pub fn held() -> &'static [Held] {
    &TABLE.held
}

impl Row {
    fn fits(&self, rest: &[&str]) -> bool {
        let has = |option: &String| rest.iter().any(|word| is_option(word, option));
        let acts = |word: &&str| self.acts.iter().any(|part| word.contains(part.as_str()));
        self.words.iter().all(|word| rest.contains(&word.as_str()))
            && (self.options.is_empty() || self.options.iter().any(has))
            && !self.unless.iter().any(|word| rest.contains(&word.as_str()))
            && (self.acts.is_empty() || rest.iter().any(acts))
    }

    fn effect(&self, rest: &[&str]) -> Option<Effect> {
        let mut operands = self.operands(rest);
        if !self.verbs.is_empty() {
            let verb = (!operands.is_empty()).then(|| operands.remove(0))?;
            self.verbs.iter().any(|known| known == rest[verb]).then_some(())?;
        }
        operands.retain(|place| !self.words.iter().any(|word| word == rest[*place]));
        let is_led = self.led_by.iter().any(|option| rest.iter().any(|word| is_option(word, option)));
        let leads = if is_led { 0 } else { self.leads.min(operands.len()) };
        let mut how: Vec<usize> = operands.drain(..leads).collect();
        how.iter_mut().chain(&mut operands).for_each(|place| *place += 1);
        let is_whole =
            self.whole || rest.iter().any(|word| ["-r", "-R", "--recursive"].iter().any(|o| is_option(word, o)));
        Some(Effect { kind: self.kind, how, operands, is_whole })
    }

    /// The words that are neither options nor their values.
    fn operands(&self, rest: &[&str]) -> Vec<usize> {
        let (mut list, mut is_value, mut is_plain) = (Vec::new(), false, false);
        for (place, word) in rest.iter().enumerate() {
            match word {
                _ if std::mem::take(&mut is_value) => {}
                _ if is_plain || !word.starts_with('-') || *word == "-" => list.push(place),
                word if word == &"--" => is_plain = true,
                word => is_value = self.valued.iter().any(|known| known == *word),
            }
        }
        list
    }
}

/// Whether a word is an option, also as one letter of several: `-rf` has `-f`.
fn is_option(word: &str, option: &str) -> bool {
    let letter = option.strip_prefix('-').filter(|rest| rest.chars().count() == 1).and_then(|rest| rest.chars().next());
    match letter {
        Some(letter) => word.strip_prefix('-').is_some_and(|rest| {
            let letters = rest.chars().take_while(char::is_ascii_alphabetic).take(4).collect::<Vec<_>>();
            letters.contains(&letter)
        }),
        None => word == option || word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, of};

    fn found(text: &str) -> Vec<(Kind, Vec<String>)> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let said = |place: &usize| words[*place].to_owned();
        of(&words).into_iter().map(|effect| (effect.kind, effect.operands.iter().map(said).collect())).collect()
    }

    #[test]
    fn a_command_does_something_to_its_operands() {
        for (text, kind, operands) in [
            ("systemctl --now disable kubelet containerd.service", Kind::Stops, &["kubelet", "containerd.service"][..]),
            ("/usr/bin/systemctl mask -q etcd", Kind::Stops, &["etcd"]),
            ("service kubelet stop", Kind::Stops, &["kubelet"]),
            ("systemctl enable --now firewalld", Kind::Starts, &["firewalld"]),
            ("nft flush ruleset", Kind::Flushes, &[]),
            ("iptables -t nat -F", Kind::Flushes, &["nat"]),
            ("rm -rf -- /etc/cni /opt/-x", Kind::Removes, &["/etc/cni", "/opt/-x"]),
            ("find /etc/cni/net.d -name a -delete", Kind::Removes, &["/etc/cni/net.d"]),
            ("find /etc/cni/net.d -type f -exec rm {} +", Kind::Removes, &["/etc/cni/net.d", "{}", "+"]),
            ("chmod -R 0777 /etc/kubernetes", Kind::Modes, &["/etc/kubernetes"]),
            ("swapon -a", Kind::Swaps, &[]),
            ("modprobe -rv br_netfilter", Kind::Unloads, &["br_netfilter"]),
            ("hostnamectl set-hostname --static a", Kind::Names, &["a"]),
            ("ip -4 addr add 10.0.0.1/24 dev eth0", Kind::Addresses, &["10.0.0.1/24", "dev", "eth0"]),
            ("sed -i s/a/b/ /etc/fstab", Kind::Edits, &["/etc/fstab"]),
            ("sed -ri.bak -e s/a/b/ /etc/fstab", Kind::Edits, &["/etc/fstab"]),
        ] {
            let operands: Vec<String> = operands.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(found(text), [(kind, operands)], "{text}");
        }
    }

    #[test]
    fn a_command_that_asks_does_nothing() {
        for text in [
            "systemctl status kubelet",
            "systemctl is-enabled stop",
            "nft list ruleset",
            "iptables -P FORWARD ACCEPT",
            "find /etc -name a",
            "find /etc -type f -exec chmod 644 {} +",
            "swapon --show",
            "modprobe br_netfilter",
            "hostname -f",
            "ip addr show",
            "sed -n s/a/b/p /etc/fstab",
            "python3 -c print(1)",
            "awk {print$1} /etc/fstab",
            "perl -ne print /etc/fstab",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
