"""Applying again: nothing, more machines, fewer, and a changed option. What is not meant is not touched."""

import json

import inside


def second_apply_changes_nothing(cluster):
    before = inside.standing(cluster)
    said = cluster.apply()
    assert "no changes" in said, said
    said = cluster.apply("--dry-run")
    assert "no changes" in said, said
    assert_untouched(cluster, before)


def assert_untouched(cluster, before):
    after = inside.standing(cluster)
    for machine, standing in before.items():
        assert after.get(machine) == standing, f"{machine} was touched:\n{standing}\n--- now\n{after.get(machine)}"


def workers_come_and_go(cluster):
    """wrk[3] -> wrk[5] -> wrk[3]."""
    before = inside.standing(cluster)
    cluster.sets["workers"] = 5
    cluster.apply()
    assert [name for name in cluster.machines() if name.startswith("wrk")] == [f"wrk-{i}" for i in range(5)]
    inside.cloud_init_is_done(cluster)
    inside.no_unit_has_failed(cluster)
    inside.containerd_is_up(cluster)
    assert_untouched(cluster, before)
    del cluster.sets["workers"]
    said = cluster.kmodel("apply")
    assert said.code != 0 and "--yes" in said.err, f"machines may not go without a word: {said}"
    assert len(cluster.machines()) == 9
    cluster.apply("--yes")
    assert [name for name in cluster.machines() if name.startswith("wrk")] == [f"wrk-{i}" for i in range(3)]
    assert_untouched(cluster, before)


def members_come_and_go(cluster):
    """cp[3] -> cp[5] -> cp[3]: what was written stays, and every member knows all the others."""
    cluster.ask("cp-0", f"{inside.ETCDCTL} put members kept")
    cluster.sets["members"] = 5
    cluster.apply()
    assert_members(cluster, 5)
    del cluster.sets["members"]
    cluster.apply("--yes")
    assert_members(cluster, 3)
    inside.load_balancer_answers(cluster)


def assert_members(cluster, count):
    names = [f"cp-{i}" for i in range(count)]
    assert [name for name in cluster.machines() if name.startswith("cp")] == names
    for machine in names:
        members = json.loads(cluster.ask(machine, f"{inside.ETCDCTL} member list -w json"))["members"]
        assert sorted(member.get("name", "") for member in members) == names, members
        health = json.loads(cluster.ask(machine, f"{inside.ETCDCTL} endpoint health --cluster -w json 2>/dev/null"))
        assert len(health) == count and all(member["health"] for member in health), health
        assert "kept" in cluster.ask(machine, f"{inside.ETCDCTL} get members")


def option_restarts_only_its_unit(cluster):
    """The greeting is in the configuration of `answer` alone."""
    before = inside.standing(cluster)
    cluster.sets["greeting"] = "hi"
    cluster.apply()
    after = inside.standing(cluster)
    for machine, standing in before.items():
        kept = [line for line in standing.splitlines() if "answer.service" not in line]
        assert kept == [line for line in after[machine].splitlines() if "answer.service" not in line], (machine, after[machine])
        changed = standing != after[machine]
        assert changed == machine.startswith("cp"), f"{machine}: {standing}\n--- now\n{after[machine]}"
    inside.load_balancer_answers(cluster, "hi")


def stopped_machine_is_started(cluster):
    cluster.lxc("stop", "--force", "wrk-1")
    said = cluster.apply()
    assert "wrk-1" in said, said
    inside.no_unit_has_failed(cluster)


def volumes_outlive_machines(cluster):
    """A volume in machines that are there, then in one that is lost and made anew; a larger one; none."""
    cluster.sets["data"] = "1GiB"
    said = cluster.kmodel("apply")
    assert said.code != 0 and "--yes" in said.err and "over what the machine has there" in said.out, said
    cluster.apply("--yes")
    for machine in ["wrk-0", "wrk-1", "wrk-2"]:
        cluster.ask(machine, f"findmnt --noheadings /srv/data && echo {machine} >/srv/data/kept")
    assert "no changes" in cluster.apply()
    cluster.lxc("delete", "--force", "wrk-1")
    said = cluster.apply()
    assert "volume wrk-1_data with the data that it has" in said, said
    assert cluster.ask("wrk-1", "cat /srv/data/kept").strip() == "wrk-1"
    cluster.sets["data"] = "2GiB"
    said = cluster.apply()
    assert "volume wrk-0_data: size 1GiB -> 2GiB" in said and "no changes" in cluster.apply(), said
    del cluster.sets["data"]
    said = cluster.kmodel("apply")
    assert said.code != 0 and "--yes" in said.err and "volume wrk-0_data: remove it and all its data" in said.out, said
    cluster.apply("--yes")
    assert "_data" not in cluster.lxc("storage", "volume", "list", f"km-{cluster.name}", "-f", "csv")
    cluster.ask("wrk-1", "! findmnt /srv/data")
    inside.no_unit_has_failed(cluster)
