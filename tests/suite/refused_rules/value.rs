//! Values that make a condition of a rule hold, or not.

use kmodel::facts::setting::{Clause, Form, Grammar, Name, Operand, Order, Refusal, Test, Typed, default_of};
use serde_json::{Value as Json, json};

/// What each setting of a rule is given as, in the order of its conditions.
pub type Given = Vec<(Name, Json)>;

/// A text of a form, and one that is not.
pub fn of_form(grammar: Grammar) -> (&'static str, &'static str) {
    match grammar {
        Grammar::Address => ("10.0.0.5", "10.0.0.256"),
        Grammar::AddressAndPort => ("0.0.0.0:10256", "10256"),
        Grammar::Range => ("10.0.0.0/8", "10.0.0.0/33"),
        Grammar::PortRange => ("300-2000", "2000-300"),
        Grammar::CpuSet => ("0", "3-0"),
        Grammar::PlainPath => ("/var/log/pods", "/var/log/../pods"),
        Grammar::ListenUrl => ("https://10.0.0.5:2379", "https://etcd-0:2379"),
        Grammar::ReachedUrl => ("https://etcd-0:2379", "https://etcd-0"),
        Grammar::HttpsUrl => ("https://idp.example.org", "http://idp.example.org"),
        Grammar::GrpcEndpoint => ("127.0.0.1:4317", "http://127.0.0.1:4317"),
        Grammar::StorageOverride => ("/events#https://a:2379;https://b:2379", "/events,https://a:2379"),
        Grammar::Duration => ("1m30s", "90"),
        Grammar::Quantity => ("500m", "half"),
        Grammar::Threshold => ("10%", "110%"),
        Grammar::Count => ("1000", "8h"),
        Grammar::Retention => ("8h", "8 hours"),
        Grammar::TransportSecurity => ("max-age=31536000", "max-age"),
        Grammar::LabelKey => ("example.org/team", "example.org/"),
        Grammar::LabelValue => ("a", "data science"),
        Grammar::Taint => ("a=b:NoSchedule", "a=b:NoShedule"),
        Grammar::PodSysctl => ("net.core.somaxconn", "kernel.core_pattern"),
        Grammar::NodeLabel => ("example.org/team", "node-role.kubernetes.io/worker"),
        Grammar::Subdomain => ("cluster.local", "my_cluster.local"),
        Grammar::ApiGroup => ("apps", "apps/v1"),
        Grammar::AesKey => ("AAAAAAAAAAAAAAAAAAAAAA==", "AAAA"),
        Grammar::SecretboxKey => ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAA"),
        Grammar::EncryptedResource => ("secrets", "secret"),
        Grammar::ApiPath => ("/healthz*", "healthz"),
        Grammar::SocketUrl => ("unix:///run/kms.sock", "/run/kms.sock"),
        Grammar::PolicyVersion => ("v1.30", "1.30"),
        Grammar::OriginPattern => ("^https://example.org$", "*"),
        Grammar::BootstrapToken => ("abcdef.0123456789abcdef", "abcdef:0123456789abcdef"),
        Grammar::KeyHash => ("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256:e3b0"),
        Grammar::CertificateKey => ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "e3b0"),
        Grammar::CriSocket => ("unix:///run/containerd/containerd.sock", "/var/run/dockershim.sock"),
        Grammar::HostAndPort => ("10.0.0.5:6443", "10.0.0.5"),
        Grammar::Host => ("10.0.0.5", "https://10.0.0.5:6443"),
        Grammar::AbsolutePath => ("/etc/pki", "etc/pki"),
        Grammar::ImageRepository => ("registry.example.org/k8s", "https://registry.example.org"),
    }
}

/// Settings with which all conditions of a rule hold.
pub fn broken(rule: &Refusal) -> Option<Given> {
    assigned(&rule.clauses)
}

/// The same with its last condition of a setting turned into its contrary, if that is possible.
pub fn mended(rule: &Refusal) -> Option<Given> {
    let last = rule.clauses.iter().rposition(|clause| matches!(clause, Clause::Setting(..)))?;
    let Clause::Setting(name, test) = &rule.clauses[last] else { return None };
    let mut given = broken(rule)?;
    let own = given.iter().position(|(known, _)| known == name);
    match contrary(name, test) {
        Some(value) => match own {
            Some(at) => given[at].1 = value,
            None => given.push((name.clone(), value)),
        },
        None => given.retain(|(known, _)| known != name),
    }
    Some(given)
}

