//! The facts of a model: each literal and each name of its text, with what it is and a value that is near and wrong.

use kmodel::source::SourceId;
use kmodel::syntax::token::SyntaxKind as Kind;
use kmodel::syntax::tree::{SyntaxNode, SyntaxToken};
use kmodel::syntax::{self};

/// One fact, and the text that breaks it.
#[derive(Clone, Debug)]
pub struct Fact {
    pub kind: &'static str,
    pub start: usize,
    pub end: usize,
    pub broken: String,
    /// The field that it is the value of, for people.
    pub field: String,
}

/// Fields whose values may be anything: another one makes another right cluster.
const FREE: [&str; 27] = [
    "because",
    "cluster-name",
    "description",
    "dns",
    "domain",
    "except",
    "extra-names",
    "help",
    "history",
    "http",
    "image",
    "initial-cluster-token",
    "mirror",
    "mirrors",
    "name",
    "region",
    "renew",
    "reserve",
    "retention",
    "servers",
    "snapshots-kept",
    "ssh_authorized_keys",
    "url",
    "v",
    "version",
    "audit",
    "storage",
];

/// All facts of a model that may be broken, in the order of its text.
pub fn facts(text: &str) -> Vec<Fact> {
    let main = text.find("\n//# ").map_or(text, |at| &text[..=at]);
    let root = syntax::parse(SourceId::default(), main).root();
    let tokens: Vec<SyntaxToken> = root.descendants_with_tokens().filter_map(|element| element.into_token()).collect();
    let ranges: Vec<String> = of_kind(&tokens, Kind::Cidr);
    let ports: Vec<String> = of_kind(&tokens, Kind::Port);
    let mut list: Vec<Fact> = tokens.iter().flat_map(|token| broken(token, &ranges, &ports)).collect();
    list.extend(root.descendants().filter_map(|node| absent(&node)));
    list.sort_by_key(|fact| (fact.start, fact.end, fact.kind));
    list
}

fn of_kind(tokens: &[SyntaxToken], kind: Kind) -> Vec<String> {
    tokens.iter().filter(|token| token.kind() == kind).map(|token| token.text().to_owned()).collect()
}

/// A node without which something is missing: an item of a component, a statement.
fn absent(node: &SyntaxNode) -> Option<Fact> {
    let kind = match node.kind() {
        Kind::RelateStatement => "a relation is missing",
        Kind::DeployStatement => "a deployment is missing",
        Kind::CertItem | Kind::KubeconfigItem | Kind::EndpointItem | Kind::ArtifactItem | Kind::FileItem => {
            "an item is missing"
        }
        Kind::UseStatement => "an import is missing",
        _ => return None,
    };
    let range = node.text_range();
    let field = node.text().to_string().lines().next().unwrap_or_default().trim_end_matches(" {").to_owned();
    Some(Fact { kind, start: range.start().into(), end: range.end().into(), broken: String::new(), field })
}

/// The fields around a token, the nearest first.
fn fields(token: &SyntaxToken) -> Vec<String> {
    let ancestors = token.parent().into_iter().flat_map(|node| node.ancestors().collect::<Vec<_>>());
    let named = |node: SyntaxNode| {
        let first = node
            .children_with_tokens()
            .filter_map(|element| element.into_token())
            .find(|one| matches!(one.kind(), Kind::Ident | Kind::Keyword | Kind::StringText));
        first.filter(|first| first.text_range() != token.text_range()).map(|first| first.text().to_owned())
    };
    ancestors.filter(|node| node.kind() == Kind::Field).filter_map(named).collect()
}

fn inside(token: &SyntaxToken, kind: Kind) -> bool {
    token.parent().is_some_and(|parent| parent.ancestors().any(|node| node.kind() == kind))
}

/// Whether a path says where something is that is elsewhere.
fn is_read(token: &SyntaxToken, field: &str) -> bool {
    let declares = [Kind::FileItem, Kind::DirItem, Kind::CertItem, Kind::KubeconfigItem, Kind::UnitItem];
    let authority = [Kind::AuthorityStatement, Kind::KeypairStatement];
    !matches!(field, "file" | "public" | "key-file")
        && !declares.contains(&parent(token))
        && !authority.iter().any(|kind| inside(token, *kind))
}

