//! The program as people and scripts meet it: output, exit codes, pipes.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program in the project's folder, with nothing of the caller's terminal.
fn kmodel(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("COLUMNS", "80").stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    kmodel(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(arguments: &[&str]) -> i32 {
    run(arguments).status.code().unwrap()
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A plan as if nothing had ever been issued.
fn plan(columns: &str, arguments: &[&str]) -> String {
    let mut all = vec!["plan", "--store", "/nonexistent/store"];
    all.extend(arguments);
    let output = kmodel(&all).env("COLUMNS", columns).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    out(&output)
}

#[test]
fn plans_of_the_examples_read_well() {
    for columns in ["80", "120"] {
        let width: usize = columns.parse().unwrap();
        for (name, arguments) in [
            ("ha", &["examples/ha.km"][..]),
            ("single", &["examples/single.km"]),
            ("lab", &["examples/lab.km", "--overlay", "lab"]),
            ("edge", &["examples/edge.km"]),
            ("zones", &["examples/zones.km"]),
            ("large", &["examples/large.km"]),
            ("ipv6", &["examples/ipv6.km"]),
            ("dual-stack", &["examples/dual-stack.km"]),
            ("external-etcd", &["examples/external-etcd.km"]),
            ("stacked-etcd", &["examples/stacked-etcd.km"]),
            ("external-ca", &["examples/external-ca.km"]),
            ("air-gapped", &["examples/air-gapped.km"]),
            ("mixed-arch", &["examples/mixed-arch.km"]),
        ] {
            let text = plan(columns, arguments);
            let wide = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "a line is wider than {width}");
            assert_eq!(text.lines().find(|line| line.ends_with(' ')), None);
            snapshot(&format!("plan-{name}-{columns}"), &text);
        }
    }
}

#[test]
fn machines_that_are_alike_are_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.km");
    let model = fs::read_to_string(root().join("examples/ha.km")).unwrap();
    let model = model
        .replace("wrk[3]", "wrk[500]")
        .replace("10.10.0.0/24", "10.10.0.0/16")
        .replace("10.244.0.0/16", "10.128.0.0/12");
    fs::write(&path, model).unwrap();
    let path = path.to_str().unwrap();
    let text = plan("80", &[path]);
    assert!(text.contains("wrk-0 … wrk-499  10.10.0.15 – 10.10.2.2"), "{text}");
    assert!(text.lines().count() < 165, "{text}");
    let all = plan("80", &[path, "--all", "--show", "machines"]);
    assert!(all.contains("      wrk-250  "), "{all}");
}

#[test]
fn problems_read_well() {
    for name in ["ports", "names", "syntax"] {
        let file = format!("snapshots/cli/{name}.km");
        let output = run(&["check", &file]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(out(&output), "");
        snapshot(&format!("problems-{name}"), &err(&output));
    }
    let ascii = kmodel(&["check", "snapshots/cli/names.km"]).env("LC_ALL", "C").output().unwrap();
    assert!(err(&ascii).is_ascii(), "{}", err(&ascii));
}

#[test]
fn problems_without_a_place_have_no_snippet() {
    let output = run(&["check", "examples/lab.km", "--overlay", "labb", "--set", "wrkers=3"]);
    snapshot("problems-placeless", &err(&output));
    let output = run(&["check", "examples/lab.km", "--set", "workers=\"three\""]);
    snapshot("problems-set", &err(&output));
}

/// A place in `--set` is in no file that a program could open.
#[test]
fn a_value_of_the_command_line_is_in_no_file() {
    let set = ["check", "examples/lab.km", "--set", "workers=\"three\"", "--message-format"];
    let sarif = err(&run(&[&set[..], &["sarif"]].concat()));
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty(), "{sarif}");
    let names = |field: &str| sarif.matches(&format!("\"{field}\":\"--set")).count();
    assert_eq!((names("uri"), sarif.matches("file=--set").count()), (0, 0), "{sarif}");
    let github = err(&run(&[&set[..], &["github"]].concat()));
    assert!(github.contains("::error") && !github.contains("file=--set"), "{github}");
}

#[test]
fn problems_are_written_for_programs_too() {
    let output = run(&["check", "snapshots/cli/ports.km", "--message-format", "json"]);
    let text = err(&output);
    for line in text.lines() {
        let problem: Value = serde_json::from_str(line).unwrap();
        for field in ["code", "severity", "message", "help", "labels", "fixes"] {
            assert!(problem.get(field).is_some(), "{field} is missing in {line}");
        }
        assert_eq!(problem["labels"][0]["primary"], true);
    }
    snapshot("problems-json", &text);
    let output = run(&["check", "snapshots/cli/ports.km", "--message-format", "github"]);
    snapshot("problems-github", &err(&output));
}

/// What `--set`, `--if` and `--overlay` say is in no file, whatever is wrong with it.
#[test]
fn values_of_the_command_line_are_in_no_file() {
    let cases = [
        ["examples/lab.km", "--set", "workers=\"three\""],
        ["examples/ha.km", "--if", "nodes=300"],
        ["examples/lab.km", "--overlay", "labb"],
    ];
    let mut shown = String::new();
    for case in cases {
        let report = |format| err(&run(&[&["check", "--message-format", format], &case[..]].concat()));
        let log: Value = serde_json::from_str(&report("sarif")).expect("a log");
        assert!(!log.to_string().contains("\"uri\":\"-"), "{case:?} names a file: {log}");
        shown += &format!("{}\n{}{}", case.join(" "), report("github"), report("json"));
        shown += &format!("{:#}\n\n", log["runs"][0]["results"]);
    }
    assert!(!shown.contains("file=-") && !shown.contains("\"file\":\"-"), "{shown}");
    snapshot("problems-command-line", &shown);
}

#[test]
fn exit_codes_are_as_documented() {
    assert_eq!(code(&["check", "examples/ha.km"]), 0);
    assert_eq!(code(&["check", "examples/single.km"]), 0, "a warning is no failure");
    assert_eq!(code(&["check", "snapshots/cli/names.km"]), 1);
    assert_eq!(code(&["plan", "snapshots/cli/ports.km"]), 1);
    assert_eq!(code(&["chekc"]), 2);
    assert_eq!(code(&["check", "examples/ha.km", "--set", "workers"]), 2);
    assert_eq!(code(&["explain", "no-such-code"]), 2);
    assert_eq!(code(&[]), 2);
    assert_eq!(code(&["check", "no-such-file.km"]), 3);
    assert_eq!(code(&["--version"]), 0);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("binary.km");
    fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    let text = |file: &str| err(&run(&["check", file]));
    assert_eq!(
        text("examples/hq.km"),
        "error: cannot read `examples/hq.km`: no such file or directory\n help: did you mean `examples/ha.km`?\n"
    );
    assert_eq!(
        text("examples"),
        "error: cannot read `examples`: is a directory\n help: pass a file in it, such as `examples/air-gapped.km`\n"
    );
    assert!(text(binary.to_str().unwrap()).contains("not valid UTF-8"));
}

#[test]
fn a_malformed_lock_is_not_guessed_at() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("single.km");
    fs::copy(root().join("examples/single.km"), &model).unwrap();
    fs::write(folder.path().join("kmodel.lock"), "version = 1\n[cluster.single.addresses]\nnode-0 = \"10.11\"\n")
        .unwrap();
    let output = run(&["plan", model.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(err(&output).contains("kmodel.lock` cannot be read: line 3: "), "{}", err(&output));
}

#[test]
fn the_lock_keeps_addresses_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("single.km");
    fs::copy(root().join("examples/single.km"), &model).unwrap();
    fs::write(folder.path().join("kmodel.lock"), "version = 1\n[cluster.single.addresses]\nnode-0 = \"10.11.0.77\"\n")
        .unwrap();
    let text = plan("80", &[model.to_str().unwrap(), "--show", "machines"]);
    assert!(text.contains("node-0  10.11.0.77"), "{text}");
}

#[test]
fn plan_json_follows_its_schema() {
    let plan: Value = serde_json::from_str(&plan("80", &["examples/ha.km", "--json"])).unwrap();
    assert_eq!(plan["version"], 1);
    let documented = fs::read_to_string(root().join("docs/plan-json.md")).unwrap();
    for (field, value) in plan.as_object().unwrap() {
        assert!(documented.contains(&format!("| `{field}` |")), "docs/plan-json.md does not say what `{field}` is");
        let row = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        for inner in row.as_object().into_iter().flat_map(|row| row.keys()) {
            assert!(documented.contains(&format!("`{inner}`")), "docs/plan-json.md does not name `{field}.{inner}`");
        }
    }
    assert_eq!(plan["machines"].as_array().unwrap().len(), 8);
    assert!(plan["machines"].as_array().unwrap().iter().all(|machine| machine["os"] == "debian"));
    assert_eq!(plan["certificates"][0]["status"]["state"], "missing");
}

#[test]
fn graphs_name_every_application() {
    let dot = out(&run(&["graph", "examples/ha.km"]));
    let mermaid = out(&run(&["plan", "examples/ha.km", "--graph", "mermaid"]));
    snapshot("graph-dot", &dot);
    snapshot("graph-mermaid", &mermaid);
    if let Ok(mut child) = Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        child.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
        let drawn = child.wait_with_output().unwrap();
        assert!(drawn.status.success());
        assert!(String::from_utf8_lossy(&drawn.stdout).contains("<title>etcd</title>"));
    }
}

