#!/usr/bin/env python3
"""Times `kmodel apply` over SSH to thousands of machines that a double stands for, each answering after real delays.

    cargo build --release --bin kmodel --example fake-ssh
    benches/apply/measure.py [--machines 5000] [--parallel 32,128] [--at-once 50] [--delay 200,80,20000]

The delays are milliseconds: to connect, to run a script on a connection that is there, and until a boot has ended. What OpenSSH
itself costs is not in it: `--ssh` measures that with a real server on loopback, and prints the cost of a connection.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = """use std/kubernetes
use std/load-balancer
use std/cni {{ flannel }}

cluster sim {{ kubernetes = 1.35.5, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14, renew = 30d }}
machines cp[3] {{ cores = 4, memory = 8GiB, disk = 60GiB }}
machines lb[2] {{ cores = 2, memory = 2GiB, disk = 20GiB }}
machines wrk[{workers}] {{ cores = 8, memory = 16GiB, disk = 60GiB, at-once = {at_once} }}

deploy etcd on cp {{ snapshot-every = 6h }}
deploy kube-apiserver, kube-controller-manager, kube-scheduler, addons on cp
deploy haproxy, keepalived on lb
deploy containerd, kube-proxy, flannel on cp, wrk
deploy kubelet on cp, wrk {{ {option} }}
deploy rbac, coredns, admin

target ssh {{ first-use = true }}
"""


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--machines", type=int, default=5000)
    args.add_argument("--parallel", default="32,128")
    args.add_argument("--at-once", type=int, default=50)
    args.add_argument("--delay", default="200,80,20000")
    args.add_argument("--kmodel", type=Path, default=ROOT / "target/release/kmodel")
    args.add_argument("--double", type=Path, default=ROOT / "target/release/examples/fake-ssh")
    args.add_argument("--ssh", action="store_true")
    args = args.parse_args()
    if args.ssh:
        return openssh()
    for parallel in args.parallel.split(","):
        with tempfile.TemporaryDirectory(prefix="kmodel-apply-") as folder:
            simulate(args, Path(folder), parallel)


def simulate(args, folder, parallel):
    (folder / "machines").mkdir()
    env = dict(os.environ, FAKE=str(folder / "machines"), FAKE_DELAY=args.delay, KMODEL_SSH=str(args.double))
    print(f"{args.machines} machines, {parallel} at a time, delays {args.delay} ms")

    def run(what, option=""):
        model = MODEL.format(workers=args.machines - 5, at_once=args.at_once, option=option)
        (folder / "cluster.km").write_text(model)
        command = [args.kmodel, "apply", "cluster.km", "--parallel", parallel]
        # Of the process alone: of its children, the double is none of kmodel.
        timed = ["/usr/bin/env", "bash", "-c", 'TIMEFORMAT="%U %S"; "$@" >out 2>err; code=$?; exit $code', "-", *command]
        begin = time.monotonic()
        process = subprocess.Popen(timed, cwd=folder, env=env)
        own = watch(process)
        elapsed = time.monotonic() - begin
        last = (folder / ("err" if process.returncode else "out")).read_text().strip().splitlines()[-12:]
        print(f"  {what:<32} {elapsed:8.1f} s elapsed  {own['cpu']:6.1f} s CPU  {own['memory'] >> 20:5} MiB  "
              f"{last[-1] if process.returncode == 0 else chr(10).join(last)}", flush=True)

    run("all machines set up")
    run("nothing changed")
    run("an option of every kubelet", "max-pods = 100")


def watch(process):
    """CPU seconds of kmodel alone and its peak of memory, read while it runs."""
    own = {"cpu": 0.0, "memory": 0}
    tick = os.sysconf("SC_CLK_TCK")
    while process.poll() is None:
        for child in children(process.pid):
            try:
                fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
                status = Path(f"/proc/{child}/status").read_text()
            except OSError:
                continue
            own["cpu"] = max(own["cpu"], (int(fields[11]) + int(fields[12])) / tick)
            peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0")
            own["memory"] = max(own["memory"], int(peak.split()[1]) << 10)
        time.sleep(0.05)
    return own


def children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def openssh(count=60):
    """What a connection of the real client costs: CPU of the client with a new one, on one that is there, and its memory."""
    folder = Path(tempfile.mkdtemp(prefix="kmodel-ssh-"))
    Path("/run/sshd").mkdir(exist_ok=True)
    started = []
    try:
        for name in ["host", "user"]:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        shutil.copy(folder / "user.pub", folder / "authorized_keys")
        server = subprocess.Popen(
            [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", "2299", "-h", folder / "host",
             "-o", "ListenAddress=127.0.0.1", "-o", f"AuthorizedKeysFile={folder}/authorized_keys", "-o", "StrictModes=no",
             "-o", "PidFile=none", "-o", "MaxStartups=100", "-o", "PermitRootLogin=yes", "-o", "UsePAM=no"],
            stderr=subprocess.DEVNULL)
        started.append(server)
        time.sleep(1)
        base = ["ssh", "-F", "/dev/null", "-p", "2299", "-i", folder / "user", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known", "-o", "LogLevel=ERROR"]

        def cost(what, options):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begin = time.monotonic()
            for _ in range(count):
                subprocess.run([*base, *options, "root@127.0.0.1", "true"], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            elapsed = time.monotonic() - begin
            print(f"  {what:<32} {1000 * cpu / count:6.1f} ms CPU  {1000 * elapsed / count:6.1f} ms elapsed; the client's alone")

        cost("a new connection", [])
        master = subprocess.Popen([*base, "-N", "-M", "-S", folder / "socket", "root@127.0.0.1"])
        started.append(master)
        while not (folder / "socket").exists():
            time.sleep(0.05)
        cost("a script on one that is there", ["-S", folder / "socket"])
        rollup = Path(f"/proc/{master.pid}/smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup[1:]}
        print(f"  memory of a connection           {(sizes['Private_Dirty'] + sizes['Private_Clean']) / 1024:.1f} MiB of its own, "
              f"{sizes['Rss'] / 1024:.1f} MiB with what is shared")
    finally:
        for process in started:
            process.terminate()
            process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
