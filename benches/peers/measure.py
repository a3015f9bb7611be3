#!/usr/bin/env python3
"""What other programs take to write the units of the same machines, beside kmodel, in turn.

    benches/peers/measure.py target/release/kmodel
    benches/peers/measure.py target/release/kmodel --machines 100 1000 --rounds 5 --only Nix Pkl

Each writes the texts of six units for each machine as JSON, which is compared with what is expected. `kmodel plan` is measured
with the same units: it writes no unit, but plans and verifies the cluster. `kmodel render --no-tree` writes what the machines
get, as user-data. Programs that are not installed are listed as not run. Figures are of the whole process and what it starts:
CPU seconds and peak memory, medians; the ratio is to `kmodel plan`.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading

from languages import PEERS, kmodel


def write(folder, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)) or folder, exist_ok=True)
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)


# So many seconds a program may take for one size.
LIMIT = 60


def run(command, folder):
    """Its CPU seconds and MiB."""
    with open(os.path.join(folder, "stdout"), "wb") as out, open(os.path.join(folder, "stderr"), "wb") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err)
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -9:
        raise RuntimeError(f"it was ended after {LIMIT} s")
    if process.returncode != 0:
        with open(os.path.join(folder, "stderr"), encoding="utf-8", errors="replace") as file:
            raise RuntimeError(file.read()[-600:].strip() or f"exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def is_right(folder, machines):
    """Whether the output is what is expected; found by another process, since what a process starts with counts as its memory."""
    path = os.path.join(folder, "out.json")
    path = path if os.path.exists(path) else os.path.join(folder, "stdout")
    compare = "import json, sys, languages as l; sys.exit(json.load(open(sys.argv[1])) != l.expected(int(sys.argv[2])))"
    command = [sys.executable, "-c", compare, path, str(machines)]
    return subprocess.run(command, cwd=os.path.dirname(os.path.abspath(__file__)), stderr=subprocess.DEVNULL, check=False).returncode == 0


def version(command):
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).strip().splitlines()[0] if said.stdout + said.stderr else "?"


class Runner:
    def __init__(self, name, files, command, told, compared):
        self.name, self.files, self.command, self.told, self.compared = name, files, command, told, compared
        self.figures, self.why = [], None

    def prepare(self, root, machines):
        self.folder = os.path.join(root, self.name.replace(" ", "-"))
        os.makedirs(self.folder)
        write(self.folder, self.files(machines))
        self.figures, self.why = [], None
        if self.name == "Terraform":
            subprocess.run(["terraform", "init", "-no-color"], cwd=self.folder, capture_output=True, check=False)

    def measure(self, machines):
        if self.why is None:
            try:
                figures = run(self.command, self.folder)
                if self.compared and not self.figures and not is_right(self.folder, machines):
                    raise RuntimeError("its output is not what is expected")
                self.figures.append(figures)
            except RuntimeError as error:
                self.why = " ".join(str(error).split())


def row(runner, base):
    if runner.why is not None:
        return f"| {runner.name} | {runner.version} | failed: {runner.why[:200]} | | |"
    cpu, memory = (statistics.median(values) for values in zip(*runner.figures))
    return f"| {runner.name} | {runner.version} | {cpu:.2f} s | {memory:.0f} MiB | {cpu / base:.1f} |"


def measure(runners, machines, rounds):
    with tempfile.TemporaryDirectory() as root:
        for runner in runners:
            runner.prepare(root, machines)
        for _ in range(rounds):
            for runner in runners:
                runner.measure(machines)
    if runners[0].why:
        sys.exit(runners[0].why)
    base = statistics.median(cpu for cpu, _ in runners[0].figures)
    print(f"\n### {machines:,} machines, {6 * machines:,} units\n")
    print("| program | version | CPU | peak memory | ratio |\n| --- | --- | --- | --- | --- |")
    for runner in runners:
        print(row(runner, base), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="a release build of kmodel")
    parser.add_argument("--machines", nargs="+", type=int, default=[1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", help="these programs alone, beside kmodel")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    own = [program, "--version"]
    runners = [
        Runner("kmodel plan", kmodel, [program, "plan", "lab.km"], own, False),
        Runner("kmodel render", kmodel, [program, "render", "lab.km", "--no-tree", "--fresh", "--out", "build"], own, False),
    ]
    missing = []
    for peer in PEERS:
        if arguments.only and peer[0] not in arguments.only:
            continue
        if shutil.which(peer[2][0]):
            runners.append(Runner(*peer))
        else:
            missing.append(peer[0])
    for runner in runners:
        runner.version = version(runner.told)
    for machines in arguments.machines:
        measure(runners, machines, arguments.rounds)
    if missing:
        print(f"\nNOT RUN, since they are not installed: {', '.join(missing)}")


if __name__ == "__main__":
    main()
