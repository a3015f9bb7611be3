//! Ports that haproxy binds, and that something else on the machine has.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::plan::listener::{Bind, What, services_on};
use crate::render::evidence::Sample;
use crate::source::Span;
use crate::syntax::ast::Protocol;

use super::super::File;
use super::file_of;
use super::server::Others;
use super::text::{Config, Line, Section};

mod address;

pub(super) fn verify(
    model: &Model<'_>,
    files: &[File<'_, '_>],
    config: &Config<'_>,
    (sample, others): (&Sample<'_>, &Others),
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for section in config.proxies() {
        let file = file_of(files, section);
        for line in section.all("bind") {
            let sockets = line.words.get(1).into_iter().flat_map(|word| word.split(',')).filter_map(socket);
            for (bind, port) in sockets {
                problems.extend(address::verify(model, (sample, file), (section, line), bind));
                problems.extend(shell(model, file, (section, line), port));
                let Some((title, span)) = taken(model, file, (bind, port), others) else { continue };
                let on = file.machine.map_or("", |machine| &model.machine(machine).name);
                let message = format!(
                    "`{}` of haproxy binds {port}/tcp, which `{title}` also listens on, on `{on}`",
                    section.title()
                );
                let help = "use another port or address for one of them, or place them on different machines";
                let found = file.problem(model, Code::PortTaken, line.number, message, help);
                problems.push(found.label(span, format!("`{title}`")));
            }
        }
    }
    problems
}

/// The port of sshd, which the images of all platforms start.
fn shell(
    model: &Model<'_>,
    file: &File<'_, '_>,
    (section, line): (&Section<'_>, &Line<'_>),
    port: u16,
) -> Option<Diagnostic> {
    let message = format!(
        "`{}` of haproxy binds 22/tcp, which sshd of the image listens on: the one that starts last fails",
        section.title()
    );
    let help = "use another port, or allow this with the port that sshd is moved to";
    (port == 22).then(|| file.problem(model, Code::UnwiseSetting, line.number, message, help))
}

/// Another application that listens there. Where its own declares the port, the declared ports are compared.
fn taken(model: &Model<'_>, file: &File<'_, '_>, (bind, port): (Bind, u16), others: &Others) -> Option<(String, Span)> {
    let (own, machine) = (file.document.owner.app, file.machine?);
    let is_port =
        |what: What| matches!(what, What::Port(known) if known.number == port && known.protocol == Protocol::Tcp);
    let services = services_on(model, machine);
    let at = |app| services.iter().filter(move |service| service.binds && (service.app == own) == app);
    if at(true).any(|service| service.units.iter().any(|unit| is_port(unit.what))) {
        return None;
    }
    let is_there = |service: &&crate::plan::listener::Service| {
        service.units.iter().any(|unit| is_port(unit.what) && unit.bind.meets(bind))
    };
    let declared = at(false).find(is_there).map(|service| (service.title(model), service.span));
    declared.or_else(|| others.setting(machine, own, port, bind))
}

/// `*:443`, `:443`, `10.0.0.1:443`, `[::]:443`, `:::443`, `ipv4@:443`; nothing of a socket in a file, a name or a range.
pub(super) fn socket(word: &str) -> Option<(Bind, u16)> {
    let word = ["ipv4@", "ipv6@"].iter().find_map(|family| word.strip_prefix(family)).unwrap_or(word);
    let (host, port) = word.rsplit_once(':')?;
    let port = port.parse().ok()?;
    match host.trim_matches(['[', ']']) {
        "" | "*" => Some((Bind::AllV4, port)),
        host => Some((Bind::of(Some(host.parse::<IpAddr>().ok()?)), port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_read() {
        let one = |text: &str| Some((Bind::One(text.parse().expect("an address")), 443));
        assert_eq!(["*:443", ":443", "0.0.0.0:443", "ipv4@:443"].map(socket), [Some((Bind::AllV4, 443)); 4]);
        assert_eq!([":::443", "[::]:443"].map(socket), [Some((Bind::All, 443)); 2]);
        assert_eq!((socket("10.0.0.1:443"), socket("[fd00::1]:443")), (one("10.0.0.1"), one("fd00::1")));
        assert_eq!(["/run/a.sock", "fd@3", "*:80-90", "name:80", "443"].map(socket), [None; 5]);
    }
}