#[test]
fn rendering_twice_issues_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("single.km");
    fs::copy(root().join("examples/single.km"), &model).unwrap();
    let build = folder.path().join("build");
    let arguments = ["render", model.to_str().unwrap(), "--out", build.to_str().unwrap()];
    let first = run(&arguments);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    let manifest = fs::read(build.join("manifest.json")).unwrap();
    let again = out(&run(&arguments));
    assert!(again.contains("keys    0 issued, "), "{again}");
    assert_eq!(fs::read(build.join("manifest.json")).unwrap(), manifest);
    assert!(folder.path().join("kmodel.lock").exists());
    let text = out(&run(&["plan", model.to_str().unwrap(), "--show", "certificates"]));
    assert!(text.contains(" each until 20") && !text.contains("from issue"), "{text}");
    let other = folder.path().to_str().unwrap();
    let refused = run(&["render", model.to_str().unwrap(), "--out", other]);
    assert_eq!(refused.status.code(), Some(3), "{}", err(&refused));
}

#[test]
fn clusters_in_one_folder_share_no_key_and_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let render = |name: &str| {
        let model = folder.path().join(name);
        fs::copy(root().join("examples").join(name), &model).unwrap();
        let build = folder.path().join(format!("build-{name}"));
        let output = run(&["render", model.to_str().unwrap(), "--out", build.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        (fs::read(build.join("pki/kubernetes-ca.crt")).unwrap(), out(&output))
    };
    let (ha, _) = render("ha.km");
    let (single, _) = render("single.km");
    assert_ne!(ha, single, "each cluster has an authority of its own");
    let (again, text) = render("ha.km");
    assert!(ha == again && text.contains("keys    0 issued, "), "{text}");
    let lock = fs::read_to_string(folder.path().join("kmodel.lock")).unwrap();
    assert!(lock.contains("[cluster.ha.addresses]") && lock.contains("[cluster.single.addresses]"), "{lock}");
}

/// The `text` blocks of the README, by the first word of each.
fn readme_block(first: &str) -> String {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = text.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.into_iter().find(|block| block.starts_with(first)).unwrap().to_owned()
}

#[test]
fn the_readme_shows_the_plan_as_it_is() {
    let plan = plan("100", &["examples/ha.km"]);
    for line in readme_block("Versions").lines() {
        let line = line.trim_end_matches("...").trim_end();
        assert!(plan.lines().any(|real| real.starts_with(line)), "`{line}` is not in the plan");
    }
}

#[test]
fn the_readme_shows_a_problem_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = "cluster prod {\n  kubernetes = 1.34.8\n  services   = 10.96.0.0/16\n  pods       = 10.0.0.0/12\n  \
                nodes      = 10.10.0.0/24\n}\nmachines a[2]\n";
    fs::write(folder.path().join("cluster.km"), text).unwrap();
    let output = kmodel(&["check", "cluster.km"]).env("COLUMNS", "100").current_dir(folder.path()).output().unwrap();
    assert!(err(&output).starts_with(readme_block("overlapping-ranges").trim_end()), "{}", err(&output));
}

