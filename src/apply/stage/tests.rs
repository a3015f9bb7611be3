//! Plans and files of machines between two stages.

use super::super::sample;
use super::super::upload::sha256;
use super::*;

const OLD: &str = "# What boot does on cp-0.
private|sha256:1|/etc/etcd.key
package|iptables
artifact|etcd-old|members|1|0755|sha256:e1|https://x/etcd-1
member|etcd-old|etcd|/usr/bin/etcd
artifact|server-old|members|0|0755|sha256:s1|https://x/server-1
member|server-old|kube-apiserver|/usr/bin/kube-apiserver
artifact|crictl-old|members|0|0755|sha256:c1|https://x/crictl-1
artifact|node-old|members|0|0755|sha256:n1|https://x/node-1
command|echo old
unit|etcd.service|enabled|own
watch|etcd.service|/etc/etcd.key
watch|etcd.service|/var/lib/kmodel/artifacts/etcd-old
unit|kube-apiserver.service|enabled|own
watch|kube-apiserver.service|/etc/ca.crt
watch|kube-apiserver.service|/var/lib/kmodel/artifacts/server-old
unit|kube-scheduler.service|enabled|own
watch|kube-scheduler.service|/var/lib/kmodel/artifacts/server-old
unit|kubelet.service|enabled|own
watch|kubelet.service|/etc/ca.crt
watch|kubelet.service|/var/lib/kmodel/artifacts/node-old
unit|gone.service|enabled|own
";

const NEW: &str = "# What boot does on cp-0.
private|sha256:2|/etc/etcd.key
module|overlay
package|iptables
package|conntrack
artifact|etcd-new|members|1|0755|sha256:e2|https://x/etcd-2
member|etcd-new|etcd|/usr/bin/etcd
artifact|server-new|members|0|0755|sha256:s2|https://x/server-2
member|server-new|kube-apiserver|/usr/bin/kube-apiserver
artifact|crictl-new|members|0|0755|sha256:c2|https://x/crictl-2
artifact|node-new|members|0|0755|sha256:n2|https://x/node-2
command|echo new
unit|etcd.service|enabled|own
watch|etcd.service|/etc/etcd.key
watch|etcd.service|/var/lib/kmodel/artifacts/etcd-new
unit|kube-apiserver.service|enabled|own
watch|kube-apiserver.service|/etc/ca.crt
watch|kube-apiserver.service|/etc/audit.yaml
watch|kube-apiserver.service|/var/lib/kmodel/artifacts/server-new
unit|kube-scheduler.service|enabled|own
watch|kube-scheduler.service|/var/lib/kmodel/artifacts/server-new
unit|kubelet.service|enabled|own
watch|kubelet.service|/etc/ca.crt
watch|kubelet.service|/etc/audit.yaml
watch|kubelet.service|/var/lib/kmodel/artifacts/node-new
";

/// etcd has its turn.
const STAGE_0: &str = "# What boot does on cp-0.
private|sha256:2|/etc/etcd.key
module|overlay
package|iptables
artifact|server-old|members|0|0755|sha256:s1|https://x/server-1
member|server-old|kube-apiserver|/usr/bin/kube-apiserver
artifact|crictl-old|members|0|0755|sha256:c1|https://x/crictl-1
artifact|node-old|members|0|0755|sha256:n1|https://x/node-1
artifact|etcd-new|members|1|0755|sha256:e2|https://x/etcd-2
member|etcd-new|etcd|/usr/bin/etcd
command|echo old
unit|etcd.service|enabled|own
watch|etcd.service|/etc/etcd.key
watch|etcd.service|/var/lib/kmodel/artifacts/etcd-new
unit|kube-apiserver.service|enabled|own
watch|kube-apiserver.service|/etc/ca.crt
watch|kube-apiserver.service|/var/lib/kmodel/artifacts/server-old
unit|kube-scheduler.service|enabled|own
watch|kube-scheduler.service|/var/lib/kmodel/artifacts/server-old
unit|kubelet.service|enabled|own
watch|kubelet.service|/etc/ca.crt
watch|kubelet.service|/var/lib/kmodel/artifacts/node-old
unit|gone.service|enabled|own
";

