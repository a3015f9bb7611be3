//! Seeds, read by those who look for them: blkid and mtools the images, cloud-init's NoCloud datasource images and what a web
//! server hands out.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

use crate::support::tool::{find, skip, succeed, tool};

/// Two servers, with what is said of the target.
fn rendered(target: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = format!(
        "authority lab-ca {{ cn = \"lab\", file = /etc/lab/ca.crt }}\n\
         component web {{\n\
         \x20 cert serving {{ authority = lab-ca, cn = \"web\", usage = [\"server\"], names = [machine.name], file = /etc/web/tls.crt }}\n\
         \x20 file /etc/web/large {{ text = join([string(i * 7919 % 99991 + 100000) for i in range(9000)], \"\") }}\n\
         \x20 unit web.service {{ exec = /usr/bin/env, args = [\"sleep\", \"inf\"] }}\n\
         }}\n\
         cluster lab {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24, renew = 30d }}\n\
         machines app {{ names = {{ helios = {{ serial = \"CZJ1234567\" }}, selene = {{ serial = \"CZJ1234568\" }} }} }}\n\
         machines edge {{ names = {{ eos = {{ EDGE }} }} }}\n\
         deploy web on *\n\
         target nocloud {{ {target} }}\n"
    );
    let edge = if target.contains("seed-url") {
        "serial = \"EDGE.1\""
    } else {
        "interfaces = { eno1 = { mac = \"3C:EC:EF:A0:00:10\" } }"
    };
    fs::write(folder.path().join("cluster.km"), model.replace("EDGE", edge)).unwrap();
    let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    succeed(kmodel.args(["render", "cluster.km", "--out", "out"]).current_dir(folder.path()));
    folder
}

fn out(folder: &tempfile::TempDir, path: &str) -> PathBuf {
    folder.path().join("out").join(path)
}

#[test]
fn blkid_and_mtools_read_the_image() {
    let folder = rendered("seed = \"fat\"");
    let image = out(&folder, "machines/helios/seed.img");
    if let Some(mut blkid) = tool("blkid") {
        let said = succeed(blkid.args(["--probe", "--output", "export"]).arg(&image));
        let lines: Vec<&str> = said.lines().collect();
        assert!(
            ["LABEL=CIDATA", "LABEL_FATBOOT=CIDATA", "TYPE=vfat"].iter().all(|line| lines.contains(line)),
            "{said}"
        );
    }
    let Some(mut mdir) = tool("mdir") else { return };
    let listed = succeed(mdir.args(["-b", "-i"]).arg(&image).arg("::"));
    let mut names: Vec<&str> = listed.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["::/meta-data", "::/network-config", "::/user-data"]);
    for name in ["meta-data", "network-config", "user-data"] {
        let read = tool("mtype").unwrap().arg("-i").arg(&image).arg(format!("::/{name}")).output().unwrap();
        assert_eq!(read.stdout, fs::read(out(&folder, &format!("machines/helios/{name}"))).unwrap(), "{name}");
    }
    assert!(!String::from_utf8_lossy(&fs::read(&image).unwrap()).contains("PRIVATE KEY"));
}

/// An image is as private as the user-data in it.
#[test]
fn an_image_with_keys_is_for_its_owner_alone() {
    let mode =
        |folder: &tempfile::TempDir| fs::metadata(out(folder, "machines/helios/seed.img")).unwrap().mode() & 0o777;
    let [inside, apart] = ["seed = \"fat\", secrets = \"inside\"", "seed = \"fat\""].map(rendered);
    assert_eq!((mode(&inside), mode(&apart)), (0o600, 0o644));
    let has_key =
        |folder| fs::read(out(folder, "machines/helios/seed.img")).unwrap().windows(11).any(|w| w == b"PRIVATE KEY");
    assert!(has_key(&inside) && !has_key(&apart));
    let manifest = fs::read_to_string(out(&inside, "manifest.json")).unwrap();
    let line = manifest.lines().find(|line| line.contains("machines/helios/seed.img")).unwrap();
    assert!(line.contains("\"secret\":true") && !line.contains("sha256"), "{line}");
}

#[test]
fn fsck_finds_the_image_clean() {
    let folder = rendered("seed = \"fat\"");
    let Some(mut fsck) = tool("fsck.vfat") else { return };
    let said = succeed(fsck.arg("-n").arg(out(&folder, "machines/helios/seed.img")));
    assert!(!said.to_lowercase().contains("dirty") && !said.to_lowercase().contains("wrong"), "{said}");
}

/// The datasource as it is, but for what takes a kernel: mounting, where mtools read, and the numbers of the hardware. Older ones put no
/// serial number into an address, so that is done here for them.
const DATASOURCE: &str = r"
import functools, http.server, json, os, shutil, subprocess, sys, tempfile, threading
from unittest import mock
from cloudinit import helpers, safeyaml
from cloudinit.sources import DataSourceNoCloud as nocloud

image, served, line, serial, config = sys.argv[1:6]
folder = tempfile.mkdtemp()
asked = []

class Server(http.server.SimpleHTTPRequestHandler):
    def log_message(self, form, *arguments):
        asked.append(self.path)

