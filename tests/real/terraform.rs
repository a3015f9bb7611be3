//! Real Terraform with the real provider for AWS takes what is written, and makes it on a server of AWS' APIs on loopback (moto).
//!
//! The provider comes from Terraform's registry, or with `KMODEL_TERRAFORM_PLUGINS=FOLDER` from a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::support::tool::{cannot, find, said};

const WHAT: &str = "what is written for Terraform";

/// The name under which moto knows Debian's image: it has none of its own.
const IMAGE: &str = r#"[{"ami_id": "ami-0a1b2c3d4e5f60718", "state": "available", "public": true,
    "owner_id": "136693071363", "image_location": "amazon/debian-13", "sriov": "simple", "root_device_type": "ebs",
    "root_device_name": "/dev/xvda", "description": "Debian 13", "image_type": "machine", "platform": null,
    "architecture": "x86_64", "name": "debian-13-amd64-20250814-2201", "virtualization_type": "hvm", "hypervisor": "xen"}]"#;

/// What the API says of the instances and of what their security groups let in.
const READ: &str = r#"
import base64, boto3, json
ec2 = boto3.client("ec2")
instances = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"] if i["State"]["Name"] == "running"]
groups = {g["GroupId"]: g for g in ec2.describe_security_groups()["SecurityGroups"]}
def instance(i):
    data = ec2.describe_instance_attribute(InstanceId=i["InstanceId"], Attribute="userData")["UserData"].get("Value", "")
    return {"address": i["PrivateIpAddress"], "type": i["InstanceType"], "data": data,
            "groups": sorted({groups[g["GroupId"]]["GroupName"] for n in [i, *i["NetworkInterfaces"]]
                              for g in n.get("SecurityGroups", []) + n.get("Groups", [])})}
def rules(g):
    for p in g["IpPermissions"]:
        port = p["IpProtocol"] + "/" + str(p.get("FromPort", "")) + "-" + str(p.get("ToPort", ""))
        yield from (port + " " + groups[x["GroupId"]]["GroupName"] for x in p["UserIdGroupPairs"])
        yield from (port + " " + x["CidrIp"] for x in p["IpRanges"])
        yield from (port + " " + x["CidrIpv6"] for x in p["Ipv6Ranges"])
name = lambda i: next(t["Value"] for t in i["Tags"] if t["Key"] == "Name")
names = {i["InstanceId"]: name(i) for i in instances}
volumes = {name(v): [v["Size"], *[x for a in v["Attachments"] for x in (a["Device"], names.get(a["InstanceId"]))]]
           for v in ec2.describe_volumes()["Volumes"] if "Name" in str(v.get("Tags"))}
print(json.dumps({
    "volumes": volumes,
    "instances": {name(i): instance(i) for i in instances},
    "rules": {g["GroupName"]: sorted(rules(g)) for g in groups.values()},
    "balancers": [b["LoadBalancerName"] for b in boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]],
}))
"#;

fn model(workers: usize, rest: &str) -> String {
    format!(
        "use std/kubernetes\nuse std/cni\nuse std/load-balancer\nuse std/cloud-balancer\nuse std/platform/aws\n\
         cluster lab {{ kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24, renew = 30d }}\n\
         machines cp[3] {{ disks = {{ etcd = {{ size = 20GiB, mount = /var/lib/etcd }} }} }}\nmachines wrk[{workers}] {{ cores = 4, memory = 8GiB }}\n\
         deploy etcd, kube-apiserver, kube-controller-manager, kube-scheduler, addons on cp\n\
         deploy containerd, kubelet, kube-proxy, flannel on *\n\
         deploy coredns, rbac, admin\n{rest}\n"
    )
}

const LAB: &str = "deploy cloud-balancer\n\
    deploy aws { operators = [198.51.100.0/24], spread = false, internet = \"none\" }\n\
    target aws { region = \"eu-central-1\", files = \"apart\" }";

/// A folder with a model, its output, and Terraform in it.
struct Place {
    folder: tempfile::TempDir,
    port: Option<u16>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), port: None }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn render(&self, text: &str) -> Json {
        fs::write(self.path().join("cluster.km"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        let done = command.args(["render", "cluster.km", "--out", "out"]).current_dir(self.path()).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        serde_json::from_slice(&fs::read(self.path().join("out/terraform/main.tf.json")).unwrap()).unwrap()
    }

    /// Terraform works in a folder of its own, which a render does not replace.
    fn terraform(&self, arguments: &[&str]) -> Output {
        let work = self.path().join("work/terraform");
        fs::create_dir_all(&work).unwrap();
        fs::copy(self.path().join("out/terraform/main.tf.json"), work.join("main.tf.json")).unwrap();
        let machines = self.path().join("work/machines");
        if !machines.exists() {
            std::os::unix::fs::symlink("../out/machines", machines).unwrap();
        }
        let mut command = Command::new(find("terraform").expect("it was there before"));
        command.current_dir(work).args(arguments).arg("-no-color").env("TF_IN_AUTOMATION", "1");
        self.reach(&mut command).output().unwrap()
    }

    fn reach<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let server = self.port.map(|port| format!("http://127.0.0.1:{port}")).unwrap_or_default();
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1")];
        command.envs(keys).env("AWS_DEFAULT_REGION", "eu-central-1").env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ENDPOINT_URL", server)
    }

    /// Gets the provider; whether it was to be had. No state is looked at.
    fn init(&self) -> bool {
        let plugins = std::env::var("KMODEL_TERRAFORM_PLUGINS").map(|folder| format!("-plugin-dir={folder}"));
        let mut arguments = vec!["init", "-input=false", "-backend=false"];
        arguments.extend(plugins.as_deref().ok());
        let done = self.terraform(&arguments);
        if !done.status.success() {
            let text = said(&done);
            assert!(
                text.contains("provider"),
                "Terraform refuses the configuration before it asks for a provider: {text}"
            );
            cannot("Terraform cannot get its provider for AWS", WHAT);
        }
        done.status.success()
    }

    fn read(&self) -> Json {
        let mut command = Command::new(find("moto_server").unwrap().with_file_name("python3"));
        let done = self.reach(&mut command).args(["-c", READ]).output().unwrap();
        serde_json::from_slice(&done.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&done)))
    }
}