/// So had etcd, and the API server has it.
const STAGE_1: &str = "# What boot does on cp-0.
private|sha256:2|/etc/etcd.key
module|overlay
package|iptables
artifact|server-old|members|0|0755|sha256:s1|https://x/server-1
member|server-old|kube-apiserver|/usr/bin/kube-apiserver
artifact|crictl-old|members|0|0755|sha256:c1|https://x/crictl-1
artifact|node-old|members|0|0755|sha256:n1|https://x/node-1
artifact|etcd-new|members|1|0755|sha256:e2|https://x/etcd-2
member|etcd-new|etcd|/usr/bin/etcd
artifact|server-new|members|0|0755|sha256:s2|https://x/server-2
member|server-new|kube-apiserver|/usr/bin/kube-apiserver
command|echo old
unit|etcd.service|enabled|own
watch|etcd.service|/etc/etcd.key
watch|etcd.service|/var/lib/kmodel/artifacts/etcd-new
unit|kube-apiserver.service|enabled|own
watch|kube-apiserver.service|/etc/ca.crt
watch|kube-apiserver.service|/etc/audit.yaml
watch|kube-apiserver.service|/var/lib/kmodel/artifacts/server-new
unit|kube-scheduler.service|enabled|own
watch|kube-scheduler.service|/var/lib/kmodel/artifacts/server-old
unit|kubelet.service|enabled|own
watch|kubelet.service|/etc/ca.crt
watch|kubelet.service|/var/lib/kmodel/artifacts/node-old
unit|gone.service|enabled|own
";

fn unit(name: &str) -> StartedUnit {
    let start = format!("watch|{name}.service|");
    let watches = NEW.lines().filter_map(|line| line.strip_prefix(&start)).map(Into::into).collect();
    let file = format!("/etc/systemd/system/{name}.service");
    let (program, application, version) = (name.into(), name.into(), "2.0.0".into());
    StartedUnit { name: format!("{name}.service").into(), file, program, application, version, watches }
}

/// A machine that gets new versions of everything.
fn machine() -> Machine {
    let units: Vec<_> = ["etcd", "kube-apiserver", "kube-scheduler", "kubelet"].map(unit).into();
    let own = units.iter().map(|unit| sample::file(&unit.file, "new\n", false)).collect::<Vec<_>>();
    let others = [("/etc/etcd.key", true), ("/etc/ca.crt", false), ("/etc/audit.yaml", false)];
    let others = others.map(|(path, secret)| sample::file(path, "new", secret));
    let plan = sample::file(boot::PLAN, NEW, false);
    let mut script = sample::file("/usr/local/lib/kmodel/boot", "new", false);
    script.origin = What::Boot.into();
    let mut other = sample::file("/etc/other", "new", false);
    other.origin = What::Kmodel.into();
    sample::machine("cp-0", own.into_iter().chain(others).chain([plan, script, other]).collect(), units)
}

/// What it has: everything old, but what is new in none.
fn probe(installed: &[&str]) -> Probe {
    let mut text = "begun\nstatus ready end \n".to_owned();
    for file in machine().files.iter().filter(|file| file.path != "/etc/audit.yaml") {
        text += &format!("sum {}  {}\nstat 644 root:etcd {}\n", sha256(b"old"), file.path, file.path);
    }
    // Its plan says what each unit runs: the old program, or the new one where that is installed.
    for (unit, part) in
        [("etcd", "etcd"), ("kube-apiserver", "server"), ("kube-scheduler", "server"), ("kubelet", "node")]
    {
        let new = format!("{part}-new");
        let id = if installed.contains(&&*new) { new } else { format!("{part}-old") };
        text += &format!("runs {unit}.service /var/lib/kmodel/artifacts/{id}\n");
    }
    for id in installed {
        text += &format!("stat 644 root:root /var/lib/kmodel/artifacts/{id}\n");
    }
    Probe::read(&text)
}

fn at(stage: usize, installed: &[&str]) -> (Vec<String>, String) {
    let (machine, probe) = (machine(), probe(installed));
    let part = Stages::new(&machine, &probe).machine(stage, OLD);
    let plan =
        part.files.iter().find(|file| file.path == boot::PLAN).map(|file| String::from_utf8_lossy(&file.content));
    let plan = plan.expect("every stage has a plan").into_owned();
    (part.files.into_iter().map(|file| file.path).filter(|path| path != boot::PLAN).collect(), plan)
}

#[test]
fn stages_are_the_programs_before_those_that_drain() {
    let (machine, probe) = (machine(), probe(&[]));
    let stages = Stages::new(&machine, &probe);
    let titles: Vec<_> = stages.all(&probe.differing(&machine)).into_iter().map(title).collect();
    assert_eq!(titles, ["etcd", "kube-apiserver", "kube-scheduler"]);
    assert!(is_drained(&machine, &probe));
    assert_eq!(version(&machine), "2.0.0");
}