fn parent(token: &SyntaxToken) -> Kind {
    token.parent().map_or(Kind::File, |node| node.kind())
}

/// How a token can be broken.
fn broken(token: &SyntaxToken, ranges: &[String], ports: &[String]) -> Vec<Fact> {
    let around = fields(token);
    let field = around.first().cloned().unwrap_or_default();
    let skipped = [Kind::AllowStatement, Kind::CheckStatement, Kind::InterfaceStatement, Kind::OptionItem];
    // Whoever reads a file by a name of its own is told where it lies, and a kubeconfig calls its user as it likes.
    let is_free = |name: &String| FREE.contains(&&**name);
    let is_label = inside(token, Kind::KubeconfigItem) && field == "user";
    if skipped.iter().any(|kind| inside(token, *kind)) || around.iter().any(is_free) || is_label {
        return Vec::new();
    }
    let of_flags = around.iter().any(|name| name == "flags");
    let of_content = around.iter().any(|name| ["content", "extra", "cloud-config"].contains(&&**name));
    let text = token.text();
    let range = token.text_range();
    let fact = |kind: &'static str, broken: String| Fact {
        kind,
        start: range.start().into(),
        end: range.end().into(),
        broken,
        field: field.clone(),
    };
    let place = |own: &'static str, flag: &'static str, content: &'static str| match () {
        () if of_flags => flag,
        () if of_content => content,
        () => own,
    };
    match token.kind() {
        Kind::Ip => vec![fact("address", elsewhere(text))],
        Kind::Cidr => {
            let other = ranges.iter().find(|other| *other != text && family(other) == family(text));
            let smaller = fact("range, too small", narrow(text));
            other.map(|other| fact("range, of another network", other.clone())).into_iter().chain([smaller]).collect()
        }
        Kind::Port => {
            let other = ports.iter().find(|other| *other != text).cloned();
            vec![fact("port", other.unwrap_or_else(|| "10250/tcp".to_owned()))]
        }
        Kind::Mode => vec![fact("mode", if text.ends_with("00") { "0644" } else { "0600" }.to_owned())],
        Kind::Size => vec![fact("size", text.replace("TiB", "GiB").replace("GiB", "MiB"))],
        Kind::Duration => vec![fact("duration", "1ms".to_owned())],
        Kind::Version | Kind::Decimal => vec![fact("version", bumped(text))],
        // A path that is declared once is found through its name by all who read the file.
        Kind::Path if !is_read(token, &field) => Vec::new(),
        Kind::Path => vec![fact(place("path", "path of a flag", "path in a file"), typo(text))],
        Kind::Int if parent(token) == Kind::LiteralExpr => {
            let kind = if inside(token, Kind::Count) {
                "count"
            } else {
                place("number", "number of a flag", "number in a file")
            };
            let value = if kind == "count" { "0" } else { "-1" };
            vec![fact(kind, value.to_owned())]
        }
        Kind::Keyword | Kind::Ident if matches!(text, "true" | "false") => {
            let flipped = if text == "true" { "false" } else { "true" };
            vec![fact(place("switch", "switch of a flag", "switch in a file"), flipped.to_owned())]
        }
        Kind::Ident if text.len() > 2 => {
            name(token, of_flags, of_content).map(|kind| fact(kind, typo(text))).into_iter().collect()
        }
        Kind::StringText => of_text(token, &field, of_flags, of_content, &fact),
        _ => Vec::new(),
    }
}

/// What a name is that stands in a model.
fn name(token: &SyntaxToken, of_flags: bool, of_content: bool) -> Option<&'static str> {
    let first = token.parent()?.first_token().as_ref() == Some(token);
    Some(match parent(token) {
        Kind::Field if first && of_flags => "name of a flag",
        Kind::Field if first && of_content => "key in a file",
        Kind::Field if first => "name of a field",
        Kind::DeployName | Kind::UseName => "name of a component",
        Kind::Selector => "name of a group",
        Kind::EndpointRef => "name of an endpoint",
        Kind::NameExpr | Kind::CertExpr | Kind::FieldExpr | Kind::CallExpr => "name in an expression",
        Kind::NameType | Kind::EndpointItem => "name of an interface or endpoint",
        Kind::TargetStatement => "name of a target",
        Kind::UnitItem => "name of a unit",
        _ => return None,
    })
}

