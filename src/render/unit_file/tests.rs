//! Unit files as they look, and what is refused.

use crate::model::Value;
use crate::render::Problem;
use crate::render::bundle::Unit;
use crate::render::origin::Origin;
use crate::render::snapshot::snapshot;
use crate::source::{SourceKind, Sources, Span};

fn unit(name: &str, fields: &[(&str, Value)], flags: &[&str]) -> Unit {
    Unit {
        name: name.into(),
        fields: fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        after: vec!["etcd.service".into()],
        watches: Vec::new(),
        origin: Origin::item(Span::default(), "x".into()),
    }
}

fn unit_text(unit: &Unit) -> Result<String, Problem> {
    let mut sources = Sources::default();
    sources.add(SourceKind::Library, "std/x.km", "");
    super::unit_text(unit, &sources)
}

#[test]
fn a_service_is_whole() {
    let fields = [
        ("description", Value::text("100 % sure")),
        ("exec", Value::Path("/usr/local/bin/x".into())),
        ("args", Value::list(["a b", "$HOME", "50%", "q\"\\", "", ";", "two\nlines", "#x"].map(Value::text))),
        ("environment", Value::record([("A", Value::text("1 $x %n"))])),
        ("user", Value::text("x")),
        ("pre", Value::list([Value::text("-/sbin/modprobe overlay")])),
        ("reload", Value::text("/bin/kill -HUP $MAINPID")),
        ("timeout-start", Value::Duration(5_400_000)),
        ("limit-nofile", Value::Int(65536)),
        ("delegate", Value::Bool(true)),
        ("umask", Value::Mode(0o27)),
        ("extra", Value::record([("Service", Value::record([("ProtectHome", Value::text("yes"))]))])),
    ];
    snapshot("unit-service", &unit_text(&unit("x.service", &fields, &["--a=1", "--b=x,y=z"])).unwrap());
}

#[test]
fn a_packaged_unit_gets_a_drop_in() {
    let fields = [("packaged", Value::Bool(true)), ("exec", Value::Path("/usr/sbin/haproxy".into()))];
    snapshot("unit-drop-in", &unit_text(&unit("haproxy.service", &fields, &[])).unwrap());
}

#[test]
fn a_timer_is_wanted_by_timers() {
    let fields = [("extra", Value::record([("Timer", Value::record([("OnCalendar", Value::text("daily"))]))]))];
    snapshot("unit-timer", &unit_text(&unit("x.timer", &fields, &[])).unwrap());
}

#[test]
fn what_no_line_can_be_made_of_is_a_fault() {
    let cases: [Vec<(&str, Value)>; 2] =
        [vec![], vec![("exec", Value::Path("/bin/true".into())), ("pre", Value::text("/bin/a"))]];
    let text = cases.iter().map(|fields| {
        let problem = unit_text(&unit("x.service", fields, &[])).unwrap_err();
        format!("{}\n  help: {}\n", problem.message, problem.help)
    });
    snapshot("unit-refused", &text.collect::<String>());
}