def find(criteria, **_):
    if not image:
        return []
    found = subprocess.run(['blkid', '-p', '-o', 'export', image], capture_output=True, text=True).stdout.split()
    return [image] if criteria in found else []

def mounted(device, callback, data=None, **_):
    place = tempfile.mkdtemp(dir=folder)
    subprocess.run(['mcopy', '-i', device, '::*', place], check=True)
    return callback(place, data)

def told(path):
    if not path:
        return {'datasource': {'NoCloud': {}}}
    text = open(path).read().replace('http://SERVER', address)
    if not hasattr(nocloud.dmi, 'sub_dmi_vars'):
        text = text.replace('__dmi.system-serial-number__', serial)
    return safeyaml.load(text)

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Server, directory=served or folder))
threading.Thread(target=server.serve_forever, daemon=True).start()
address = 'http://127.0.0.1:%d' % server.server_port
paths = helpers.Paths({'cloud_dir': folder, 'run_dir': folder})
kind = nocloud.DataSourceNoCloudNet if served else nocloud.DataSourceNoCloud
read = lambda key: serial if key == 'system-serial-number' and not line else None
with mock.patch.object(nocloud.util, 'find_devs_with', find), mock.patch.object(nocloud.util, 'mount_cb', mounted), \
     mock.patch.object(nocloud.dmi, 'read_dmi_data', read), \
     mock.patch.object(nocloud.util, 'get_cmdline', return_value=line.replace('http://SERVER', address)):
    seed = kind(told(config), mock.Mock(), paths)
    found = getattr(seed, 'ds_detect', lambda: True)() and seed._get_data()
data = seed.userdata_raw if found else ''
print(json.dumps({'found': bool(found), 'id': found and seed.metadata.get('instance-id'), 'name': found and seed.metadata.get('local-hostname'),
                  'network': found and seed.network_config, 'asked': sorted(asked),
                  'data': data.decode() if isinstance(data, bytes) else data}))
shutil.rmtree(folder)
";

/// What cloud-init finds: on a disk, and on the server of a folder, with this kernel command line or the configuration there, on hardware
/// of this number.
fn datasource(image: Option<&Path>, served: Option<&Path>, line: &str, serial: &str) -> Option<Json> {
    let python = find("cloud-init").and_then(|path| fs::read_to_string(path).ok()).and_then(|text| {
        text.lines()
            .next()?
            .strip_prefix("#!")
            .map(|line| line.split_whitespace().next().unwrap_or("python3").to_owned())
    });
    let Some(python) = python.filter(|_| find("mcopy").is_some()) else {
        skip("cloud-init or mtools are not installed", "whether cloud-init finds its seed");
        return None;
    };
    let path = |path: Option<&Path>| path.map(|path| path.display().to_string()).unwrap_or_default();
    let config = served.map(|served| served.join("kmodel.cfg")).filter(|config| config.exists());
    let arguments = [&path(image), &path(served), line, serial, &path(config.as_deref())];
    let said = succeed(Command::new(python).args(["-c", DATASOURCE]).args(arguments));
    Some(serde_json::from_str(said.lines().last().unwrap()).unwrap())
}

fn is_of(found: &Json, folder: &tempfile::TempDir, name: &str) {
    assert_eq!(found["found"], true, "{found}");
    assert_eq!((&found["id"], &found["name"]), (&format!("lab-{name}").into(), &name.into()));
    assert_eq!(found["data"], fs::read_to_string(out(folder, &format!("machines/{name}/user-data"))).unwrap());
}

#[test]
fn cloud_init_takes_its_seed_from_the_image() {
    let folder = rendered("seed = \"fat\", interface = \"ens3\"");
    let image = out(&folder, "machines/selene/seed.img");
    let Some(found) = datasource(Some(&image), None, "", "") else { return };
    is_of(&found, &folder, "selene");
    assert_eq!(found["network"]["ethernets"]["ens3"]["addresses"][0], "10.10.0.11/24");
}

#[test]
fn cloud_init_asks_a_server_by_number_and_by_port() {
    let folder = rendered("seed = \"http\"");
    let served = out(&folder, "http");
    for (key, name) in [("CZJ1234568", "selene"), ("3c-ec-ef-a0-00-10", "eos")] {
        let line = format!("quiet ds=nocloud-net;s=http://SERVER/{key}/");
        let Some(found) = datasource(None, Some(&served), &line, "") else { return };
        is_of(&found, &folder, name);
        assert!(found["asked"].as_array().unwrap().contains(&format!("/{key}/vendor-data").into()), "{found}");
    }
    assert!(!served.join("selene").exists() && !served.join("files.tar.gz").exists());
}

#[test]
fn one_file_sends_each_machine_to_its_own_seed() {
    let folder = rendered("seed = \"http\", seed-url = \"http://SERVER/\"");
    let served = out(&folder, "http");
    for (serial, name) in [("CZJ1234567", "helios"), ("CZJ1234568", "selene"), ("EDGE.1", "eos")] {
        let Some(found) = datasource(None, Some(&served), "", serial) else { return };
        is_of(&found, &folder, name);
    }
}
