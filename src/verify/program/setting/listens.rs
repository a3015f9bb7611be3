//! Where programs listen by their settings, compared with what is declared and with each other.

use std::net::{IpAddr, Ipv4Addr};

use crate::diag::{Code, Diagnostic};
use crate::facts::field::table;
use crate::facts::setting::{Host, Listens, Name, Typed, Url};
use crate::model::{AppId, MachineId, Model};
use crate::plan::listener::{Bind, Bound, Service, What, services_on};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, Port, Protocol};

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// A port that a setting makes a program of a machine listen on.
struct Socket<'a> {
    setting: &'a Setting,
    rule: &'a Listens,
    port: u16,
    bind: Bind,
}

/// A port that a program listens on by its settings alone.
pub(in crate::verify) struct Listening {
    pub app: AppId,
    pub machine: MachineId,
    /// The setting, and where it stands.
    pub written: String,
    pub span: Span,
    pub port: Port,
    pub bind: Bind,
}

/// All that no endpoint and no `listen` declares.
pub(super) fn undeclared(model: &Model<'_>, settings: &Settings, rules: &[Listens]) -> Vec<Listening> {
    let mut list = Vec::new();
    for machine in machines(settings) {
        let (usual, declared) = (usual(settings, rules, machine), services_on(model, machine));
        let usual = usual.iter().flat_map(|(rule, setting)| of_setting(settings, rule, setting));
        for socket in sockets(settings, rules, machine).into_iter().chain(usual) {
            if !is_declared(&socket, &declared) {
                let Setting { app, span, ref written, .. } = *socket.setting;
                let port = Port { number: socket.port, protocol: Protocol::Tcp };
                list.push(Listening { app, machine, written: written.clone(), span, port, bind: socket.bind });
            }
        }
    }
    list
}

/// Two that listen on one port, and clients that dial a port where nothing listens.
pub(super) fn verify(model: &Model<'_>, settings: &Settings, rules: &[Listens]) -> Vec<Diagnostic> {
    distinct_places(machines(settings).into_iter().flat_map(|machine| on_machine(model, settings, rules, machine)))
}

/// The machines that settings are known of.
fn machines(settings: &Settings) -> Vec<MachineId> {
    let mut machines: Vec<MachineId> = settings.list.iter().filter_map(|setting| setting.machine).collect();
    machines.sort_unstable();
    machines.dedup();
    machines
}

fn on_machine(model: &Model<'_>, settings: &Settings, rules: &[Listens], machine: MachineId) -> Vec<Diagnostic> {
    let usual = usual(settings, rules, machine);
    let mut sockets = sockets(settings, rules, machine);
    sockets.extend(usual.iter().flat_map(|(rule, setting)| of_setting(settings, rule, setting)));
    if sockets.is_empty() {
        return Vec::new();
    }
    let declared = services_on(model, machine);
    let mut problems: Vec<Diagnostic> =
        sockets.iter().filter_map(|socket| elsewhere(model, socket, &declared)).collect();
    problems.extend(sockets.iter().filter_map(|socket| taken(model, socket, &declared)));
    let twice = |(place, socket): (usize, &Socket<'_>)| {
        let other = sockets[..place].iter().find(|other| meets(other, socket))?;
        let both = is_declared(socket, &declared) && is_declared(other, &declared);
        (!both).then(|| clash(model, socket, &other.setting.written, other.setting.span))
    };
    problems.extend(sockets.iter().enumerate().filter_map(twice));
    problems
}

/// What the settings of a machine's programs bind; a flag overrides a field.
fn sockets<'a>(settings: &'a Settings, rules: &'a [Listens], machine: MachineId) -> Vec<Socket<'a>> {
    let mut list = Vec::new();
    for rule in rules {
        let here = settings.named(&rule.at).filter(|one| one.on_host && one.machine == Some(machine));
        let effective = here.filter(|one| settings.beside(one, &rule.at).is_some_and(|best| std::ptr::eq(best, *one)));
        list.extend(effective.flat_map(|setting| of_setting(settings, rule, setting)));
    }
    list
}

/// The ports of one setting.
fn of_setting<'a>(settings: &'a Settings, rule: &'a Listens, setting: &'a Setting) -> Vec<Socket<'a>> {
    let address = rule.address.as_ref().and_then(|name| settings.beside(setting, name));
    let address = address.map_or(rule.usual(), |one| match one.values.as_slice() {
        [Typed::Address(address)] => Some(*address),
        _ => rule.usual(),
    });
    let bound = setting.text.split(',').filter_map(|text| bound(text.trim(), address));
    bound.map(|(port, bind)| Socket { setting, rule, port, bind }).collect()
}

