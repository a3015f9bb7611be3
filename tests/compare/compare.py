#!/usr/bin/env python3
"""What common tools report for configurations that broke real clusters, and what kmodel reports.

    tests/compare/compare.py             print the table, from the tools that are installed
    tests/compare/compare.py --write     write it into docs/comparison.md, between the markers
    tests/compare/compare.py --kmodel    in docs/comparison.md, update only the cases' titles and kmodel's column
    tests/compare/compare.py --new       in docs/comparison.md, add the cases that have no row yet, from the tools that are installed

Each tool gets the mistake in its own format, in a directory of its own. The table names tools that are not installed.
tools.py shows how each tool is called, mistakes.py its input. kmodel is `target/debug/kmodel`, or what KMODEL names.
"""


import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from mistakes import MISTAKES
from tools import KUBESPRAY, ROOT, TOOLS, VERSIONS, call, find

KMODEL = os.environ.get("KMODEL", str(ROOT / "target/debug/kmodel"))
SILENT = "**nothing**"
OPEN, CLOSE = "<!-- table -->", "<!-- end of table -->"


def others(number):
    said = []
    for tool, given in MISTAKES.get(number, []):
        program, check = TOOLS[tool]
        if not find(program):
            said.append(f"`{tool}`: not installed here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            answer = check(Path(folder), given)
        said.append(f"`{tool}`: {answer}" if answer else f"`{tool}`: could not be run here")
    return "<br>".join(said) or "no tool for this was available"


# --- kmodel

def kmodel(path):
    head = path.read_text().splitlines()
    if path.parent.name == "output":
        # Nothing is wrong in the model: what a command prints is held by tests/cases/output.rs.
        run = next(line.removeprefix("// run: ") for line in head if line.startswith("// run: ")).split()[0]
        return f"`{run}` prints: " + ", ".join(line.removeprefix("// prints: ") for line in head if line.startswith("// prints: "))
    says = next(line.removeprefix("// says: ") for line in head if line.startswith("// says: "))
    run = next((line.removeprefix("// run: ") for line in head if line.startswith("// run: ")), "check FILE").split()
    name = str(path.relative_to(ROOT))
    command = [KMODEL, *[name if word == "FILE" else word for word in run], "--message-format", "json"]
    out = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    problems = [json.loads(line) for line in out.stderr.splitlines() if line.startswith("{")]
    problem = next((p for p in problems if p["code"] == says), None)
    if problem is None:
        return SILENT
    return f"{problem['severity']} `{says}`: {problem['message']}".replace("|", "\\|")


def title(path):
    text = " ".join(line.removeprefix("//! ") for line in path.read_text().splitlines() if line.startswith("//! "))
    return text.removeprefix("(guess) ").replace("|", "\\|")


def caught(answer):
    """Whether a cell reports a problem."""
    return re.search(r": (refused|valid, and warns|goes on, and logs)", answer) is not None


def cases():
    return sorted([*(ROOT / "tests/cases/broken").glob("*.km"), *(ROOT / "tests/cases/output").glob("*.km")], key=lambda path: path.name)


def row(path):
    number = path.name.split("-")[0]
    return f"| [{number}](../{path.relative_to(ROOT)}) | {title(path)} | {others(number)} | {kmodel(path)} |"


def count(rows):
    """How many of the rows report the problem: before a program runs, when it starts, and by kmodel."""
    before, at_start, ours = 0, 0, 0
    for line in rows:
        *_, said, own = re.split(r" (?<!\\)\| ", line.removeprefix("| ").removesuffix(" |"))
        early = any(caught(cell) for cell in said.split("<br>") if ", started`" not in cell)
        before += early
        at_start += not early and caught(said)
        ours += own != SILENT
    return (f"Static tools catch {before} of the {len(rows)} cases. Programs catch {at_start} more when they start. "
            f"kmodel catches {ours}.")


def table():
    rows = [row(path) for path in cases()]
    head = ["| case | mistake | other tools | kmodel |", "| --- | --- | --- | --- |"]
    return f"{count(rows)}\n\n" + "\n".join(head + rows)


def versions():
    lines = []
    for program, command in VERSIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            line = call(command, Path(folder))[1].strip().splitlines()[0] if find(program) else "not installed here"
        lines.append(f"* `{program}`: {line.split(' - ')[0].strip()}")
    if KUBESPRAY:
        tag = subprocess.run(["git", "-C", KUBESPRAY, "describe", "--tags"], text=True, stdout=subprocess.PIPE).stdout.strip()
        lines.append(f"* Kubespray: {tag or 'of no tag'}")
    return "\n".join(lines)


def own_column(page):
    """The page with kmodel's column and the titles of now, and all else as it was."""
    lines = []
    for line in page.splitlines():
        link = re.match(r"\| \[\d+\]\(\.\./([^)]*)\) \|", line)
        if link:
            cells = re.split(r" (?<!\\)\| ", line.removeprefix("| ").removesuffix(" |"))
            path = ROOT / link[1]
            line = f"| {cells[0]} | {title(path)} | {cells[2]} | {kmodel(path)} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def with_new(page):
    """The page with a row for each case that has none, and counts of all."""
    lines = page.splitlines()
    is_row = lambda line: re.match(r"\| \[\d+\]", line)
    missing = [path for path in cases() if f"(../{path.relative_to(ROOT)})" not in page]
    last = max(place for place, line in enumerate(lines) if is_row(line))
    lines[last + 1:last + 1] = [row(path) for path in missing]
    rows = [line for line in lines if is_row(line)]
    lines = [count(rows) if line.startswith("Static tools catch ") else line for line in lines]
    return "\n".join(lines) + "\n"


def main():
    page = ROOT / "docs/comparison.md"
    if "--kmodel" in sys.argv:
        page.write_text(own_column(page.read_text()))
        return
    if "--new" in sys.argv:
        page.write_text(with_new(page.read_text()))
        return
    text = f"{versions()}\n\n{table()}"
    if "--write" not in sys.argv:
        print(text)
        return
    before, rest = page.read_text().split(OPEN)
    page.write_text(f"{before}{OPEN}\n\n{text}\n\n{CLOSE}{rest.split(CLOSE)[1]}")


if __name__ == "__main__":
    main()