#[test]
fn artifacts_are_listed_for_people_and_programs() {
    let list: Value = serde_json::from_str(&out(&run(&["artifacts", "examples/ha.km", "--json"]))).unwrap();
    assert_eq!(list["version"], 1);
    let rows = list["artifacts"].as_array().unwrap();
    for row in rows.iter().filter(|row| row["kind"] == "file") {
        assert!(row["hash"].as_str().unwrap().contains(':') && row["mirror_path"].is_string(), "{row}");
    }
    let text = out(&run(&["artifacts", "examples/ha.km"]));
    assert!(rows.iter().all(|row| text.contains(row["url"].as_str().unwrap())), "{text}");
}

#[test]
fn what_is_wrong_on_another_target_stops_no_command_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (model, build) = (folder.path().join("two.km"), folder.path().join("build"));
    let long = fs::read_to_string("tests/cases/model/user-data-too-long-second-target.km").unwrap();
    let first = long.split("target aws").next().unwrap();
    let (file, build) = (model.to_str().unwrap(), build.to_str().unwrap());
    for (target, code) in [
        ("aws { region = \"eu-central-1\" }", "user-data-too-long"),
        ("gcp { hashes = \"no checksum\" }", "invalid-hashes"),
        ("awss {}", "unknown-target"),
    ] {
        fs::write(&model, format!("{first}target {target}\n")).unwrap();
        let name = target.split(' ').next().unwrap();
        for refused in [&["check", file][..], &["plan", file], &["render", file, "--out", build, "--target", name]] {
            let output = run(refused);
            assert_eq!(output.status.code(), Some(1), "{target}");
            assert!(err(&output).contains(code), "{refused:?}: {}", err(&output));
        }
        for works in [&["render", file, "--out", build][..], &["artifacts", file]] {
            let output = run(works);
            assert!(output.status.success() && err(&output).is_empty(), "{works:?}: {}", err(&output));
        }
    }
}

