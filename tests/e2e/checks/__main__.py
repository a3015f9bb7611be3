"""The test on LXD: python3 checks FOLDER, beside a daemon (tests/e2e/lxd). FOLDER is emptied and used.

KMODEL is the program; KMODEL_E2E_MIRROR a folder of release files, of Kubernetes and what belongs to it.
"""

import os
import pathlib
import shutil
import sys

import apart
import change
import destroy
import fault
import files
import inside
import kubernetes
import look
import made
import releases
import ssh
import upgrade
from command import Cluster
from mirror import Mirror
from report import Report

HERE = pathlib.Path(__file__).resolve().parent.parent


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = Report()
    parts = {"plain": plain, "walled": walled, "over-ssh": over_ssh, "terraform": by_terraform, "upgraded": upgraded}
    chosen = os.environ.get("KMODEL_E2E_PARTS", " ".join(parts)).split()
    for name in chosen:
        parts[name](report, folder / name)
    for name in parts.keys() - set(chosen):
        report.skip(f"KMODEL_E2E_PARTS leaves out {name}")
    releases_folder = os.environ.get("KMODEL_E2E_MIRROR")
    if releases_folder:
        whole(report, folder / "k8s", pathlib.Path(releases_folder).resolve())
    else:
        report.skip("KMODEL_E2E_MIRROR names no folder of release files: Kubernetes itself was not brought up")
    return report.end()


def answering(name, model, folder, port):
    """A cluster of etcd and the small program that answers from it, and the mirror that has the file it downloads."""
    folder.mkdir()
    for file in [model, "answer.km", "answer.py"]:
        shutil.copy(HERE / file, folder)
    hello = folder / "mirror/files.example.org/e2e/hello.txt"
    hello.parent.mkdir(parents=True)
    hello.write_text("hello world\n")
    return Cluster(name, folder / model), Mirror(folder / "mirror", port)


def plain(report, folder):
    """A cluster of what the image holds."""
    cluster, mirror = answering("e2e", "cluster.km", folder, 8077)

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
    report.check("three members of etcd to five and back", change.members_come_and_go, cluster)
    report.check("a changed option restarts only its unit", change.option_restarts_only_its_unit, cluster)
    report.check("wrk[3] to wrk[5] and back touches no other", change.workers_come_and_go, cluster)
    report.check("a stopped machine is started", change.stopped_machine_is_started, cluster)
    report.check("volumes outlive their machines, grow, and leave after asking", change.volumes_outlive_machines, cluster)
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


def walled(report, folder):
    """etcd apart, and a packet filter on every machine."""
    cluster, mirror = answering("apart", "apart.km", folder, 8079)

    report.stage("etcd apart, behind packet filters")
    mirror.up()
    if not report.check("apply brings up 6 machines", cluster.apply):
        return
    report.check("every machine filters", apart.every_machine_filters, cluster)
    report.check("the second apply changes nothing", change.second_apply_changes_nothing, cluster)
    report.check("three members of etcd to five and back", apart.members_grow_and_shrink, cluster)
    report.check("a member without its data joins again", apart.wiped_member_joins_again, cluster)
    report.check("authorities are replaced under clients that dial", apart.authorities_are_replaced, cluster)
    report.check("a backup is brought back, also onto members without data", apart.backup_is_brought_back, cluster, folder)
    report.check("a filter that does not load opens nothing", apart.filter_is_not_opened, cluster)
    report.check("each machine boots twice without an ordering cycle", apart.machines_boot_twice, cluster)
    report.check("status says that all is up", look.all_is_up, cluster)
    report.check("destroy removes it", destroy.all_is_removed, cluster)
    mirror.down()


def over_ssh(report, folder):
    """The same cluster on machines that exist."""
    lxd, mirror = answering("e2e", "cluster.km", folder, 8077)
    ssh.model_over_ssh(folder)
    cluster = ssh.Servers("e2e", lxd.model)

    report.stage("On machines that exist, over SSH")
    if not report.check("machines with an SSH server are made", ssh.machines_are_made, cluster):
        return
    mirror.up()
    if not report.check("apply sets up 7 machines", cluster.apply):
        return
    report.check("no unit has failed", inside.no_unit_has_failed, cluster)
    report.check("etcd has three healthy members over mutual TLS", inside.etcd_has_three_healthy_members, cluster)
    report.check("the load balancer answers, from every machine behind it", inside.load_balancer_answers, cluster)
    report.check("containerd is up", inside.containerd_is_up, cluster)
    report.check("the second apply changes nothing", change.second_apply_changes_nothing, cluster)
    report.check("three members of etcd to five and back", change.members_come_and_go, cluster)
    report.check("a changed option restarts only its unit", change.option_restarts_only_its_unit, cluster)
    report.check("an apply that is killed is taken up", fault.killed_apply_is_taken_up, cluster)
    report.check("status says what is", look.status_says_what_is, cluster)
    report.check("debug finds a relation that was broken", look.debug_finds_a_broken_relation, cluster, folder)
    report.check("a host with another key is refused", ssh.a_stranger_is_refused, cluster)
    report.check("destroy leaves the machines, and nothing of the cluster", ssh.destroy_leaves_the_machines, cluster)
    mirror.down()