fn assigned(clauses: &[Clause]) -> Option<Given> {
    let mut names: Vec<Name> = Vec::new();
    for name in clauses.iter().flat_map(Clause::names) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    // What others are compared with comes first.
    let has_tests = |name: &Name| clauses.iter().any(|clause| matches!(clause, Clause::Setting(own, _) if own == name));
    names.sort_by_key(has_tests);
    let tests = |name: &Name| -> Vec<&Test> {
        clauses
            .iter()
            .filter_map(|clause| match clause {
                Clause::Setting(own, test) if own == name => Some(test),
                _ => None,
            })
            .collect()
    };
    let mut given = Given::new();
    for name in names {
        let own = tests(&name);
        if own.iter().any(|test| matches!(test, Test::Unset)) {
            continue;
        }
        let value = match own.is_empty() {
            true => other(&name, clauses),
            false => value(&name, &own, &given),
        };
        given.extend(value.map(|value| (name.clone(), value)));
    }
    Some(given)
}

/// The value of a setting that another one is compared with.
fn other(name: &Name, clauses: &[Clause]) -> Option<Json> {
    let of = |clause: &Clause| match clause {
        Clause::Setting(_, Test::Compare(order, Operand::Times(..))) => match (name.form(), order) {
            (Form::Duration, Order::Less | Order::LessOrEqual) => Some(json!("20s")),
            (Form::Duration, _) => Some(json!("5s")),
            (_, Order::Less | Order::LessOrEqual) => Some(json!(80)),
            (..) => Some(json!(20)),
        },
        Clause::Setting(_, Test::Meets(_)) => Some(json!(["NodeRestriction"])),
        Clause::Setting(_, Test::NotIn(_)) => Some(json!("30000-32767")),
        _ => None,
    };
    let sums = clauses.iter().any(|clause| matches!(clause, Clause::Setting(_, Test::SumsUnlike(_))));
    match sums {
        true => name.to_string().contains("systemReserved").then(|| json!("512Mi")),
        false => clauses.iter().find_map(of),
    }
}

/// A number or a duration as a value of a setting.
fn number(form: Form, amount: f64) -> Json {
    match form {
        Form::Duration if amount % 1e9 == 0.0 => json!(format!("{}s", amount / 1e9)),
        Form::Duration => json!(format!("{}ms", amount / 1e6)),
        _ if amount.fract() == 0.0 => json!(amount as i64),
        _ => json!(amount),
    }
}

fn fits(amount: f64, test: &Test) -> bool {
    match test {
        Test::Compare(order, Operand::Value(value)) => value.number().is_some_and(|limit| order.holds(amount, limit)),
        Test::Outside(low, high) => {
            amount < low.number().unwrap_or_default() || amount > high.number().unwrap_or_default()
        }
        Test::Is(value) => value.number() == Some(amount),
        Test::IsNot(value) => value.number() != Some(amount),
        _ => true,
    }
}

/// Amounts near the limits of conditions.
fn amounts(form: Form, tests: &[&Test]) -> Vec<f64> {
    let step = if form == Form::Duration { 1e9 } else { 1.0 };
    let limits = tests.iter().flat_map(|test| match test {
        Test::Compare(_, Operand::Value(value)) | Test::Is(value) | Test::IsNot(value) => vec![value.number()],
        Test::Outside(low, high) => vec![low.number(), high.number()],
        _ => Vec::new(),
    });
    let near = limits
        .flatten()
        .flat_map(|limit| [limit, limit - step, limit + step, limit + step / 2.0, limit + step / 100.0]);
    near.chain([10.0 * step, 50.0 * step]).collect()
}

