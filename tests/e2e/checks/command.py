"""Commands with an end: of this machine, of kmodel, and inside machines of the cluster."""

import os
import subprocess

KMODEL = os.environ["KMODEL"]
# What is read below is printed in this locale.
os.environ["LC_ALL"] = "C.UTF-8"


class Said:
    """What a command said, and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        self.all = out + err

    def __str__(self):
        return f"exit {self.code}\n{self.all}"


def run(arguments, timeout=120, **options):
    """Runs a command; never longer than `timeout` seconds."""
    process = start(arguments, **options)
    return ended(process, timeout)


def start(arguments, stdin=subprocess.DEVNULL, **options):
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, stdin=stdin, stdout=pipe, stderr=pipe, text=True, **options)


def ended(process, timeout):
    """Waits for a command that was started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{' '.join(process.args)}: no end within {timeout} s\n{out}{err}") from None
    return Said(process.returncode, out, err)


def succeed(arguments, timeout=120, **options):
    """What a command printed; asserts that it succeeded."""
    said = run(arguments, timeout, **options)
    assert said.code == 0, f"{' '.join(arguments)}: {said}"
    return said.out


class Cluster:
    """A model, and the cluster of it on LXD."""

    def __init__(self, name, model):
        self.name, self.model = name, model
        self.sets = {}

    def arguments(self, command, *more):
        sets = [part for name, value in self.sets.items() for part in ("--set", f"{name}={value}")]
        # `pki` has commands of its own.
        words, more = ([command, more[0]], more[1:]) if command == "pki" else ([command], more)
        return [KMODEL, *words, str(self.model), *sets, *more]

    def kmodel(self, command, *more, timeout=600, **options):
        return run(self.arguments(command, *more), timeout, **options)

    def start(self, command, *more, **options):
        return start(self.arguments(command, *more), **options)

    def apply(self, *more, timeout=600):
        """What `apply` printed; asserts that all is up after it."""
        said = self.kmodel("apply", "--timeout", str(timeout), *more, timeout=timeout + 60)
        assert said.code == 0, f"apply: {said}"
        return said.out

    def lxc(self, *arguments, timeout=120):
        return succeed(["lxc", "--project", self.name, *arguments], timeout)

    def machines(self):
        return sorted(self.lxc("list", "-c", "n", "-f", "csv").split())

    def inside(self, machine, script, timeout=60, **options):
        """What a shell script prints on a machine, and how it ends."""
        command = ["lxc", "--project", self.name, "exec", machine, "-T", "--", "bash", "-c", script]
        return run(command, timeout, **options)

    def ask(self, machine, script, timeout=60):
        """What a shell script prints on a machine; asserts that it succeeds."""
        said = self.inside(machine, script, timeout)
        assert said.code == 0, f"{machine}: {script}: {said}"
        return said.out.strip()