#[test]
fn each_file_comes_in_one_stage() {
    let (machine, probe) = (machine(), probe(&[]));
    let (stages, differing) = (Stages::new(&machine, &probe), probe.differing(&machine));
    let of = |stage| stages.of(stage, &differing);
    let list = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let etcd = ["/etc/etcd.key", "/etc/systemd/system/etcd.service", "/usr/local/lib/kmodel/boot"];
    assert_eq!(of(Some(1)), (list(&etcd), list(&["etcd.service"])));
    // What is not there yet comes with the first that reads it, and what is there with the last.
    let server = ["/etc/systemd/system/kube-apiserver.service", "/etc/audit.yaml"];
    assert_eq!(of(Some(2)), (list(&server), list(&["kube-apiserver.service"])));
    let last = ["/etc/systemd/system/kubelet.service", "/etc/ca.crt", boot::PLAN, "/etc/other"];
    assert_eq!(of(None), (list(&last), list(&["kubelet.service"])));
    let all =
        stages.all(&differing).into_iter().map(Some).chain([None]).flat_map(|stage| of(stage).0).collect::<Vec<_>>();
    assert_eq!(all.len(), differing.paths().count());
}

#[test]
fn what_has_no_turn_yet_stays_as_it_is() {
    let (files, plan) = at(1, &[]);
    assert_eq!(files, ["/etc/systemd/system/etcd.service", "/etc/etcd.key", "/usr/local/lib/kmodel/boot"]);
    assert_eq!(plan, STAGE_0);
}

#[test]
fn a_stage_takes_up_what_the_one_before_has_done() {
    // As a run finds it that takes up one that was cut off: etcd is new, in the plan of the machine too.
    let (machine, first) = (machine(), probe(&[]));
    let part = Stages::new(&machine, &first).machine(1, OLD);
    let done = part.files.iter().find(|file| file.path == boot::PLAN).expect("a plan");
    let done = String::from_utf8_lossy(&done.content).into_owned();
    let now = probe(&["etcd-new"]);
    let stages = Stages::new(&machine, &now);
    let titles: Vec<_> = stages.all(&now.differing(&machine)).into_iter().map(title).collect();
    assert_eq!(titles, ["etcd", "kube-apiserver", "kube-scheduler"], "its other files still differ");
    let part = stages.machine(2, &done);
    let plan = part.files.iter().find(|file| file.path == boot::PLAN).expect("a plan");
    assert_eq!(String::from_utf8_lossy(&plan.content), STAGE_1);
}

#[test]
fn what_is_down_is_cured_without_what_has_no_turn() {
    let cure = |installed: &[&str], (unit, state): (&str, &str), is_pending| {
        let machine = machine();
        let mut probe = probe(installed);
        probe.units = vec![(format!("{unit}.service"), state.to_owned())];
        let part = Stages::new(&machine, &probe).cure(is_pending);
        part.map(|part| (part.stage.min(9), part.down.into_iter().collect::<Vec<_>>().join(" ")))
    };
    let failed = |unit| (unit, "failed (exit-code)");
    let part = |stage, down: &str| Some((stage, down.to_owned()));
    assert_eq!(cure(&[], failed("kubelet"), true), part(0, ""));
    assert_eq!(cure(&[], failed("etcd"), true), part(1, "etcd.service"));
    assert_eq!(cure(&["etcd-new"], failed("kubelet"), true), part(1, ""));
    let others = ["etcd-new", "server-new"];
    assert_eq!(cure(&others, failed("kubelet"), true), part(9, ""), "other machines have no new API server yet");
    assert_eq!(cure(&others, failed("kubelet"), false), None, "its turn may cure it");
    assert_eq!(cure(&others, failed("etcd"), false), part(9, "etcd.service"), "pods can leave once it is up");
    assert_eq!(cure(&others, ("etcd", "starting (active, watched for 5 s)"), false), part(9, ""));
    assert_eq!(cure(&["etcd-new", "server-new", "node-new"], failed("etcd"), false), None);
}

#[test]
fn a_first_boot_holds_nothing_back() {
    let machine = machine();
    let mut text = "begun\nstatus running private_files waiting\n".to_owned();
    for unit in &machine.units {
        let stamp = unit.watches.iter().find(|path| is_stamp(path)).expect("each has a program");
        text += &format!("runs {} {stamp}\nunit {} inactive (success)\n", unit.name, unit.name);
    }
    let probe = Probe::read(&text);
    let stages = Stages::new(&machine, &probe);
    assert_eq!(
        stages
            .cure(is_pending(&sample::desired(vec![machine.clone()]), &Probes::from([("cp-0".into(), probe.clone())]))),
        None
    );
}
