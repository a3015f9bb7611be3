//! The forms that a command line and a configuration file are pasted in, each in a component of its own.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// A component with what is pasted into it, and the files that it reads.
pub(crate) struct Pasted {
    pub form: String,
    pub app: String,
    pub component: String,
    pub files: String,
}

/// A command line, in a component with this name.
struct Command {
    app: String,
    program: String,
    arguments: Vec<String>,
}

/// A configuration file, in a component with this name.
struct File {
    app: String,
    value: Json,
    yaml: String,
}

/// The text of a file, and what else makes it be read.
struct Text {
    path: String,
    text: String,
    beside: String,
}

type Direct<T> = (&'static str, fn(&T) -> String);
type Written<T> = (&'static str, fn(&T) -> Text);

/// Every form of a command line. `items` stand in each component.
pub(crate) fn command_lines(prefix: &str, (program, arguments): (&str, &[String]), items: &str) -> Vec<Pasted> {
    let direct: [Direct<Command>; 9] = [
        ("args", of_args),
        ("args of a shell", of_shell),
        ("extra", of_extra),
        ("environment field", of_environment),
        ("ini", of_ini),
        ("systemd", of_systemd),
        ("pod as a value", of_pod_value),
        ("objects of an addon", of_objects),
        ("manifest of an addon", of_manifest),
    ];
    let written: [Written<Command>; 18] = [
        ("unit text", |c| unit(c, &format!("ExecStart={}", c.line(systemd)))),
        ("unit text, continued", |c| unit(c, &format!("ExecStart={}", c.line(systemd).replace(" --", " \\\n  --")))),
        ("unit text, shell", |c| {
            unit(c, &format!("ExecStart=/bin/sh -c {}", single(&format!("exec {}", c.line(shell)))))
        }),
        ("unit text, variable", |c| {
            unit(
                c,
                &format!("Environment={}\nExecStart={} $ARGS", systemd(&format!("ARGS={}", c.words(shell))), c.exec()),
            )
        }),
        ("drop-in", |c| {
            let text = format!("[Service]\nExecStart=\nExecStart={}\n", c.line(systemd));
            let path = format!("/etc/systemd/system/{}.service.d/10-own.conf", c.app);
            Text { path, text, beside: packaged(c) }
        }),
        ("environment file", |c| {
            let variable = format!("[Service]\nExecStart=\nExecStart={} $ARGS\n", c.exec());
            let drop_in = format!("/etc/systemd/system/{}.service.d/10-own.conf", c.app);
            let beside = format!("{}  file {drop_in} {{ text = {} }}\n", packaged(c), literal(&variable));
            let text = format!("# ours\nOTHER=1\nARGS=\"{}\"\n", c.words(shell).replace('"', "\\\""));
            Text { path: format!("/etc/default/{}", c.app), text, beside }
        }),
        ("pod", |c| yaml_file(&c.app, "/etc/kubernetes/manifests", c.pod("Pod"))),
        ("workload in several documents", |c| {
            let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: p }}\n---\n{}", c.pod("DaemonSet"));
            yaml_file(&c.app, "/etc/kubernetes/manifests", text)
        }),
        ("cloud-config", |c| {
            let text = indented(&format!("[Service]\nExecStart={}\n", c.line(systemd)), "    ");
            cloud_config(&c.app, &format!("/etc/systemd/system/{}.service", c.app), &text)
        }),
        ("cloud-config in base64", |c| {
            let path = format!("/etc/systemd/system/{}.service", c.app);
            encoded(&c.app, &path, &format!("[Service]\nExecStart={}\n", c.line(systemd)))
        }),
        ("script of a unit", |c| {
            let path = format!("/usr/local/sbin/{}", c.app);
            let beside = format!("  unit {}.service {{ exec = {path} }}\n", c.app);
            Text { path, text: format!("#!/bin/sh\nset -e\n# starts it\nexec {}\n", c.line(shell)), beside }
        }),
        ("unit text, several commands of a shell", |c| {
            let script = format!("set -eu; mkdir -p /run/p && A=1 exec {} || exit 1", c.line(posix));
            unit(c, &format!("ExecStart=/bin/bash -euc {}", single(&script)))
        }),
        ("runcmd", |c| {
            let text = format!("#cloud-config\nruncmd:\n- mkdir -p /run/p\n- |\n  set -e\n  exec {}\n", c.line(posix));
            Text { path: format!("/var/lib/{}/user-data", c.app), text, beside: String::new() }
        }),
        ("a part of a message", |c| {
            let head = "Content-Type: multipart/mixed; boundary=\"B\"\nMIME-Version: 1.0\n\n--B\nContent-Type: text/x-shellscript\n";
            let text = format!("{head}\n#!/bin/sh\nset -e\nexec {}\n--B--\n", c.line(posix));
            Text { path: format!("/var/lib/{}/user-data", c.app), text, beside: String::new() }
        }),
        ("a boothook", |c| {
            let text = format!("#cloud-boothook\n#!/bin/sh\nexec {}\n", c.line(posix));
            Text { path: format!("/var/lib/{}/user-data", c.app), text, beside: String::new() }
        }),
        ("runcmd as a list", |c| {
            let list = Json::from(vec!["/bin/sh".to_owned(), "-ec".to_owned(), format!("exec {}", c.line(posix))]);
            let text = format!("#cloud-config\nruncmd:\n- {list}\n");
            Text { path: format!("/var/lib/{}/user-data", c.app), text, beside: String::new() }
        }),
        ("variables of a script", |c| {
            let text = format!("#!/bin/bash\nset -e\nARGS=({})\nexec {} \"${{ARGS[@]}}\"\n", c.words(posix), c.exec());
            let beside = format!("  unit {}.service {{ exec = /usr/local/sbin/{0} }}\n", c.app);
            Text { path: format!("/usr/local/sbin/{}", c.app), text, beside }
        }),
        ("pod with a shell", |c| {
            let script = Json::from(format!("set -e; exec {}", c.line(posix))).to_string();
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {} }}\nspec:\n  containers:\n  - name: p\n    \
                 image: example.org/{}\n    command: [/bin/sh, -c]\n    args:\n    - {script}\n",
                c.app, c.program
            );
            yaml_file(&c.app, "/etc/kubernetes/manifests", text)
        }),
    ];
    let written = [&written[..], &by_hand()[..]].concat();
    let command =
        |app: &str| Command { app: app.to_owned(), program: program.to_owned(), arguments: arguments.to_vec() };
    forms(
        prefix,
        items,
        |app, n| direct.get(n).map(|(name, form)| (*name, form(&command(app)))),
        |app, n| written.get(n).map(|(name, form)| (*name, form(&command(app)))),
    )
}

