"""What a cluster of tests/e2e/cluster.km looks like from inside its machines."""

import base64
import http.client
import json
import re
import ssl
import tempfile

ETCDCTL = ". /etc/profile.d/etcdctl.sh; etcdctl"
CONTROL_PLANE = ["cp-0", "cp-1", "cp-2"]


def cloud_init_is_done(cluster):
    for machine in cluster.machines():
        status = json.loads(cluster.inside(machine, "timeout 90 cloud-init status --wait --format json", 100).out)
        assert status["status"] == "done" and not status["errors"], f"{machine}: {status}"
        assert not status.get("recoverable_errors"), f"{machine}: {status}"


def no_unit_has_failed(cluster):
    for machine in cluster.machines():
        failed = cluster.ask(machine, "systemctl list-units --failed --no-legend --plain")
        assert not failed, f"{machine}: {failed}"
        cluster.ask(machine, "/usr/local/lib/kmodel/boot units")


def etcd_has_three_healthy_members(cluster):
    for machine in CONTROL_PLANE:
        members = json.loads(cluster.ask(machine, f"{ETCDCTL} member list -w json"))["members"]
        assert sorted(member.get("name", "") for member in members) == CONTROL_PLANE, members
        health = json.loads(cluster.ask(machine, f"{ETCDCTL} endpoint health --cluster -w json 2>/dev/null"))
        assert len(health) == 3 and all(member["health"] for member in health), health
    cluster.ask("cp-0", f"{ETCDCTL} put e2e written")
    assert "written" in cluster.ask("cp-2", f"{ETCDCTL} get e2e")


def etcd_refuses_strangers(cluster):
    """Without a certificate, and with one of another authority: by the members' addresses and between members."""
    certificates = {
        "none": "",
        "of another authority": "--cert /tmp/stranger.crt --key /tmp/stranger.key",
    }
    cluster.ask("cp-0", "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stranger"
                        " -keyout /tmp/stranger.key -out /tmp/stranger.crt 2>/dev/null")
    curl = "curl -sS --max-time 10 --cacert /etc/kubernetes/pki/etcd/ca.crt"
    for name, certificate in certificates.items():
        for port, path in [(2379, "health"), (2380, "members")]:
            address = address_of(cluster, "cp-1")
            said = cluster.inside("cp-0", f"{curl} {certificate} https://{address}:{port}/{path}")
            assert said.code != 0, f"a client with a certificate {name} was let in at {port}: {said}"
            # Refused by TLS, not for want of a connection: 56 is an alert of the server (35 in its handshake).
            assert said.code in (35, 56), f"certificate {name}, {port}: {said}"
    member = "--cert /etc/answer/store.crt --key /etc/answer/store.key"
    assert "true" in cluster.ask("cp-0", f"{curl} {member} https://{address_of(cluster, 'cp-1')}:2379/health")


def load_balancer_answers(cluster, greeting="hello"):
    """Through it every machine behind it answers, to the administrator: both sides verify each other."""
    administrator, stranger = client(cluster, "shown"), client(cluster, "kept")
    assert get(cluster, stranger, "/hello") == (200, "hello world\n")
    answers = {get(cluster, administrator, "/machine") for _ in range(12)}
    assert answers == {(200, f"{greeting} from {machine}") for machine in CONTROL_PLANE}, answers
    assert get(cluster, stranger, "/machine")[0] == 401, "a client without a certificate was answered"
    status = "curl -sS --fail http://127.0.0.1:8404/metrics | grep '^haproxy_server_status{.*state=\"UP\"'"
    assert cluster.ask("lb-0", status).count("} 1") == 3, cluster.ask("lb-0", status)


def client(cluster, certificate):
    """TLS as the administrator's kubeconfig says, with its certificate shown or kept."""
    text = (cluster.model.parent / ".kmodel" / cluster.name / "kubeconfig/admin.conf").read_text()
    data = {name: base64.b64decode(value).decode() for name, value in re.findall(r"([a-z-]+)-data: (\S+)", text)}
    context = ssl.create_default_context(cadata=data["certificate-authority"])
    if certificate == "shown":
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(data["client-certificate"] + data["client-key"])
            file.flush()
            context.load_cert_chain(file.name)
    return context


def get(cluster, context, path):
    """Status and text."""
    connection = http.client.HTTPSConnection(address_of(cluster, "lb-0"), 6443, timeout=10, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def containerd_is_up(cluster):
    for machine in cluster.machines():
        if machine.startswith("wrk"):
            said = cluster.ask(machine, "ctr version && ctr plugins ls -q id==cri -d | head -c 400; ctr plugins ls | grep cri")
            assert "Server:" in said and " ok" in said, f"{machine}: {said}"


def address_of(cluster, machine):
    listed = json.loads(cluster.lxc("list", f"^{machine}$", "-f", "json"))
    addresses = listed[0]["state"]["network"]["eth0"]["addresses"]
    return next(entry["address"] for entry in addresses if entry["family"] == "inet")


def standing(cluster):
    """What a machine would lose by being touched: since when it runs, and a line for each of its units."""
    script = ("awk '{ print $22 }' /proc/1/stat; for unit in $(/usr/local/lib/kmodel/boot units | cut -d' ' -f1); do "
              "systemctl show -p Id,MainPID,ActiveEnterTimestampMonotonic $unit | sort | paste -sd' '; done")
    return {machine: cluster.ask(machine, script) for machine in cluster.machines()}
