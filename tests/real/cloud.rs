//! What is rendered for clouds and bare metal, read by the real programs: cloud-init, tar, systemd.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::tool::{find, skip, succeed, tool};
use kmodel::facts::platform::{PlatformKind, platforms};
use proptest::prelude::*;
use serde_json::Value as Json;

/// The targets that give a machine its user-data.
fn clouds() -> Vec<&'static str> {
    platforms().filter(|platform| platform.kind == PlatformKind::Cloud).map(|platform| platform.name.as_str()).collect()
}

/// A small cluster with a private file, a file of so many letters that do not compress well, and a target.
fn model(letters: usize, target: &str) -> String {
    format!(
        "authority lab-ca {{ cn = \"lab\", file = /etc/lab/ca.crt }}\n\
         component web {{\n\
         \x20 needs command \"id web || useradd --system web\"\n\
         \x20 cert serving {{ authority = lab-ca, cn = \"web\", usage = [\"server\"], names = [machine.name], file = /etc/web/tls.crt, owner = \"web\" }}\n\
         \x20 file /etc/web/large {{ text = join([string(i * 7919 % 99991 + 100000) for i in range({})], \"\") }}\n\
         \x20 unit web.service {{ exec = /usr/bin/env, args = [\"sleep\", \"inf\"], user = \"web\" }}\n\
         }}\n\
         cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24, renew = 30d }}\n\
         machines app[2]\n\
         deploy web on app\n\
         {target}\n",
        letters / 6
    )
}

/// A folder with a model in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cluster.km"), text).unwrap();
        Self { folder }
    }

    fn kmodel(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn render(&self, out: &str) -> Output {
        self.kmodel(&["render", "cluster.km", "--out", out])
    }

    fn rendered(text: &str) -> Self {
        let place = Self::new(text);
        let done = place.render("out");
        assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("out").join(path)
    }

    fn user_data(&self) -> Vec<u8> {
        fs::read(self.path("machines/app-0/user-data")).unwrap()
    }

    fn inventory(&self) -> Json {
        serde_json::from_slice(&fs::read(self.path("machines.json")).unwrap()).unwrap()
    }
}

/// The limits of clouds as the table has them: bytes, and whether it is base64 that is counted.
fn limits() -> BTreeMap<String, (Option<usize>, bool)> {
    let table: toml::Table = toml::from_str(&fs::read_to_string("stdlib/tables/user-data.toml").unwrap()).unwrap();
    let platforms = table["platform"].as_table().unwrap();
    let limit = |row: &toml::Value| {
        let most = row.get("max_bytes").map(|most| most.as_integer().unwrap() as usize);
        (most, row["measured"].as_str() == Some("encoded"))
    };
    let clouds = platforms.iter().filter(|(_, row)| row["kind"].as_str() == Some("cloud"));
    clouds.map(|(name, row)| (name.clone(), limit(row))).collect()
}

#[test]
fn there_is_a_target_for_each_platform_of_the_table() {
    assert_eq!(limits().into_keys().collect::<Vec<_>>(), clouds());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a model has and wherever it goes: what is written fits, and what does not fit is said and not written.
    #[test]
    fn what_is_rendered_fits(cloud in prop::sample::select(clouds()), letters in 0usize..160_000, gzip in any::<bool>()) {
        let (most, encoded) = limits()[cloud];
        let never = if gzip { "" } else { "gzip = false" };
        let place = Place::new(&model(letters, &format!("target {cloud} {{ {never} }}")));
        let done = place.render("out");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        if done.status.success() {
            let bytes = place.user_data().len();
            let counted = if encoded { bytes.div_ceil(3) * 4 } else { bytes };
            prop_assert!(most.is_none_or(|most| counted <= most), "{cloud}: {counted} of {most:?}");
            let row = &place.inventory()["machines"][0]["user_data"];
            prop_assert_eq!(row["counted_bytes"].as_u64(), Some(counted as u64));
        } else {
            prop_assert!(said.contains("user-data-too-long"), "{cloud}: {said}");
            prop_assert!(!place.path("").exists());
        }
    }
}

/// What a check says by an estimate is what a render finds, to one in fifty.
#[test]
fn the_estimate_is_near() {
    let place = Place::rendered(&model(6000, "target azure { gzip = true }"));
    let plan = place.kmodel(&["plan", "cluster.km", "--json"]);
    let plan: Json = serde_json::from_slice(&plan.stdout).unwrap();
    let estimate = plan["user_data"][0]["counted_bytes"].as_f64().unwrap();
    let real = place.user_data().len() as f64;
    assert!((estimate / real - 1.0).abs() < 0.02, "{estimate} {real}");
}