/// Forms that a script or a container puts together.
fn by_hand() -> [Written<Command>; 8] {
    [
        ("command before another one", |c| {
            unit(c, &format!("ExecStartPre=/usr/bin/env A=1 {}\nExecStart=/bin/true", c.line(systemd)))
        }),
        ("cron", |c| {
            let text = format!("SHELL=/bin/sh\n# at each boot\n@reboot root exec {}\n", c.line(posix));
            Text { path: format!("/etc/cron.d/{}", c.app), text, beside: String::new() }
        }),
        ("substitution in a script that the system runs", |c| {
            let text = format!("#!/bin/sh\nout=\"$({})\"\n", c.line(posix));
            Text { path: format!("/var/lib/cloud/scripts/per-boot/{}", c.app), text, beside: String::new() }
        }),
        ("environment file by a pattern", |c| {
            let unit = format!("[Service]\nEnvironmentFile=-/etc/{}.d/*.env\nExecStart={} $ARGS\n", c.app, c.exec());
            let beside = format!("  file /etc/systemd/system/{}.service {{ text = {} }}\n", c.app, literal(&unit));
            let text = format!("ARGS=\"{}\"\n", c.words(shell).replace('"', "\\\""));
            Text { path: format!("/etc/{}.d/a.env", c.app), text, beside }
        }),
        ("function of a script", |c| {
            let text = format!("#!/bin/sh\nset -e\nrun() {{\n  exec {} \"$@\"\n}}\nrun {}\n", c.exec(), c.words(posix));
            let beside = format!("  unit {}.service {{ exec = /usr/local/sbin/{0} }}\n", c.app);
            Text { path: format!("/usr/local/sbin/{}", c.app), text, beside }
        }),
        ("file that a script reads", |c| {
            let script = format!("#!/bin/bash\n. /etc/{}.env\nexec {} \"${{ARGS[@]}}\"\n", c.app, c.exec());
            let beside = format!(
                "  unit {0}.service {{ exec = /usr/local/sbin/{0} }}\n  file /usr/local/sbin/{0} {{ mode = 0755, text = {1} }}\n",
                c.app,
                literal(&script)
            );
            Text { path: format!("/etc/{}.env", c.app), text: format!("ARGS=({})\n", c.words(posix)), beside }
        }),
        ("input of a shell", |c| {
            let text = format!("#!/bin/sh\nsudo bash -e <<'END'\nfor n in 1; do exec {}; done\nEND\n", c.line(posix));
            let beside = format!("  unit {}.service {{ exec = /usr/local/sbin/{0} }}\n", c.app);
            Text { path: format!("/usr/local/sbin/{}", c.app), text, beside }
        }),
        ("variables of a container", |c| {
            let json = |text: &str| Json::from(text).to_string();
            let (mut args, mut env) = (String::new(), String::new());
            for (place, one) in c.arguments.iter().enumerate() {
                let _ = writeln!(args, "    - \"$(A{place})\"");
                let _ = writeln!(env, "    - {{ name: A{place}, value: {} }}", json(one));
            }
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {} }}\nspec:\n  containers:\n  - name: p\n    \
                 image: example.org/{}\n    command: [{}]\n    args:\n{args}    env:\n{env}",
                c.app, c.program, c.program
            );
            yaml_file(&c.app, "/etc/kubernetes/manifests", text)
        }),
    ]
}