fn value(name: &Name, tests: &[&Test], given: &Given) -> Option<Json> {
    let form = name.form();
    let last = tests.last()?;
    if let Test::Compare(order, Operand::Times(factor, other)) = last {
        let known = given.iter().find(|(known, _)| known == other).map(|(_, value)| text(value));
        let known = known.or_else(|| default_of(other).map(str::to_owned));
        let Some(limit) = known.and_then(|text| form.read(&text).number()) else {
            return Some(if form == Form::Duration { json!("10s") } else { json!(50) });
        };
        let (limit, step) = (limit * factor, if form == Form::Duration { 1e9 } else { 1.0 });
        return Some(number(
            form,
            match order {
                Order::Less | Order::LessOrEqual => limit - step,
                Order::Greater | Order::GreaterOrEqual => limit + step,
            },
        ));
    }
    if matches!(last, Test::NotIn(_)) {
        return Some(json!(443));
    }
    if matches!(form, Form::Number | Form::Duration) && !matches!(last, Test::Entries(_)) {
        return amounts(form, tests)
            .into_iter()
            .find(|amount| tests.iter().all(|test| fits(*amount, test)))
            .map(|amount| number(form, amount));
    }
    let has: Vec<Json> = tests
        .iter()
        .filter_map(|test| if let Test::Has(wanted) = test { Some(json!(wanted[0].to_string())) } else { None })
        .collect();
    if !has.is_empty() {
        let more = tests.iter().any(|test| matches!(test, Test::MoreThan(_)));
        return Some(Json::Array(has.into_iter().chain(more.then(|| json!("10.0.0.0/8"))).collect()));
    }
    Some(match last {
        Test::Set => generic(name),
        Test::Is(value) => of_typed(form, value),
        Test::IsNot(Typed::Bool(value)) => json!(!value),
        Test::IsNot(value) if value.to_string().ends_with("TLS13") => json!("VersionTLS12"),
        Test::IsNot(value) if value.to_string() == "TLS1.3" => json!("TLS1.2"),
        Test::IsNot(_) => json!("json"),
        Test::Lacks(wanted) if wanted[0].to_string().starts_with("TLS_") => {
            json!(["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"])
        }
        Test::Lacks(_) => json!(["RBAC"]),
        Test::MoreThan(most) => Json::Array((0..=*most).map(|index| json!(format!("10.{index}.0.0/16"))).collect()),
        Test::Repeats => json!(["pods", "pods"]),
        Test::Meets(_) => json!(["NodeRestriction", "PodSecurity"]),
        Test::SumsUnlike(_) => json!([{ "numaNode": 0, "limits": { "memory": "1Gi" } }]),
        Test::LimitsOther(_) => json!([{ "numaNode": 0, "limits": { "cpu": 1 } }]),
        Test::Other(_) => json!("nonsense"),
        Test::Malformed(grammar) => json!(of_form(*grammar).1),
        Test::KeysOther(_) => json!({ "nonsense": "1" }),
        Test::KeysBeyond(_) => json!({ "memory.available": "1Gi" }),
        Test::Keys(grammar) => json!({ of_form(*grammar).1: "a" }),
        Test::KeysAmong(keys) => json!({ keys[0].as_str(): "true" }),
        Test::Each(field, grammar) => json!([{ field.as_str(): of_form(*grammar).1 }]),
        Test::BeyondCores => json!("0-8"),
        Test::Entries(grammar) => json!({ key_of(name): of_form(*grammar).1 }),
        Test::Unset | Test::Compare(..) | Test::Outside(..) | Test::Has(_) | Test::Begins(_) | Test::NotIn(_) => {
            return None;
        }
    })
}