#[test]
fn a_value_that_only_one_machine_has_is_verified_when_it_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let (model, build) = (folder.path().join("odd.km"), folder.path().join("build"));
    let (model, build) = (model.to_str().unwrap(), build.to_str().unwrap());
    let head = "cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }\n\
                machines app[3]\ncomponent odd {\n";
    let kind = "apiVersion = \"kubelet.config.k8s.io/v1beta1\", kind = \"KubeletConfiguration\"";
    let field = format!(
        "  file /etc/odd.yaml {{ format = \"yaml\", content = {{ {kind}, maxPods = if machine.index == 1 then \"x\" else 110 }} }}"
    );
    let unit = "  unit odd.service { exec = /bin/odd, extra = { Service = { Nice = if machine.index == 2 then \"x\" else \"5\" } } }";
    for (item, place) in [(field.as_str(), "maxPods"), (unit, "Nice")] {
        fs::write(model, format!("{head}{item}\n}}\ndeploy odd on app\n")).unwrap();
        let checked = run(&["check", model]);
        assert!(checked.status.success(), "{}", err(&checked));
        let rendered = run(&["render", model, "--out", build]);
        assert_eq!(rendered.status.code(), Some(1), "{place}");
        assert!(err(&rendered).contains("odd.km:4:") && err(&rendered).contains(place), "{}", err(&rendered));
        assert!(!folder.path().join("build").exists());
    }
}

#[test]
fn a_server_that_only_one_machine_dials_is_verified_when_it_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let (model, build) = (folder.path().join("odd.km"), folder.path().join("build"));
    let (model, build) = (model.to_str().unwrap(), build.to_str().unwrap());
    let component = |other: &str| {
        format!(
            r#"
component reader {{
  file /etc/reader.kubeconfig {{
    format  = "yaml"
    mode    = 0600
    content = {{
      apiVersion = "v1", kind = "Config"
      clusters = [{{
        name = "a"
        cluster = {{
          server = if machine.index == 1 then "{other}" else "https://10.10.0.254:6443"
          "certificate-authority-data" = base64(kubernetes-ca.pem)
        }}
      }}]
      users    = [{{ name = "b", user = {{ token = "x" }} }}]
      contexts = [{{ name = "b@a", context = {{ cluster = "a", user = "b" }} }}]
      "current-context" = "b@a"
    }}
  }}
}}
deploy reader on wrk
"#
        )
    };
    let example = fs::read_to_string("examples/ha.km").unwrap();
    for (other, works) in [("https://10.10.0.254:6443", true), ("https://10.10.0.77:6443", false)] {
        fs::write(model, format!("{example}{}", component(other))).unwrap();
        let checked = run(&["check", model]);
        assert!(checked.status.success(), "{}", err(&checked));
        let rendered = run(&["render", model, "--out", build, "--force"]);
        assert_eq!(rendered.status.success(), works, "{}", err(&rendered));
        assert_eq!(err(&rendered).contains("name-not-in-certificate"), !works, "{}", err(&rendered));
    }
}