/// Every form of a configuration file that is no value of the model: first as a text of its own.
pub(crate) fn files(prefix: &str, value: &Json, items: &str) -> Vec<Pasted> {
    let yaml = serde_saphyr::to_string(value).expect("it has a text");
    let direct: [Direct<File>; 4] = [
        ("content", |f| {
            format!("  file /etc/restated/{}.yaml {{ format = \"yaml\", content = {} }}\n", f.app, record(&f.value))
        }),
        ("JSON", |f| {
            format!("  file /etc/restated/{}.json {{ format = \"json\", content = {} }}\n", f.app, record(&f.value))
        }),
        ("ConfigMap as a value", |f| {
            let map = format!(
                "{{ apiVersion = \"v1\", kind = \"ConfigMap\", metadata = {{ name = \"p\" }}, data = {{ \"config.conf\" = {} }} }}",
                literal(&f.yaml)
            );
            format!("  file /etc/restated/{}.yaml {{ format = \"yaml\", content = {map} }}\n", f.app)
        }),
        ("ConfigMap of an addon", |f| {
            let map = format!(
                "{{ apiVersion = \"v1\", kind = \"ConfigMap\", metadata = {{ name = \"p\" }}, data = {{ \"config.conf\" = {} }} }}",
                literal(&f.yaml)
            );
            format!("  provides {}: addon {{ objects = [{map}] }}\n", f.app)
        }),
    ];
    let written: [Written<File>; 11] = [
        ("Secret", |f| {
            yaml_file(
                &f.app,
                "/etc/restated",
                config_map(&f.yaml).replace("ConfigMap", "Secret").replace("\ndata:", "\nstringData:"),
            )
        }),
        ("keys in quotes", |f| {
            let text = f.yaml.lines().fold(String::new(), |mut out, line| {
                let _ = match line.split_once(':').filter(|(key, _)| key.chars().all(char::is_alphanumeric)) {
                    Some((key, rest)) => writeln!(out, "'{key}' :{rest}"),
                    None => writeln!(out, "{line}"),
                };
                out
            });
            yaml_file(&f.app, "/etc/restated", text)
        }),
        ("Windows lines", |f| yaml_file(&f.app, "/etc/restated", f.yaml.replace('\n', "\r\n"))),
        ("base64 in a script", |f| {
            use base64::Engine as _;
            let encoded = base64::engine::general_purpose::STANDARD.encode(&f.yaml);
            let beside = format!("  unit {}.service {{ exec = /usr/local/sbin/{0} }}\n", f.app);
            let text =
                format!("#!/bin/sh\necho {encoded} | base64 -d | sudo tee /etc/restated/{}.yaml >/dev/null\n", f.app);
            Text { path: format!("/usr/local/sbin/{}", f.app), text, beside }
        }),
        ("text", |f| yaml_file(&f.app, "/etc/restated", f.yaml.clone())),
        ("text of JSON", |f| {
            let text = serde_json::to_string_pretty(&f.value).expect("it has a text");
            Text { path: format!("/etc/restated/{}.conf", f.app), text, beside: String::new() }
        }),
        ("ConfigMap", |f| yaml_file(&f.app, "/etc/restated", config_map(&f.yaml))),
        ("several documents", |f| {
            let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: p }}\n---\n{}", f.yaml);
            yaml_file(&f.app, "/etc/restated", text)
        }),
        ("cloud-config", |f| {
            cloud_config(&f.app, &format!("/etc/restated/{}.yaml", f.app), &indented(&f.yaml, "    "))
        }),
        ("here-document of a script", |f| {
            let path = format!("/usr/local/sbin/{}", f.app);
            let beside = format!("  unit {}.service {{ exec = {path} }}\n", f.app);
            let text = format!("#!/bin/sh\nset -e\ncat >/etc/restated/{}.yaml <<'END'\n{}END\ntrue\n", f.app, f.yaml);
            Text { path, text, beside }
        }),
        ("cloud-config in base64", |f| encoded(&f.app, &format!("/etc/restated/{}.yaml", f.app), &f.yaml)),
    ];
    let file = |app: &str| File { app: app.to_owned(), value: value.clone(), yaml: yaml.clone() };
    forms(
        prefix,
        items,
        |app, n| direct.get(n).map(|(name, form)| (*name, form(&file(app)))),
        |app, n| written.get(n).map(|(name, form)| (*name, form(&file(app)))),
    )
}