/// A server of AWS' APIs, which ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn server(place: &mut Place) -> Option<Server> {
    let Some(program) = find("moto_server") else {
        cannot("moto_server is not installed", WHAT);
        return None;
    };
    let images = place.path().join("images.json");
    fs::write(&images, IMAGE).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("MOTO_AMIS_PATH", images);
    let server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "moto does not listen");
        std::thread::sleep(Duration::from_millis(200));
    }
    place.port = Some(port);
    Some(server)
}

fn has_terraform() -> bool {
    let found = find("terraform").is_some();
    if !found {
        cannot("terraform is not installed", WHAT);
    }
    found
}

#[test]
fn the_provider_takes_every_shape() {
    if !has_terraform() {
        return;
    }

    let shapes = [
        LAB.to_owned(),
        "deploy external-balancer\ndeploy aws { operators = [198.51.100.0/24, 2001:db8::/32], ssh-key = \"ssh-ed25519 AAAA a\" }\n\
         target aws { region = \"eu-central-1\", files = \"apart\" }"
            .to_owned(),
        "deploy cloud-balancer as api\ndeploy aws { operators = [10.0.0.0/8], internet = \"nat\", vpc = 10.10.0.0/16, edge = 10.10.9.0/28,\n\
         types = { cp = \"m6a.large\" }, tags = { team = \"a\" }, state = { s3 = { bucket = \"b\", key = \"lab\", region = \"eu-central-1\" } },\n\
         config = { resource = { aws_s3_bucket = { logs = { bucket_prefix = \"logs\" } } } } }\n\
         target aws { image = \"ami-0a1b2c3d4e5f60718\", files = \"apart\" }"
            .to_owned(),
    ];
    for shape in shapes {
        let place = Place::new();
        place.render(&model(2, &shape));
        if !place.init() {
            return;
        }
        let done = place.terraform(&["validate"]);
        assert!(done.status.success(), "{shape}: {}", said(&done));
    }
}

#[test]
fn aws_has_what_the_model_says() {
    let mut place = Place::new();
    if !has_terraform() {
        return;
    }
    let written = place.render(&model(2, LAB));
    if !place.init() {
        return;
    }
    let Some(_server) = server(&mut place) else { return };
    let done = place.terraform(&["apply", "-auto-approve", "-input=false"]);
    assert!(done.status.success(), "{}", said(&done));
    let made = place.read();
    holds(&place, &written, &made, 5);
    let state = fs::read_to_string(place.path().join("work/terraform/terraform.tfstate")).unwrap();
    assert!(!state.contains("PRIVATE KEY") && !state.contains("client-key-data"));

    // One more worker is one more instance, and nothing is made anew.
    let grown = place.render(&model(3, LAB));
    let done = place.terraform(&["plan", "-input=false", "-out=grow"]);
    let text = said(&done);
    assert!(text.contains("Plan: 1 to add") && text.contains("0 to destroy"), "{text}");
    // moto forgets the address of a load balancer, so Terraform would set it again and be refused.
    let done = place.terraform(&["apply", "-auto-approve", "-input=false", "-target=aws_instance.wrk-2"]);
    assert!(done.status.success(), "{}", said(&done));
    holds(&place, &grown, &place.read(), 6);

    let done = place.terraform(&["destroy", "-auto-approve", "-input=false"]);
    assert!(done.status.success(), "{}", said(&done));
    let left = place.read();
    assert_eq!(
        (left["instances"].as_object().map(serde_json::Map::len), left["balancers"].as_array().map(Vec::len)),
        (Some(0), Some(0))
    );
}