#[test]
fn hashes_of_own_builds_count_before_those_that_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, hash) = (folder.path().join("cluster.km"), "a".repeat(64));
    let sums = format!("{hash}  ./dl.k8s.io/v1.36.2/kubernetes-node-linux-amd64.tar.gz\n");
    fs::write(folder.path().join("SHA256SUMS"), sums).unwrap();
    let target = "target lxd { hashes = read(\"./SHA256SUMS\") }\n";
    let model = fs::read_to_string("examples/ha.km").unwrap();
    fs::write(&mine, model.replace("target lxd { image = \"debian/13\" }\n", target)).unwrap();
    let rows = |file: &str| -> Vec<(String, String)> {
        let list: Value = serde_json::from_str(&out(&run(&["artifacts", file, "--json"]))).unwrap();
        let files = list["artifacts"].as_array().unwrap().iter().filter(|row| row["kind"] == "file");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        files.map(|row| (text(&row["name"]), text(&row["hash"]))).collect()
    };
    let (known, own) = (rows("examples/ha.km"), rows(mine.to_str().unwrap()));
    assert_eq!(known.len(), own.len());
    for (known, own) in known.iter().zip(&own) {
        match &*own.0 {
            "kubernetes-node" => assert_eq!(own.1, format!("sha256:{hash}")),
            _ => assert_eq!(known, own),
        }
    }
}

#[test]
fn formatting_checks_writes_and_reads_stdin() {
    let folder = tempfile::tempdir().unwrap();
    let (path, hidden) = (folder.path().join("a.km"), folder.path().join(".hidden"));
    fs::create_dir(&hidden).unwrap();
    fs::write(hidden.join("b.km"), "machines  b{}\n").unwrap();
    fs::write(&path, "machines   a[2]{cores=2}\n").unwrap();
    let name = folder.path().to_str().unwrap();
    let check = run(&["fmt", "--check", name]);
    assert_eq!(check.status.code(), Some(1));
    assert!(out(&check).contains("\n-machines   a[2]{cores=2}\n+machines a[2] { cores = 2 }\n"), "{}", out(&check));
    assert_eq!(code(&["fmt", name]), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "machines a[2] { cores = 2 }\n");
    assert_eq!(fs::read_to_string(hidden.join("b.km")).unwrap(), "machines  b{}\n");
    assert_eq!(code(&["fmt", "--check", name]), 0);
    let mut child = kmodel(&["fmt", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"machines  a{}\n").unwrap();
    assert_eq!(out(&child.wait_with_output().unwrap()), "machines a {}\n");
    fs::write(&path, "machines {{{\n").unwrap();
    assert_eq!(code(&["fmt", name]), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "machines {{{\n");
}

#[test]
fn codes_are_explained() {
    let page = run(&["explain", "interface-mismatch"]);
    snapshot("explain", &out(&page));
    let list = out(&run(&["explain", "--list"]));
    assert!(kmodel::diag::Code::ALL.iter().all(|code| list.contains(code.name())));
    assert!(err(&run(&["explain", "even-quorm"])).contains("did you mean `even-quorum`?"));
}

#[test]
fn codes_of_components_are_listed_and_explained() {
    let file = "tests/cases/model/warn-failed-own-code.km";
    let list = out(&run(&["explain", "--list", file]));
    assert!(list.contains("web-one-worker  warning *  web: One worker answers"), "{list}");
    let page = out(&run(&["explain", "web-one-worker", file]));
    assert!(page.starts_with("web-one-worker\n\nOne worker answers one request at a time.\n"), "{page}");
    assert_eq!(code(&["explain", "web-one-worker"]), 2, "no model was named");
    assert!(out(&run(&["explain", "etcd-no-snapshots"])).contains("of the component `etcd`"));
    assert_eq!(code(&["explain", file]), 2, "a model alone is no code");
    let all = out(&run(&["explain", "--list"]));
    assert!(all.contains("etcd-no-snapshots") && !all.contains("web-one-worker"), "{all}");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let coloured = |arguments: &[&str], name: &str, value: &str| {
        let output = kmodel(arguments).env(name, value).output().unwrap();
        (out(&output) + &err(&output)).contains('\x1b')
    };
    let broken = ["check", "snapshots/cli/names.km"];
    assert!(!coloured(&broken, "COLUMNS", "80"));
    assert!(!coloured(&broken, "NO_COLOR", "1"));
    assert!(coloured(&broken, "CLICOLOR_FORCE", "1"));
    assert!(coloured(&["plan", "examples/ha.km", "--color", "always"], "NO_COLOR", "1"));
    assert!(!coloured(&["plan", "examples/ha.km", "--color", "never"], "CLICOLOR_FORCE", "1"));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["plan", "examples/ha.km"][..], &["plan", "examples/ha.km", "--json"], &["--help"]] {
        let mut child = kmodel(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(text, "");
    }
}

#[test]
fn every_command_and_option_is_documented() {
    let documented = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    for command in kmodel::cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(documented.contains(&format!("## `kmodel {name}`")), "docs/commands.md has no `{name}`");
        assert!(command.get_about().is_some());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "`{name}` has an argument without help: {argument}");
            let long = argument.get_long().filter(|long| *long != "help").map(|long| format!("--{long}"));
            assert!(long.is_none_or(|long| documented.contains(&long)), "docs/commands.md lacks an option: {argument}");
        }
    }
}