def by_terraform(report, folder):
    """The same cluster on machines that Terraform makes."""
    if not made.is_possible():
        report.skip("neither Terraform nor OpenTofu is installed: no machine was made by it")
        return
    lxd, mirror = answering("e2e", "cluster.km", folder, 8077)
    made.model_by_terraform(folder, HERE)
    cluster = made.Made("e2e", lxd.model)

    report.stage("On machines that Terraform makes")
    mirror.up()
    report.check("a dry run makes nothing", made.dry_run_makes_nothing, cluster)
    report.check("an apply that is interrupted, and one that is killed", made.interrupted_and_killed_while_machines_are_made, cluster)
    if not report.check("apply goes on from there, and sets up 7 machines", cluster.apply):
        return
    report.check("cloud-init finished without error", inside.cloud_init_is_done, cluster)
    report.check("no unit has failed", inside.no_unit_has_failed, cluster)
    report.check("etcd has three healthy members over mutual TLS", inside.etcd_has_three_healthy_members, cluster)
    report.check("the load balancer answers, from every machine behind it", inside.load_balancer_answers, cluster)
    report.check("no private key is in a machine's configuration", files.no_key_travels_in_user_data, cluster)
    report.check("the second apply changes nothing", change.second_apply_changes_nothing, cluster)
    report.check("three members of etcd to five and back", change.members_come_and_go, cluster)
    report.check("wrk[3] to wrk[5] and back touches no other", change.workers_come_and_go, cluster)
    report.check("a changed option restarts only its unit", change.option_restarts_only_its_unit, cluster)
    report.check("what Terraform changes of a machine comes in its turn", made.changed_in_place, cluster)
    report.check("machines are made anew one at a time, if that is said", made.made_anew, cluster)
    report.check("an apply that is killed is taken up", fault.killed_apply_is_taken_up, cluster)
    report.check("status says what is", look.status_says_what_is, cluster)
    report.check("debug finds a relation that was broken", look.debug_finds_a_broken_relation, cluster, folder)
    report.check("destroy leaves nothing", made.nothing_is_left, cluster)
    mirror.down()


def upgraded(report, folder):
    """Programs that write down when they start."""
    folder.mkdir()
    shutil.copy(HERE / "upgrade.km", folder)
    cluster, mirror = Cluster("upgrade", folder / "upgrade.km"), Mirror(folder / "mirror", 8080)

    report.stage("An upgrade, program by program")
    upgrade.release(cluster, mirror, "1")
    mirror.up()
    if not report.check("apply brings up 3 machines", cluster.apply):
        return
    report.check("programs get their new version in order", upgrade.programs_come_in_order, cluster, mirror)
    report.check("an upgrade that is killed is taken up", upgrade.a_killed_one_is_taken_up, cluster, mirror)
    report.check("a drain that fails changes nothing, and is tried again", upgrade.a_drain_that_fails_is_tried_again, cluster, mirror)
    report.check("the second apply changes nothing", change.second_apply_changes_nothing, cluster)
    report.check("destroy removes it", destroy.all_is_removed, cluster)
    mirror.down()


def whole(report, folder, release_files):
    """Kubernetes, all of it."""
    folder.mkdir()
    shutil.copy(HERE / "kubernetes.km", folder)
    cluster = Cluster("k8s", folder / "kubernetes.km")
    mirror = Mirror(release_files, 8078)

    report.stage(f"Kubernetes from {release_files}")
    if not report.check("the folder has all that is wanted", prepare, cluster, release_files):
        return
    version = cluster.sets["version"]
    print(f"       Kubernetes {version}, {cluster.sets['hashes'].count(chr(10))} files of own builds", flush=True)
    mirror.up()
    if not report.check("apply brings up 6 machines, and every unit is up", cluster.apply):
        return
    api = kubernetes.Kubernetes(cluster, kubernetes.kubectl_of(release_files, version, folder))
    report.check("cloud-init finished without error", inside.cloud_init_is_done, cluster)
    report.check("no unit has failed", inside.no_unit_has_failed, cluster)
    report.check("files and modes are as in the manifest", files.files_are_as_in_the_manifest, cluster, folder / "out")
    report.check("etcd has three healthy members over mutual TLS", inside.etcd_has_three_healthy_members, cluster)
    report.check("the control plane is healthy on all three machines", kubernetes.control_plane_is_healthy, api)
    report.check("every node is there", kubernetes.every_node_is_there, api, version)
    report.check("kubelets answer API servers", kubernetes.kubelets_answer_the_api_server, api)
    report.check("RBAC and addons are applied", kubernetes.rbac_and_addons_are_applied, api)
    report.check("controller manager and scheduler are elected", kubernetes.leaders_are_elected, api)
    report.check("controllers make pods and the scheduler places them", kubernetes.controllers_do_their_work, api)
    report.check("a service account token works", kubernetes.service_account_token_works, api)
    report.check("a Secret is unreadable in etcd", kubernetes.secret_is_unreadable_in_etcd, api)
    report.check("status says that all is up", look.all_is_up, cluster)
    report.check("debug finds nothing where all is well", look.debug_finds_nothing, cluster, folder)
    report.check("the API outlives one machine of the control plane", kubernetes.api_survives_the_loss_of_a_machine, api)
    if "cpu" not in pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text().split():
        report.skip("this host gives no cpu controller to control groups of version 2: no pod can run, so none was tried")
    report.check("destroy removes it", destroy.all_is_removed, cluster)
    mirror.down()


def prepare(cluster, release_files):
    cluster.sets["version"] = releases.version_in(release_files)
    cluster.sets["hashes"] = "".join(f"{line}\n" for line in releases.own_builds(cluster, release_files))


sys.exit(main())