/// The direct forms, then each text: written out, read or made by a template.
fn forms(
    prefix: &str,
    items: &str,
    direct: impl Fn(&str, usize) -> Option<(&'static str, String)>,
    written: impl Fn(&str, usize) -> Option<(&'static str, Text)>,
) -> Vec<Pasted> {
    let mut list = Vec::new();
    let mut add = |form: String, app: String, item: String, files: String| {
        let component = format!("component {app} {{\n{items}{item}}}\n");
        list.push(Pasted { form, app, component, files });
    };
    for n in 0.. {
        let app = format!("{prefix}-{n}");
        let Some((name, item)) = direct(&app, n) else { break };
        add(name.to_owned(), app, item, String::new());
    }
    // Each text in one of the ways, another one for each prefix.
    let turn: usize = prefix.bytes().map(usize::from).sum();
    for n in 0.. {
        let way = (n + turn) % 3;
        let app = format!("{prefix}-t{n}");
        let Some((name, Text { path, text, beside })) = written(&app, n) else { break };
        let (way, field, files) = match way {
            0 => ("", format!("text = {}", literal(&text)), String::new()),
            1 => (", read", format!("text = read(\"./{app}\")"), format!("//# {app}\n{}\n", text.trim_end())),
            _ => (", template", format!("template = \"./{app}.j2\""), format!("//# {app}.j2\n{}\n", text.trim_end())),
        };
        let mode = if text.starts_with("#!") { "mode = 0755, " } else { "" };
        add(format!("{name}{way}"), app, format!("{beside}  file {path} {{ {mode}{field} }}\n"), files);
    }
    list
}

impl Command {
    fn exec(&self) -> String {
        format!("/usr/bin/{}", self.program)
    }

    fn words(&self, quote: fn(&str) -> String) -> String {
        self.arguments.iter().map(|argument| quote(argument)).collect::<Vec<_>>().join(" ")
    }

    fn line(&self, quote: fn(&str) -> String) -> String {
        format!("{} {}", self.exec(), self.words(quote))
    }

    fn listed(&self) -> String {
        self.arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(", ")
    }

    fn pod(&self, kind: &str) -> String {
        let json = |text: &str| Json::from(text).to_string();
        let arguments = self.arguments.iter().fold(String::new(), |mut out, one| {
            let _ = writeln!(out, "    - {}", json(one));
            out
        });
        let spec = format!(
            "  volumes: [{{ name: etc, hostPath: {{ path: /etc }} }}, {{ name: lib, hostPath: {{ path: /var/lib }} }}]\n  containers:\n  - name: p\n    \
             volumeMounts: [{{ name: etc, mountPath: /etc }}, {{ name: lib, mountPath: /var/lib }}]\n    image: example.org/{}\n    command: [{}]\n    args:\n{arguments}",
            self.program, self.program
        );
        match kind {
            // The pods of one machine have different names.
            "Pod" => format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: {} }}\nspec:\n{spec}", self.app),
            kind => format!(
                "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{ name: p }}\nspec:\n  selector: {{ matchLabels: {{ a: p }} }}\n  \
                 template:\n    metadata: {{ labels: {{ a: p }} }}\n    spec:\n{}",
                indented(&format!("{spec}  tolerations: [{{ operator: Exists }}]\n"), "    ")
            ),
        }
    }
}

