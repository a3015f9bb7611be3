//! Machines that exist, with what they say of themselves.

use super::*;
use crate::diag::Code;

fn host(name: &str) -> Host {
    Host {
        machine: name.into(),
        address: "192.0.2.5".into(),
        user: None,
        port: None,
        key: None,
        jump: None,
        r#become: crate::target::ssh::Become::None,
        host_key: None,
    }
}

/// The machine `cp-0` of the cluster `lab`, and one that left, each with what it says.
fn existing(own: Result<&str, &str>, left: Result<&str, &str>) -> Existing {
    let folder = std::path::Path::new("/");
    let client = SshClient::new("true", (vec![], &crate::target::ssh::HostKeys::default()), folder, None).unwrap();
    let standing = |name: &str, departed, hello: Result<&str, &str>| {
        let hello = hello.map(Hello::read).map_err(ApplyError::new);
        (name.into(), Standing { host: host(name), departed, hello })
    };
    let machines =
        [standing("cp-0", None, own), standing("cp-9", Some([10, 0, 0, 9].into()), left)].into_iter().collect();
    Existing::of(client.into(), "lab".into(), machines)
}

fn outer(own: Result<&str, &str>, former: &[&str]) -> Result<Outer, String> {
    let mut machine = super::super::sample::machine("cp-0", vec![], vec![]);
    machine.former = former.iter().map(|name| (*name).to_owned()).collect();
    existing(own, Ok("")).outer(&machine).map_err(|error| error.message)
}

#[test]
fn a_machine_of_others_is_left_alone() {
    let there = Ok(Outer::There { is_running: true, steps: vec![] });
    assert_eq!(outer(Ok(""), &[]), there);
    assert_eq!(outer(Ok("owner lab cp-0\nboot cp-0\n"), &[]), there);
    let mark = Step::SetUp("mark it as a machine of lab".into());
    let adopted = Ok(Outer::There { is_running: true, steps: vec![mark] });
    assert_eq!(outer(Ok("boot cp-0\n"), &[]), adopted, "its archive was unpacked by hand");
    let taken =
        |owner: &str| Err(format!("the machine at 192.0.2.5 is set up as {owner}, not as `cp-0` of the cluster `lab`"));
    assert_eq!(outer(Ok("owner prod cp-0\n"), &[]), taken("`cp-0` of the cluster `prod`"));
    assert_eq!(outer(Ok("owner lab cp-1\n"), &[]), taken("`cp-1` of the cluster `lab`"));
    assert_eq!(outer(Ok("boot db-0\n"), &[]), taken("`db-0`"));
}

#[test]
fn a_machine_with_another_cluster_is_left_alone() {
    let left = "left /etc/kubernetes/admin.conf\n";
    let steps = |own: &str| match outer(Ok(&format!("{own}{left}")), &[]) {
        Ok(Outer::There { steps, .. }) => steps.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(steps(""), 1);
    assert_eq!(steps("owner lab cp-0\n"), 0, "they are its own");
}

#[test]
fn a_machine_with_its_former_name_is_renamed() {
    let steps = vec![Step::Rename { from: "m-0".into(), stops: false }];
    let renamed = |steps| Ok(Outer::Renamed { from: "m-0".into(), is_running: true, steps });
    assert_eq!(outer(Ok("owner lab m-0\n"), &["m-0"]), renamed(steps.clone()));
    let misfit = Step::Misfit(Misfit::new(Code::HostLacks, "it lacks bash", "install bash on the machine"));
    let both = [vec![misfit], steps].concat();
    assert_eq!(outer(Ok("owner lab m-0\nlacks bash\n"), &["m-0"]), renamed(both));
}

#[test]
fn a_machine_that_cannot_be_entered_says_why() {
    let steps = vec![Step::Reach("no route".into())];
    assert_eq!(outer(Err("no route"), &[]), Ok(Outer::There { is_running: false, steps }));
}

#[test]
fn a_machine_that_left_is_there_until_it_says_otherwise() {
    let names = |left| existing(Ok(""), left).machines().into_iter().map(|found| found.name).collect::<Vec<_>>();
    assert_eq!(names(Ok("owner lab cp-9\n")), ["cp-0", "cp-9"]);
    let gone = existing(Ok(""), Ok("owner lab cp-9\n")).machines().pop().unwrap();
    assert_eq!(gone.addresses, [std::net::IpAddr::from([10, 0, 0, 9])], "as others know it, not where SSH reaches it");
    assert_eq!(names(Err("no route")), ["cp-0", "cp-9"]);
    assert_eq!((names(Ok("")), names(Ok("owner prod cp-9\n"))), (vec!["cp-0".to_owned()], vec!["cp-0".to_owned()]));
    assert_eq!(existing(Ok("owner lab cp-0\n"), Ok("owner lab x\n")).marked(), ["cp-0"]);
}

#[test]
fn a_machine_that_is_another_one_is_not_touched() {
    let steps = |hello: &str| match outer(Ok(hello), &[]) {
        Ok(Outer::There { steps, .. }) => steps,
        other => panic!("{other:?}"),
    };
    let steps = steps("owner lab cp-0\non eth0 10.0.0.6\n");
    let [Step::Misfit(why)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(why.message, "none of its interfaces has the address 10.0.0.5 of the model");
    let delta = Delta {
        machines: vec![Change {
            name: "cp-0".into(),
            turn: crate::apply::change::Turn::Together,
            until: None,
            steps: steps.clone(),
        }],
        ..Delta::default()
    };
    let error = existing(Ok(""), Ok("")).prepare(&delta).unwrap_err();
    assert!(error.message.starts_with("`cp-0` is not as the model says: none of its interfaces"), "{error:?}");
    assert!(error.help.is_some_and(|help| help.contains("--no-preflight")));
    let machine = super::super::sample::machine("cp-0", vec![], vec![]);
    let unchecked = existing(Ok("owner lab cp-0\non eth0 10.0.0.6\n"), Ok("")).unchecked();
    assert_eq!(unchecked.outer(&machine), Ok(Outer::There { is_running: true, steps: vec![] }));
}