/// How a text can be broken, by the field that it is in.
fn of_text(
    token: &SyntaxToken,
    field: &str,
    of_flags: bool,
    of_content: bool,
    fact: &dyn Fn(&'static str, String) -> Fact,
) -> Vec<Fact> {
    let text = token.text();
    if text.contains('\n') {
        return pasted(token);
    }
    if text.trim().len() < 3 || !text.contains(|c: char| c.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let kind = match field {
        _ if text.starts_with("sha256:") => return vec![fact("hash", text[..text.len() - 1].to_owned())],
        _ if parent(token) == Kind::Field => "key in a file",
        "labels" => "label",
        "taints" => "taint",
        "user" | "owner" | "group" => "user",
        "zones" | "zone" | "racks" | "rack" | "cn" | "org" => {
            return vec![fact(if field == "cn" || field == "org" { "subject" } else { "zone" }, typo(text))];
        }
        "names" => "name in a certificate",
        _ if of_flags => "value of a flag",
        _ if of_content => "value in a file",
        "install" => "member of an archive",
        "after" | "wants" | "requires" | "before" => "unit that another one needs",
        _ if inside(token, Kind::NeedsItem) => "package or command",
        _ => "word",
    };
    vec![fact(kind, typo(text))]
}

/// The lines of a text that is pasted: flags, keys, ranges, paths.
fn pasted(token: &SyntaxToken) -> Vec<Fact> {
    let (text, start) = (token.text(), usize::from(token.text_range().start()));
    let mut list = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lead = line.len() - line.trim_start_matches([' ', '-']).len();
        let body = line[lead..].trim_end();
        let word = body.split(['=', ' ', ':']).next().unwrap_or_default();
        let is_flag = line.contains("--") && !body.is_empty();
        let kind = match () {
            () if line.trim_start().starts_with('#') || word.len() < 3 => "",
            () if is_flag && line.trim_start().trim_start_matches("- ").starts_with("--") => "flag, pasted",
            () if body.contains(": ") || body.ends_with(':') || body.contains('=') => "key, pasted",
            () => "",
        };
        let fact = |kind, from: usize, old: &str, broken: String| Fact {
            kind,
            start: start + at + from,
            end: start + at + from + old.len(),
            broken,
            field: word.to_owned(),
        };
        if !kind.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            list.push(fact(kind, lead, word, typo(word)));
        }
        let values = body.split(['=', ' ', '"', ',', '\'']).filter(|part| part.parse::<ipnet::IpNet>().is_ok());
        for value in values {
            let from = line.find(value).expect("it is a part of the line");
            list.push(fact("range, pasted", from, value, "10.97.0.0/16".to_owned()));
        }
        at += line.len();
    }
    list
}

fn family(range: &str) -> bool {
    range.contains(':')
}

/// The same address in a network that is not the cluster's.
fn elsewhere(address: &str) -> String {
    match address.split_once('.') {
        Some((_, rest)) => format!("203.{rest}"),
        None => address.replacen("fd00", "fd77", 1),
    }
}

fn narrow(range: &str) -> String {
    let (address, _) = range.split_once('/').unwrap_or((range, ""));
    format!("{address}/{}", if family(range) { 127 } else { 31 })
}

fn bumped(version: &str) -> String {
    let mut parts: Vec<String> = version.split('.').map(str::to_owned).collect();
    if let Some(last) = parts.last_mut() {
        *last = format!("{last}9");
    }
    parts.join(".")
}

/// A text without the last letter of its longest word.
fn typo(text: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let word = text.split(|c: char| !is_letter(c)).max_by_key(|word| word.len()).unwrap_or(text);
    let at = text.find(word).unwrap_or_default() + word.len().saturating_sub(2);
    let mut out = text.to_owned();
    if out.is_char_boundary(at) && at < out.len() {
        out.remove(at);
    }
    out
}