fn of_args(c: &Command) -> String {
    format!("  unit {}.service {{ exec = {}, args = [{}] }}\n", c.app, c.exec(), c.listed())
}

fn of_shell(c: &Command) -> String {
    let script = quoted(&format!("set -e; exec {}", c.line(posix)));
    format!("  unit {}.service {{ exec = /bin/sh, args = [\"-ec\", {script}] }}\n", c.app)
}

fn of_extra(c: &Command) -> String {
    let line = quoted(&c.line(systemd));
    format!(
        "  unit {}.service {{ exec = {}, type = \"oneshot\", restart = \"no\", extra = {{ Service = {{ ExecStart = {line} }} }} }}\n",
        c.app,
        c.exec()
    )
}

fn of_environment(c: &Command) -> String {
    let words = quoted(&c.words(shell));
    let unit = format!("[Service]\nExecStart={} $ARGS\n", c.exec());
    format!(
        "  unit {0}.service {{ packaged = true, environment = {{ ARGS = {words} }} }}\n  \
         file /usr/lib/systemd/system/{0}.service {{ text = {1} }}\n",
        c.app,
        literal(&unit)
    )
}

fn of_ini(c: &Command) -> String {
    let line = quoted(&c.line(systemd));
    format!(
        "  file /etc/systemd/system/{}.service {{ format = \"ini\", content = {{ Service = {{ ExecStart = {line} }} }} }}\n",
        c.app
    )
}

fn of_systemd(c: &Command) -> String {
    of_ini(c).replace("\"ini\"", "\"systemd\"").replace("%%", "%")
}

fn of_pod_value(c: &Command) -> String {
    let pod =
        format!("{{ apiVersion = \"v1\", kind = \"Pod\", metadata = {{ name = {:?} }}, spec = {} }}", c.app, spec(c));
    format!("  file /etc/kubernetes/manifests/{}.yaml {{ format = \"yaml\", content = {pod} }}\n", c.app)
}

