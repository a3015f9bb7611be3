//! What a plan says of a cluster that was applied is what an apply makes; a plan that was saved is made, or says what moved.

use super::*;

fn changes(bed: &Bed, options: &[&str]) -> Value {
    let output = bed.run("plan", &[&["--changes", "--json"], options].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)))
}

/// Each step: its class, its program, its machines, the units that restart.
fn steps(changes: &Value) -> Vec<(String, String, Vec<String>, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().unwrap().iter().map(text).collect();
    let all = changes["steps"].as_array().unwrap().iter();
    all.map(|step| (text(&step["class"]), text(&step["program"]), list(&step["machines"]), list(&step["restarts"])))
        .collect()
}

/// Applies a saved plan.
fn apply(bed: &Bed, plan: &Path, options: &[&str]) -> Output {
    let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    kmodel.arg("apply").arg(plan).args(options).env("KMODEL_LXC", fake_lxc()).env("FAKE", bed.path("fake"));
    kmodel.stdin(Stdio::null()).output().unwrap()
}

fn other() -> String {
    MODEL.replace("install = \"package\"", "install = \"package\", history = 4h")
}

#[test]
fn a_plan_knows_what_was_applied_and_what_an_apply_would_do() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let (said, log) = bed.ok("plan", &[]);
    assert!(said.contains("no changes: pkg on lxd since it was applied on "), "{said}");
    assert_eq!(log, "", "no machine is asked");
    assert!(bed.ok("plan", &["--refresh"]).0.contains("no changes: pkg on lxd compared with the machines"));
    bed.model(&other());
    let [recorded, refreshed] = [&[][..], &["--refresh"]].map(|options| changes(&bed, options));
    let machines = ["cp-0", "cp-1", "cp-2"].map(str::to_owned).to_vec();
    assert_eq!(steps(&recorded), [("restart".into(), String::new(), machines, vec!["etcd.service".into()])]);
    assert_eq!(steps(&recorded), steps(&refreshed));
    let shown = bed.ok("plan", &["--refresh", "--diff"]).0;
    assert!(shown.contains("cp-0:/") && shown.contains("(planned)"), "{shown}");
    bed.ok("apply", &[]);
    assert!(bed.ok("plan", &[]).0.contains("no changes"));
}

#[test]
fn a_plan_of_an_upgrade_has_its_order() {
    let bed = before_an_upgrade();
    let [recorded, refreshed] = [&[][..], &["--refresh"]].map(|options| steps(&changes(&bed, options)));
    assert_eq!(recorded, refreshed);
    let programs: Vec<_> =
        recorded.iter().map(|(_, program, ..)| &**program).filter(|program| !program.is_empty()).collect();
    assert_eq!(programs, ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]);
    assert!(recorded.iter().any(|(class, ..)| class == "drain"), "{recorded:?}");
    bed.model(&include_str!("../../../examples/ha.km").replace("wrk[3]", "wrk[4]"));
    let classes = steps(&changes(&bed, &[])).into_iter().map(|(class, ..)| class).collect::<Vec<_>>();
    assert_eq!(
        classes[..4],
        ["restart", "restart", "restart", "create"],
        "a new machine has new programs: {classes:?}"
    );
}

#[test]
fn a_saved_plan_is_made_once() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&other());
    for options in [&[][..], &["--refresh"]] {
        let plan = bed.path("lab.plan");
        bed.ok("plan", &[options, &["--out", plan.to_str().unwrap()]].concat());
        assert_eq!(mode(&plan), 0o600);
        let dry = apply(&bed, &plan, &["--dry-run"]);
        assert!(said(&dry).contains("3 changes; none made"), "{}", said(&dry));
    }
    let plan = bed.path("lab.plan");
    let made = apply(&bed, &plan, &[]);
    assert!(said(&made).contains("ok: pkg is up"), "{}", said(&made));
    let again = apply(&bed, &plan, &[]);
    assert_eq!(again.status.code(), Some(4), "{}", said(&again));
    assert!(
        said(&again).contains("`cp-0`: planned restart of etcd.service, with ")
            && said(&again).contains(", now nothing")
    );
}

#[test]
fn a_saved_plan_of_what_moved_is_refused() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&other());
    let plan = bed.path("lab.plan");
    bed.ok("plan", &["--out", plan.to_str().unwrap()]);
    let before = bed.state();
    bed.model(&other().replace("history = 4h", "history = 5h"));
    let moved = apply(&bed, &plan, &[]);
    assert_eq!(moved.status.code(), Some(4), "{}", said(&moved));
    assert!(said(&moved).contains("model.km:12:1: deploy etcd on cp has changed"), "{}", said(&moved));
    bed.model(&other());
    fs::write(
        bed.path("kmodel.lock"),
        fs::read_to_string(bed.path("kmodel.lock")).unwrap().replace("cp-2 =", "cp-9 ="),
    )
    .unwrap();
    let moved = apply(&bed, &plan, &[]);
    assert!(said(&moved).contains("kmodel.lock: has changed"), "{}", said(&moved));
    assert_eq!(bed.state(), before, "nothing is changed");
    let own = apply(&bed, &plan, &["--set", "a=1"]);
    assert_eq!(own.status.code(), Some(2), "{}", said(&own));
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, &text[..text.len() / 2]).unwrap();
    assert!(said(&apply(&bed, &plan, &[])).contains("not all of one"));
}

#[test]
fn an_apply_that_does_not_end_well_records_what_is_done() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&other());
    bed.ok("apply", &["--only", "machine=cp-0"]);
    let machines = &steps(&changes(&bed, &[]))[0].2;
    assert_eq!(*machines, ["cp-1", "cp-2"], "what was left out is still to be done");
}