/// A value with which a condition does not hold; `None` if the setting has to go.
fn contrary(name: &Name, test: &Test) -> Option<Json> {
    let form = name.form();
    match test {
        Test::Unset => Some(generic(name)),
        Test::Is(Typed::Bool(value)) => Some(json!(!value)),
        Test::IsNot(value) => Some(of_typed(form, value)),
        Test::Compare(_, Operand::Value(_)) | Test::Outside(..) => {
            let near = amounts(form, &[test]).into_iter().find(|amount| !fits(*amount, test));
            near.map(|amount| number(form, amount))
        }
        Test::Compare(order, Operand::Times(..)) => Some(match (form, order) {
            (Form::Duration, Order::Less | Order::LessOrEqual) => json!("1h"),
            (Form::Duration, _) => json!("1s"),
            (_, Order::Less | Order::LessOrEqual) => json!(99_999_999),
            (..) => json!(1),
        }),
        Test::Lacks(wanted) => Some(json!([wanted[0].to_string()])),
        Test::Malformed(grammar) => Some(json!(of_form(*grammar).0)),
        Test::Other(values) => values.first().map(|value| json!(value.to_string())),
        Test::KeysOther(keys) => {
            keys.first().map(|key| json!({ key.as_str(): if key == "cpu" { "100m" } else { "true" } }))
        }
        Test::Keys(grammar) => Some(json!({ of_form(*grammar).0: "a" })),
        Test::Entries(grammar) => Some(json!({ key_of(name): of_form(*grammar).0 })),
        Test::KeysAmong(_) => Some(json!({ "batch/v1": "true" })),
        Test::Each(field, grammar) => Some(json!([{ field.as_str(): of_form(*grammar).0 }])),
        Test::BeyondCores => Some(json!("0")),
        Test::NotIn(_) => Some(json!(30443)),
        Test::SumsUnlike(_) => Some(json!([{ "numaNode": 0, "limits": { "memory": "612Mi" } }])),
        Test::LimitsOther(_) => Some(json!([{ "numaNode": 0, "limits": { "memory": "612Mi" } }])),
        Test::Set
        | Test::Is(_)
        | Test::Has(_)
        | Test::MoreThan(_)
        | Test::Repeats
        | Test::KeysBeyond(_)
        | Test::Meets(_)
        | Test::Begins(_) => None,
    }
}

/// A key of a map that its rules know.
fn key_of(name: &Name) -> &'static str {
    if name.to_string().contains(".eviction") { "memory.available" } else { "memory" }
}

fn of_typed(form: Form, value: &Typed) -> Json {
    match value {
        Typed::Bool(value) => json!(value),
        Typed::Number(amount) | Typed::Duration(amount) => number(form, *amount),
        value => json!(value.to_string()),
    }
}

/// Any value of a setting's type.
fn generic(name: &Name) -> Json {
    match (name.form(), name) {
        (Form::Bool, _) => json!(true),
        (Form::Number, _) => json!(1),
        (Form::Duration, _) => json!("10s"),
        (Form::Url, _) => json!("https://10.0.0.5:2379"),
        (Form::Version, _) => json!("1.35.5"),
        (Form::Text, Name::Flag { flag, .. }) if flag == "token" => json!("abcdef.0123456789abcdef"),
        (Form::Text, Name::Field { path, .. }) if path.ends_with("bootstrapToken.token") => {
            json!("abcdef.0123456789abcdef")
        }
        (Form::Text, Name::Field { path, .. }) if path.ends_with("ertificateKey") => {
            json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        }
        (Form::Text, Name::Field { path, .. }) if path.ends_with("caCertHashes") => {
            json!(["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"])
        }
        (Form::Text, Name::Field { path, .. }) if path == "etcd.local" => json!({ "dataDir": "/var/lib/etcd" }),
        (Form::Text, Name::Field { path, .. }) if path == "etcd.external" => {
            json!({ "endpoints": ["https://10.0.0.5:2379"] })
        }
        (Form::Text, Name::Field { path, .. }) if path == "logging.vmodule" => {
            json!([{ "filePattern": "a", "verbosity": 3 }])
        }
        (Form::Text, Name::Field { path, .. }) if path.ends_with("ByPodPriority") => {
            json!([{ "priority": 1, "shutdownGracePeriodSeconds": 5 }])
        }
        (Form::Text, Name::Field { path, .. }) if path == "preloadedImagesVerificationAllowlist" => {
            json!(["registry.k8s.io/pause"])
        }
        (Form::Text, Name::Field { path, .. }) if path == "cpuManagerPolicyOptions" => {
            json!({ "full-pcpus-only": "true" })
        }
        (Form::Text, Name::Field { path, .. }) if path == "reservedSystemCPUs" => json!("0"),
        (Form::Text, Name::Field { path, .. }) if path == "reservedMemory" => {
            json!([{ "numaNode": 0, "limits": { "memory": "1Gi" } }])
        }
        (Form::Text, _) => json!("/a"),
    }
}

/// A value as a flag has it.
pub fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        Json::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}={}", text(value))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}
