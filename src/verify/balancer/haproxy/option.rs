//! The options of servers and of what is bound, word by word: haproxy does not start with one that it does not know.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (5.1, 5.2), haproxy src/server.c (srv_parse_weight, srv_parse_rise, srv_parse_inter).

use serde::Deserialize;

use crate::diag::{Help, closest};

use super::keyword::{TABLE, TIME, Wrong};
use super::text::milliseconds;

/// Options that stand alone, and those with a value.
#[derive(Deserialize)]
pub(super) struct Options {
    alone: Vec<String>,
    valued: Vec<String>,
}

/// What is wrong with the options of a line.
pub(super) fn wrong(words: &[&str]) -> Option<Wrong> {
    let (options, place) = match *words.first()? {
        "server" => (&TABLE.server, 3),
        "server-template" => (&TABLE.server, 4),
        "default-server" => (&TABLE.server, 1),
        "bind" => (&TABLE.bind, 2),
        _ => return None,
    };
    if words.first() == Some(&"bind")
        && let Some(found) = portless(words)
    {
        return Some(found);
    }
    let (mut rest, title) = (words.get(place..)?.iter(), words[..place.min(2)].join(" "));
    while let Some(word) = rest.next() {
        // What the environment gives may be several words.
        if word.contains(['$', '"']) {
            return None;
        }
        let name = word.split_once('(').map_or((*word).to_owned(), |(name, _)| format!("{name}("));
        if options.alone.contains(&name) {
            continue;
        }
        if !options.valued.contains(&name) {
            return Some(unknown(options, &title, word));
        }
        let Some(value) = rest.next() else {
            return Some((format!("`{word}` of `{title}` has no value"), "add its value".into()));
        };
        if words[0] != "bind"
            && let Some((why, help)) = refused(word, value)
        {
            return Some((format!("`{word}` of `{title}` is `{value}`, which {why}"), help));
        }
    }
    None
}

fn unknown(options: &Options, title: &str, word: &str) -> Wrong {
    let known = options.alone.iter().chain(&options.valued).map(String::as_str);
    let help = closest(word, known).map_or_else(|| "remove it".into(), Help::near);
    (format!("`{title}` has the unknown option `{word}`"), help)
}

/// Why an option of a server does not take a value.
fn refused(name: &str, value: &str) -> Option<(String, Help)> {
    if let Some(known) = TABLE.values.get(name).filter(|known| !known.iter().any(|known| known == value)) {
        let help = format!("use one of {}", known.join(", ")).into();
        return Some(("is not one of its values".to_owned(), help));
    }
    if TABLE.times.iter().any(|known| known == name) && milliseconds(value).is_none() {
        return Some(("is not a time".to_owned(), TIME.into()));
    }
    let [least, most] = *TABLE.ranges.get(name)?;
    let fits = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
    let help = match most {
        2_147_483_647 => format!("use {least} or more"),
        _ => format!("use a number from {least} to {most}"),
    };
    (!fits).then(|| ("is out of range".to_owned(), help.into()))
}

/// An address without a port.
fn portless(words: &[&str]) -> Option<Wrong> {
    let is_other = |one: &str| one.is_empty() || one.contains(['$', '/', '@', '"', '%']);
    let has_port = |one: &str| one.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty());
    let address = words.get(1)?.split(',').find(|one| !is_other(one) && !has_port(one))?;
    Some((format!("`bind {address}` has no port"), format!("write `bind {address}:PORT`").into()))
}

#[cfg(test)]
mod tests {
    use super::wrong;

    fn message(line: &str) -> Option<String> {
        wrong(&line.split(' ').collect::<Vec<_>>()).map(|(message, _)| message)
    }

    #[test]
    fn options_are_read_with_their_values() {
        for line in [
            "server a 10.0.0.1:80 check check-ssl verify none inter 5s fall 3 rise 2 weight 10 backup",
            "server a 10.0.0.1:80 source 10.0.0.2 usesrc clientip set-proxy-v2-tlv-fmt(0x20) x sni str(a)",
            "server a 10.0.0.1:80 $OPTIONS",
            "server-template web 3 web.example.org:80 check resolvers dns",
            "default-server inter 10s downinter 5s slowstart 60s maxconn 250 maxqueue 256",
            "bind *:443,:::443 ssl crt /etc/a.pem alpn h2,http/1.1 v4v6",
            "bind /run/a.sock mode 660 user a",
            "bind fd@3",
        ] {
            assert_eq!(message(line), None, "{line}");
        }
        for (line, wanted) in [
            ("server a 10.0.0.1:80 chek", "unknown option `chek`"),
            ("server a 10.0.0.1:80 check inter 5 s", "unknown option `s`"),
            ("server a 10.0.0.1:80 inter", "has no value"),
            ("server a 10.0.0.1:80 inter 5x", "not a time"),
            ("server a 10.0.0.1:80 weight 300", "out of range"),
            ("server a 10.0.0.1:80 verify off", "not one of its values"),
            ("bind *", "has no port"),
            ("bind *:80 sll", "unknown option `sll`"),
        ] {
            assert!(message(line).is_some_and(|text| text.contains(wanted)), "{line}: {:?}", message(line));
        }
    }
}