#[test]
fn no_private_key_is_in_user_data_or_seen_by_others() {
    for cloud in clouds() {
        let place = Place::rendered(&model(600, &format!("target {cloud} {{}}")));
        assert!(!String::from_utf8_lossy(&place.user_data()).contains("PRIVATE KEY"), "{cloud}");
        let mode = |path: &str| fs::metadata(place.path(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("machines/app-0/files.tar.gz"), 0o600, "{cloud}");
        assert_eq!(mode("machines/app-0/root/etc/web/tls.key"), 0o600, "{cloud}");
    }
    let inside = Place::rendered(&model(600, "target nocloud { secrets = \"inside\" }"));
    assert!(String::from_utf8_lossy(&inside.user_data()).contains("PRIVATE KEY"));
    assert_eq!(fs::metadata(inside.path("machines/app-0/user-data")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let place = Place::rendered(&model(6000, "target aws { gzip = true, files = \"apart\" }"));
    assert!(place.render("again").status.success());
    succeed(Command::new("diff").arg("-r").args(["out", "again"]).current_dir(place.folder.path()));
}

/// Unpacked by the real tar: the same files as in the tree, with the modes that they shall have; root's, until the boot
/// gives them away.
#[test]
fn tar_unpacks_what_the_tree_shows() {
    let Some(mut tar) = tool("tar") else { return };
    let place = Place::rendered(&model(600, "target aws { files = \"apart\" }"));
    let root = tempfile::tempdir().unwrap();
    let archive = place.path("machines/app-0/files.tar.gz");
    let listed = succeed(tool("tar").unwrap().arg("-tvzf").arg(&archive));
    assert!(listed.lines().all(|line| line.contains(" root/root ")), "{listed}");
    // The plan is last, so that all is there once it is.
    assert!(listed.lines().last().unwrap().ends_with("etc/kmodel/machine"), "{listed}");
    succeed(tar.args(["-xzpf"]).arg(&archive).args(["--no-same-owner", "--no-overwrite-dir", "-C"]).arg(root.path()));
    succeed(Command::new("diff").arg("-r").arg(root.path()).arg(place.path("machines/app-0/root")));
    let mode = |path: &str| fs::metadata(root.path().join(path)).unwrap().mode() & 0o777;
    assert_eq!(mode("etc/web/tls.key"), 0o600);
    assert_eq!(mode("usr/local/lib/kmodel/boot"), 0o755);
    assert_eq!(mode("etc/web/large"), 0o644);
}

/// With all files apart, what waits knows the plan by its hash, and the plan all others.
#[test]
fn each_file_that_comes_apart_is_known_by_its_hash() {
    let place = Place::rendered(&model(600, "target hetzner { files = \"apart\" }"));
    let text = String::from_utf8(place.user_data()).unwrap();
    assert!(text.len() < 2048, "{} bytes", text.len());
    let root = place.path("machines/app-0/root");
    let line = text.lines().find(|line| line.contains("/etc/kmodel/machine\"")).unwrap();
    let hash = line.split('"').nth(1).unwrap().split(' ').next().unwrap();
    let real = succeed(Command::new("sha256sum").arg(root.join("etc/kmodel/machine")));
    assert!(real.starts_with(hash), "{real} {hash}");
    let plan = fs::read_to_string(root.join("etc/kmodel/machine")).unwrap();
    let known = plan.lines().filter_map(|line| line.strip_prefix("private|sha256:")?.split_once('|'));
    let sums: String = known.map(|(hash, path)| format!("{hash}  {}{path}\n", root.display())).collect();
    fs::write(place.path("sums"), &sums).unwrap();
    succeed(Command::new("sha256sum").args(["--check", "--quiet"]).arg(place.path("sums")));
    let files = succeed(Command::new("find").arg(&root).args(["-type", "f"])).lines().count();
    assert_eq!(sums.lines().count(), files - 1, "all but the plan");
}

#[test]
fn systemd_takes_what_waits() {
    let Some(mut verify) = tool("systemd-analyze") else { return };
    let place = Place::rendered(&model(600, "target hetzner { files = \"apart\" }"));
    let data: Json = serde_saphyr::from_str(&String::from_utf8(place.user_data()).unwrap()).unwrap();
    let files = data["write_files"].as_array().unwrap();
    let unit = files.iter().find(|file| file["path"].as_str().unwrap().ends_with(".service")).unwrap();
    let path = place.path("kmodel-bootstrap.service");
    fs::write(&path, unit["content"].as_str().unwrap()).unwrap();
    let said = succeed(verify.args(["verify", "--man=no"]).arg(&path));
    assert!(!said.contains("kmodel-bootstrap"), "{said}");
}

/// The command of the unit, as it is: it starts the boot once the right plan is there, and no sooner.
#[test]
fn what_waits_starts_the_boot_when_all_is_there() {
    let place = Place::rendered(&model(600, "target hetzner { files = \"apart\" }"));
    let text = String::from_utf8(place.user_data()).unwrap();
    let command = text.lines().find_map(|line| line.trim().strip_prefix("ExecStart=/bin/sh -c '")?.strip_suffix('\''));
    let plan = place.path("plan");
    let command =
        command.unwrap().replace("/etc/kmodel/machine", plan.to_str().unwrap()).replace("sleep 2", "sleep 0.1");
    let script = format!("systemctl() {{ echo \"$@\"; }}; {command}");
    fs::write(&plan, "# half a plan\n").unwrap();
    let mut waits = Command::new("sh").args(["-c", &script]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(waits.try_wait().unwrap().is_none(), "it does not wait for the right plan");
    fs::copy(place.path("machines/app-0/root/etc/kmodel/machine"), &plan).unwrap();
    let said = waits.wait_with_output().unwrap().stdout;
    let wanted = "daemon-reload\nenable kmodel-boot.service\nstart --no-block kmodel-boot.service\n";
    assert_eq!(String::from_utf8(said).unwrap(), wanted);
}

/// The interpreter that the installed cloud-init runs on, which has its modules.
fn cloud_init_python() -> Option<String> {
    let text = fs::read_to_string(find("cloud-init")?).ok()?;
    text.lines().next()?.strip_prefix("#!").map(|line| line.split_whitespace().next().unwrap_or("python3").to_owned())
}

fn python(script: &str, arguments: &[&Path]) -> Option<Json> {
    let Some(python) = cloud_init_python() else {
        skip("cloud-init is not installed", "how it reads user-data");
        return None;
    };
    let said = succeed(Command::new(python).args(["-c", script]).args(arguments));
    Some(serde_json::from_str(said.lines().last().unwrap()).unwrap())
}

/// cloud-init's own reader, compressed or not, finds one cloud-config with all of the files.
#[test]
fn cloud_init_reads_what_is_compressed() {
    const READ: &str = "
import json, sys
from cloudinit import user_data, safeyaml
parts = []
for part in user_data.UserDataProcessor({}).process(open(sys.argv[1], 'rb').read()).walk():
    if not part.is_multipart():
        parts.append([part.get_content_type(), part.get_payload(decode=True).decode()])
kind, text = parts[0]
print(json.dumps({'count': len(parts), 'kind': kind, 'paths': [f['path'] for f in safeyaml.load(text)['write_files']]}))
";
    for (target, files) in [("aws { gzip = true }", 8), ("azure {}", 8), ("aws { gzip = true, files = \"apart\" }", 2)]
    {
        let place = Place::rendered(&model(600, &format!("target {target}")));
        let compressed = place.user_data().starts_with(&[0x1f, 0x8b]);
        assert_eq!(compressed, target.contains("gzip"));
        let Some(read) = python(READ, &[&place.path("machines/app-0/user-data")]) else { return };
        assert_eq!((&read["count"], &read["kind"]), (&1.into(), &"text/cloud-config".into()), "{target}");
        assert_eq!(read["paths"].as_array().unwrap().len(), files, "{target}: {read}");
    }
}

/// cloud-init finds a NoCloud seed, and takes name, address and user-data from it.
#[test]
fn cloud_init_takes_the_seed() {
    const SEED: &str = "
import json, os, shutil, sys, tempfile
from unittest import mock
from cloudinit import helpers, sources
from cloudinit.sources import DataSourceNoCloud as nocloud
folder = tempfile.mkdtemp()
shutil.copytree(sys.argv[1], folder + '/seed/nocloud')
paths = helpers.Paths({'cloud_dir': folder, 'run_dir': folder})
seed = nocloud.DataSourceNoCloud({'datasource': {'NoCloud': {'fs_label': None}}}, mock.Mock(), paths)
with mock.patch.object(nocloud.dmi, 'read_dmi_data', return_value=None):
    found = seed._get_data()
print(json.dumps({'found': found, 'id': seed.metadata['instance-id'], 'name': seed.metadata['local-hostname'],
                  'network': seed.network_config, 'data': '#cloud-config' in str(seed.userdata_raw)}))
shutil.rmtree(folder)
";
    let place = Place::rendered(&model(600, "target nocloud { interface = \"ens3\" }"));
    let Some(read) = python(SEED, &[&place.path("machines/app-1")]) else { return };
    assert_eq!(read["found"], true, "{read}");
    assert_eq!((&read["id"], &read["name"]), (&"lab-app-1".into(), &"app-1".into()));
    assert_eq!(read["network"]["ethernets"]["ens3"]["addresses"][0], "10.10.0.11/24");
    assert_eq!(read["data"], true);
}

#[test]
fn cloud_init_and_netplan_take_what_is_written() {
    let mut target = "target nocloud { cloud-config = { ssh_authorized_keys = [\"ssh-ed25519 AAAA x\"], ".to_owned();
    target +=
        "write_files = [{ path = \"/etc/motd\", content = \"hi\" }], packages = [\"vim\"], runcmd = [[\"true\"]] } }";
    let place = Place::rendered(&model(600, &target));
    let data: Json = serde_saphyr::from_str(&String::from_utf8(place.user_data()).unwrap()).unwrap();
    assert_eq!(data["write_files"].as_array().unwrap().last().unwrap()["path"], "/etc/motd");
    assert_eq!(data["runcmd"].as_array().unwrap().len(), 4);
    if let Some(mut cloud_init) = tool("cloud-init") {
        let said = succeed(cloud_init.args(["schema", "-c"]).arg(place.path("machines/app-0/user-data")));
        assert!(said.contains("Valid"), "{said}");
    }
    let Some(mut netplan) = tool("netplan") else { return };
    let root = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(place.path("machines/app-0/network-config")).unwrap().replace('\n', "\n  ");
    crate::support::tool::write(
        &root.path().join("etc/netplan/k.yaml"),
        format!("network:\n  {text}\n").as_bytes(),
        0o600,
    );
    succeed(netplan.args(["generate", "--root-dir"]).arg(root.path()));
    let written = fs::read_to_string(root.path().join("run/systemd/network/10-netplan-nodes.network")).unwrap();
    assert!(written.contains("Name=e*") && written.contains("Address=10.10.0.10/24"), "{written}");
}

/// The operator's file would be written over ours, or ours over it.
#[test]
fn a_file_of_kmodel_is_not_written_by_cloud_config() {
    for target in ["lxd", "maas", "hetzner"] {
        let own = "cloud-config = { write_files = [{ path = \"/etc/web/large\", content = \"x\" }] }";
        let place = Place::new(&model(60, &format!("target {target} {{ {own} }}")));
        let said = String::from_utf8_lossy(&place.render("out").stderr).into_owned();
        assert!(said.contains("file-twice") && !place.path("").exists(), "{target}: {said}");
    }
}

#[test]
fn what_machines_are_given_looks_like_this() {
    let place =
        Place::rendered(&model(60, "target azure { region = \"westeurope\", user-data = true, files = \"apart\" }"));
    let hashed = |text: String| {
        let hash = |word: &str| if word.len() == 64 { "HASH".to_owned() } else { word.to_owned() };
        text.split('"')
            .map(|part| part.split(' ').map(hash).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join("\"")
    };
    let read = |path: &str| fs::read_to_string(place.path(path)).unwrap();
    let shown = format!(
        "--- machines.json\n{}--- user-data\n{}",
        read("machines.json"),
        hashed(read("machines/app-0/user-data"))
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/render");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("cloud-azure", shown));
}

#[test]
fn commands_on_running_clusters_say_what_they_reach() {
    let place = Place::new(&model(90_000, "target aws { gzip = false }"));
    for command in ["apply", "status", "destroy", "debug"] {
        let said = place.kmodel(&[command, "cluster.km"]);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(
            !said.status.success() && text.contains("the target is `aws`, and nothing in the model writes"),
            "{command}: {text}"
        );
        assert!(text.contains("docs/clouds.md"), "{command}: {text}");
    }
}
