"""The test on LXD: python3 checks FOLDER, beside a daemon (tests/e2e/lxd). FOLDER is emptied and used.

KMODEL is the program; KMODEL_E2E_MIRROR a folder or an address with releases of Kubernetes.
"""

import pathlib
import shutil
import sys

import change
import destroy
import fault
import files
import inside
import look
from command import Cluster
from mirror import Mirror
from report import Report

HERE = pathlib.Path(__file__).resolve().parent.parent


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = Report()
    plain(report, folder)
    return report.end()


def plain(report, folder):
    """A cluster of what the image holds."""
    for name in ["cluster.km", "answer.km", "answer.py"]:
        shutil.copy(HERE / name, folder)
    hello = folder / "mirror/files.example.org/e2e/hello.txt"
    hello.parent.mkdir(parents=True)
    hello.write_text("hello world\n")
    mirror = Mirror(folder / "mirror", 8077)
    cluster = Cluster("e2e", folder / "cluster.km")

    report.stage("Without a server")
    report.check("the client is missing", fault.client_is_missing, cluster)
    report.check("the server is too old", fault.server_is_too_old, cluster)
    report.check("the server is away", fault.server_is_away, cluster)
    report.check("the user has no permission", fault.user_has_no_permission, cluster)

    report.stage("Bringing up 7 machines")
    report.check("mirror down, two at once, a machine stopped, a wrong hash", fault.first_apply_meets_everything, cluster, mirror)
    if not report.check("apply goes on from there, and all is up", cluster.apply):
        return

    report.stage("From inside")
    report.check("cloud-init finished without error", inside.cloud_init_is_done, cluster)
    report.check("no unit has failed", inside.no_unit_has_failed, cluster)
    report.check("etcd has three healthy members over mutual TLS", inside.etcd_has_three_healthy_members, cluster)
    report.check("etcd refuses who has no certificate of it", inside.etcd_refuses_strangers, cluster)
    report.check("the load balancer answers, from every machine behind it", inside.load_balancer_answers, cluster)
    report.check("containerd is up", inside.containerd_is_up, cluster)
    report.check("files and modes are as in the manifest", files.files_are_as_in_the_manifest, cluster, folder / "out")
    report.check("no private key is in a machine's configuration", files.no_key_travels_in_user_data, cluster)

    report.stage("Again")
    report.check("the second apply changes nothing", change.second_apply_changes_nothing, cluster)
    report.check("a changed option restarts only its unit", change.option_restarts_only_its_unit, cluster)
    report.check("wrk[3] to wrk[5] and back touches no other", change.workers_come_and_go, cluster)
    report.check("a stopped machine is started", change.stopped_machine_is_started, cluster)
    report.check("a full disk on one machine", fault.disk_is_full, cluster)
    report.check("an apply that is killed is taken up", fault.killed_apply_is_taken_up, cluster)

    report.stage("Looking")
    report.check("status says what is", look.status_says_what_is, cluster)
    report.check("debug finds nothing where all is well", look.debug_finds_nothing, cluster, folder)
    report.check("debug finds a relation that was broken", look.debug_finds_a_broken_relation, cluster, folder)

    report.stage("Removing it")
    report.check("destroy asks first", destroy.destroy_asks, cluster)
    report.check("destroy removes what apply made, and nothing else", destroy.destroy_leaves_others_alone, cluster)
    mirror.down()


sys.exit(main())