/// The ports on which programs of a machine listen because nothing sets them. Only of programs of which other settings are known:
/// the others may have a file that was not read.
fn usual<'a>(settings: &Settings, rules: &'a [Listens], machine: MachineId) -> Vec<(&'a Listens, Setting)> {
    let mut list: Vec<(&Listens, Setting)> = Vec::new();
    for rule in rules {
        let Some(default) = &rule.default else { continue };
        let is_like = |name: &Name| match (name, &rule.at) {
            (Name::Field { kind, .. }, Name::Field { kind: own, .. }) => kind == own,
            (Name::Flag { program, .. }, Name::Flag { program: own, .. }) => program == own,
            _ => false,
        };
        for known in
            settings.list.iter().filter(|one| one.machine == Some(machine) && one.on_host && is_like(&one.name))
        {
            let is_there = settings.beside(known, &rule.at).is_some();
            if is_there || list.iter().any(|(of, one)| std::ptr::eq(*of, rule) && one.app == known.app) {
                continue;
            }
            let program = match &rule.at {
                Name::Field { kind, .. } => table(kind).map_or("", |table| &table.program),
                name => name.program().unwrap_or_default(),
            };
            let runs = settings
                .programs
                .iter()
                .find(|one| one.name == program && (one.app, one.machine) == (known.app, known.machine));
            let Some(runs) = runs else { continue };
            let written = format!("{} (by default)", rule.at);
            list.push((
                rule,
                Setting {
                    name: rule.at.clone(),
                    written,
                    text: default.clone(),
                    values: Vec::new(),
                    span: runs.span,
                    ..known.clone()
                },
            ));
        }
    }
    list
}

/// `6443`, `0.0.0.0:10256`, `https://10.0.0.5:2379`.
pub(super) fn bound(text: &str, address: Option<IpAddr>) -> Option<(u16, Bind)> {
    if let Ok(port) = text.parse::<u16>() {
        return (port != 0).then(|| (port, Bind::of(address)));
    }
    let url = Url::read(text).filter(|url| matches!(url.scheme.as_str(), "" | "http" | "https"))?;
    let host = match url.host {
        Host::Address(address) => address,
        Host::Name(name) if name == "localhost" => Ipv4Addr::LOCALHOST.into(),
        Host::Name(_) => return None,
    };
    Some((url.port.filter(|port| *port != 0)?, Bind::of(Some(host))))
}

fn meets(one: &Socket<'_>, other: &Socket<'_>) -> bool {
    let is_same = (one.setting.app, &one.setting.name) == (other.setting.app, &other.setting.name);
    one.port == other.port && one.bind.meets(other.bind) && !is_same
}

fn is_port(bound: &Bound, port: u16) -> bool {
    matches!(bound.what, What::Port(known) if known.number == port && known.protocol == Protocol::Tcp)
}

/// Whether its own application declares it.
fn is_declared(socket: &Socket<'_>, declared: &[Service]) -> bool {
    let own = declared.iter().filter(|service| service.app == socket.setting.app);
    own.flat_map(|service| &service.units).any(|bound| is_port(bound, socket.port))
}

/// A port that another application declares; where both declare it, the comparison of ports says so.
fn taken(model: &Model<'_>, socket: &Socket<'_>, declared: &[Service]) -> Option<Diagnostic> {
    if is_declared(socket, declared) {
        return None;
    }
    let others = declared.iter().filter(|service| service.binds && service.app != socket.setting.app);
    let is_there = |service: &&Service| {
        service.units.iter().any(|bound| is_port(bound, socket.port) && bound.bind.meets(socket.bind))
    };
    let other = others.into_iter().find(is_there)?;
    Some(clash(model, socket, &other.title(model), other.span))
}

fn clash(model: &Model<'_>, socket: &Socket<'_>, other: &str, span: Span) -> Diagnostic {
    let Setting { written, machine, .. } = socket.setting;
    let on = machine.map_or("", |machine| &model.machine(machine).name);
    let message = format!("`{written}` is {}, which `{other}` also listens on, on `{on}`", socket.setting.text.trim());
    let found = problem(model, Code::PortTaken, socket.setting, message).label(span, format!("`{other}`"));
    found.help("use another port or address for one of them, or place them on different machines")
}

/// An endpoint of the program's interface that is declared on another port.
fn elsewhere(model: &Model<'_>, socket: &Socket<'_>, declared: &[Service]) -> Option<Diagnostic> {
    let (setting, wanted) = (socket.setting, socket.rule.interface.as_deref()?);
    let endpoints = &model.component_of(setting.app).endpoints;
    let is_of = |service: &&Service| {
        let info = service.endpoint.map(|place| &endpoints[place as usize]);
        info.is_some_and(|info| {
            info.ast.kind != EndpointKind::Requires && info.forwards.is_none() && &*info.ast.interface.name == wanted
        })
    };
    let own: Vec<&Service> = declared.iter().filter(|service| service.app == setting.app).filter(is_of).collect();
    let [service] = own.as_slice() else { return None };
    let bound = service.units.first()?;
    let ports: Vec<&str> = setting.text.split(',').collect();
    let binds = |text: &&str| self::bound(text.trim(), None).is_some_and(|(port, _)| is_port(bound, port));
    if ports.iter().any(binds) {
        return None;
    }
    let title = service.title(model);
    let message = format!(
        "`{}` is {}, but `{title}` is declared on {}: clients dial a port where nothing listens",
        setting.written,
        setting.text.trim(),
        bound.what
    );
    let found = problem(model, Code::SettingsDiffer, setting, message).label(service.span, format!("`{title}`"));
    Some(found.help(format!("use {} in both, or set `listen` of the endpoint", bound.what)))
}