/// `apply` lets Terraform make the machines. moto's do not run, so it ends where SSH begins: with a host whose key is not known.
#[test]
fn apply_makes_aws_up_to_the_first_login() {
    let mut place = Place::new();
    if !has_terraform() {
        return;
    }
    let lab = "deploy external-balancer\n\
        deploy aws { operators = [198.51.100.0/24], spread = false, internet = \"none\" }\n\
        target aws { region = \"eu-central-1\", files = \"apart\" }";
    let written = place.render(&model(2, lab));
    if !place.init() {
        return;
    }
    let Some(_server) = server(&mut place) else { return };
    let ssh = place.path().join("ssh");
    let script = "#!/bin/sh\necho 'No ED25519 host key is known for 10.10.0.1 and you have requested strict checking.' >&2\nexit 255\n";
    fs::write(&ssh, script).unwrap();
    fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let kmodel = |command: &str, options: &[&str]| {
        let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        kmodel.args([command, "cluster.km"]).args(options).current_dir(place.path()).stdin(Stdio::null());
        kmodel.env("KMODEL_SSH", &ssh).env("KMODEL_TERRAFORM", find("terraform").expect("it was there before"));
        if let Ok(folder) = std::env::var("KMODEL_TERRAFORM_PLUGINS") {
            kmodel.env("TF_CLI_ARGS_init", format!("-plugin-dir={folder}"));
        }
        place.reach(&mut kmodel).output().unwrap()
    };
    let text = said(&kmodel("apply", &["--dry-run"]));
    assert!(text.contains("lab on AWS EC2 by terraform 1."), "{text}");
    assert!(text.contains("+ wrk-1: create aws_instance by Terraform"), "{text}");
    assert!(text.contains("+ aws_vpc.main: create by Terraform"), "{text}");
    assert_eq!(place.read()["instances"].as_object().map(serde_json::Map::len), Some(0), "a dry run makes nothing");

    let done = kmodel("apply", &[]);
    let text = said(&done);
    assert_eq!(done.status.code(), Some(4), "{text}");
    assert!(text.contains("warning: nothing says yet which host keys new machines have"), "{text}");
    assert!(text.contains("cp-0: created aws_instance.cp-0"), "{text}");
    assert!(text.contains("`cp-0` is not up: cannot enter `cp-0` at 10.10.0."), "{text}");
    let made = place.read();
    let instances = made["instances"].as_object().unwrap();
    assert_eq!(instances.len(), 5, "{made}");
    for (name, instance) in instances {
        assert_eq!(instance["address"], written["resource"]["aws_instance"][name]["private_ip"], "{name}");
    }
    let text = said(&kmodel("apply", &["--dry-run"]));
    assert!(text.contains("! cp-0: cannot be reached") && !text.contains("by Terraform\n"), "{text}");
    let text = said(&kmodel("destroy", &["--yes"]));
    assert!(text.contains("ok: lab is removed"), "{text}");
    assert_eq!(place.read()["instances"].as_object().map(serde_json::Map::len), Some(0));
}

/// What the API says is what was written, machine by machine and rule by rule.
fn holds(place: &Place, written: &Json, made: &Json, count: usize) {
    let instances = made["instances"].as_object().unwrap();
    assert_eq!(instances.len(), count, "{made}");
    for (name, instance) in instances {
        let wanted = &written["resource"]["aws_instance"][name];
        assert_eq!(
            (&instance["address"], &instance["type"]),
            (&wanted["private_ip"], &wanted["instance_type"]),
            "{name}"
        );
        let file = fs::read(place.path().join(format!("out/machines/{name}/user-data"))).unwrap();
        assert_eq!(STANDARD.decode(instance["data"].as_str().unwrap()).unwrap(), file, "{name}");
        let role = wanted["vpc_security_group_ids"][0].as_str().unwrap();
        let role = role.trim_start_matches("${aws_security_group.").trim_end_matches(".id}");
        assert_eq!(instance["groups"], serde_json::json!([format!("lab-{role}")]), "{name}");
    }
    let rules = |group: &str| -> BTreeSet<String> {
        made["rules"][group].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap().to_owned()).collect()
    };
    for (group, wanted) in wanted_rules(written) {
        assert_eq!(rules(&group), wanted, "{group}");
    }
    let disk = |machine: &str| (format!("{machine}-etcd"), serde_json::json!([20, "/dev/sdf", machine]));
    let disks: serde_json::Map<String, Json> = ["cp-0", "cp-1", "cp-2"].map(disk).into_iter().collect();
    assert_eq!(made["volumes"], Json::Object(disks));
    assert_eq!(made["balancers"], serde_json::json!(["lab-cloud-balancer"]));
}

fn wanted_rules(written: &Json) -> BTreeMap<String, BTreeSet<String>> {
    let group =
        |text: &str| format!("lab-{}", text.trim_start_matches("${aws_security_group.").trim_end_matches(".id}"));
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in written["resource"]["aws_vpc_security_group_ingress_rule"].as_object().unwrap().values() {
        let text = |key: &str| rule[key].as_str();
        let from = text("referenced_security_group_id").map(group);
        let from = from.or_else(|| text("cidr_ipv4").or_else(|| text("cidr_ipv6")).map(str::to_owned)).unwrap();
        let port = format!("{}/{}-{}", text("ip_protocol").unwrap(), rule["from_port"], rule["to_port"]);
        all.entry(group(text("security_group_id").unwrap())).or_default().insert(format!("{port} {from}"));
    }
    all
}