fn spec(c: &Command) -> String {
    let mounts =
        "volumeMounts = [{ name = \"etc\", mountPath = \"/etc\" }, { name = \"lib\", mountPath = \"/var/lib\" }]";
    let image = format!("image = \"example.org/{}\"", c.program);
    let containers =
        format!("[{{ name = \"p\", {image}, {mounts}, command = [\"{}\"], args = [{}] }}]", c.program, c.listed());
    let volumes =
        "[{ name = \"etc\", hostPath = { path = \"/etc\" } }, { name = \"lib\", hostPath = { path = \"/var/lib\" } }]";
    format!("{{ containers = {containers}, volumes = {volumes}, tolerations = [{{ operator = \"Exists\" }}] }}")
}

fn of_objects(c: &Command) -> String {
    let template = format!("{{ metadata = {{ labels = {{ a = \"p\" }} }}, spec = {} }}", spec(c));
    let set = format!(
        "{{ apiVersion = \"apps/v1\", kind = \"DaemonSet\", metadata = {{ name = \"{0}\" }}, spec = {{ selector = {{ matchLabels = {{ a = \"p\" }} }}, \
         template = {template} }} }}",
        c.app
    );
    format!("  provides {}: addon {{ objects = [{set}] }}\n", c.app)
}

fn of_manifest(c: &Command) -> String {
    format!("  provides {}: addon {{ manifest = {} }}\n", c.app, literal(&c.pod("DaemonSet")))
}

fn unit(c: &Command, lines: &str) -> Text {
    let path = format!("/etc/systemd/system/{}.service", c.app);
    Text { path, text: format!("[Unit]\nDescription=p\n\n[Service]\n{lines}\n"), beside: String::new() }
}

/// A unit as a package brings it, which reads a file of an environment.
fn packaged(c: &Command) -> String {
    let text = format!("[Service]\nEnvironmentFile=-/etc/default/{}\nExecStart=/usr/bin/env\n", c.app);
    format!("  file /usr/lib/systemd/system/{}.service {{ text = {} }}\n", c.app, literal(&text))
}

fn yaml_file(app: &str, folder: &str, text: String) -> Text {
    Text { path: format!("{folder}/{app}.yaml"), text, beside: String::new() }
}

fn config_map(yaml: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: p }}\ndata:\n  config.conf: |-\n{}",
        indented(yaml, "    ")
    )
}

fn cloud_config(app: &str, path: &str, content: &str) -> Text {
    let text = format!("#cloud-config\nwrite_files:\n- path: {path}\n  content: |\n{content}");
    Text { path: format!("/var/lib/{app}/user-data"), text, beside: String::new() }
}

fn encoded(app: &str, path: &str, content: &str) -> Text {
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, content);
    let text = format!("#cloud-config\nwrite_files:\n- path: {path}\n  encoding: b64\n  content: {data}\n");
    Text { path: format!("/var/lib/{app}/user-data"), text, beside: String::new() }
}

fn indented(text: &str, by: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{by}{line}");
        out
    })
}

/// A text in a model, on one line.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\n', "\\n"))
}

/// A text in a model, as it is.
pub(crate) fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace("${", "\\${");
    format!("\"\"\"\n{}      \"\"\"", indented(&escaped, "      "))
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || "-_=./:,@[]+".contains(c))
}

/// A word of a command line of systemd.
fn systemd(word: &str) -> String {
    let word = word.replace('%', "%%").replace('$', "$$");
    if is_plain(&word) { word } else { format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A word of a shell.
fn shell(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { single(word) }
}

/// A word of any shell.
fn posix(word: &str) -> String {
    if is_plain(word) && !word.contains(['[', ']']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A word of systemd in single quotes.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A value in a model.
fn record(value: &Json) -> String {
    match value {
        Json::Null => "none".to_owned(),
        Json::String(text) => quoted(text),
        Json::Array(list) => format!("[{}]", list.iter().map(record).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let fields = map.iter().map(|(key, value)| format!("{} = {}", quoted(key), record(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}