#[test]
fn shells_get_their_scripts() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(out(&run(&["completions", shell])).contains("kmodel"));
    }
}

#[test]
fn a_changed_address_is_a_list_of_certificates_and_of_who_dials() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("ha.km");
    let text = fs::read_to_string(root().join("examples/ha.km")).unwrap();
    fs::write(&model, &text).unwrap();
    let (file, build) = (model.to_str().unwrap(), folder.path().join("build"));
    let rendered = run(&["render", file, "--target", "lxd", "--out", build.to_str().unwrap()]);
    assert!(rendered.status.success(), "{}", err(&rendered));
    assert!(!out(&run(&["plan", file])).contains("Certificates to reissue"), "nothing has changed");
    let pinned = text.replace(
        "deploy haproxy, keepalived on lb",
        "deploy haproxy on lb\ndeploy keepalived on lb { address = 10.10.0.200 }",
    );
    fs::write(&model, pinned).unwrap();
    let plan = out(&run(&["plan", file, "--show", "certificates"]));
    let anew = plan.split("Certificates to reissue (3)").nth(1).unwrap_or_else(|| panic!("{plan}"));
    for part in [
        "kube-apiserver/serving  3  its subject alternative names have changed",
        "restarts kube-apiserver",
        "kubelet, kube-proxy,",
    ] {
        assert!(anew.contains(part), "{part} is not in {anew}");
    }
}

#[test]
fn a_mirror_is_compared_with_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = |arguments: &[&str]| {
        let mut all = vec!["artifacts", "examples/air-gapped.km", "--mirror", folder.path().to_str().unwrap()];
        all.extend(arguments);
        run(&all)
    };
    let empty = mirror(&[]);
    assert_eq!(empty.status.code(), Some(4), "{}", err(&empty));
    let rows: Value = serde_json::from_str(&out(&mirror(&["--json"]))).unwrap();
    let rows = rows["artifacts"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["mirror"] == "missing"), "{rows:?}");
    let file = rows.iter().find(|row| row["kind"] == "file").unwrap()["mirror_path"].as_str().unwrap();
    fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
    fs::write(folder.path().join(file), "another file").unwrap();
    let tag = folder.path().join("docker/registry/v2/repositories/mirror/pause/_manifests/tags/3.10.2");
    fs::create_dir_all(tag).unwrap();
    fs::write(folder.path().join("haproxy_3.0.11-1_amd64.deb"), "").unwrap();
    let said = out(&mirror(&[]));
    assert!(said.contains(&format!("wrong hash  file     {file}\n")), "{said}");
    assert!(!said.contains("/pause:") && !said.contains(" haproxy\n"), "{said}");
    assert!(said.contains("missing     package  keepalived\n"), "{said}");
    assert!(said.ends_with(&format!("the mirror lacks {} of {} items\n", rows.len() - 2, rows.len())), "{said}");
    assert_eq!(code(&["artifacts", "examples/air-gapped.km", "--mirror", "/no/such/folder"]), 3);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
