#!/usr/bin/env python3
"""How the work of a plan grows with each thing that a model can have more of, in instructions and not in time.

    benches/growth/measure.py target/release/kmodel
    benches/growth/measure.py target/release/kmodel groups files --keep /tmp/models

Each model has three sizes, each three times the one before. valgrind counts the instructions of `kmodel plan` for each; what
two steps differ in is compared, so that what every plan costs is left out. 1.00 is linear.
"""

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

from models import GROWING


def instructions(program, folder):
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program, "plan", "lab.km"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "RAYON_NUM_THREADS": "1"})
    if result.returncode != 0:
        sys.exit(f"{folder}: exit code {result.returncode}\n{result.stderr[-3000:]}")
    return int(re.search(r"I\s+refs:\s+([\d,]+)", result.stderr)[1].replace(",", ""))


def exponent(program, name, keep):
    model, first = GROWING[name]
    sizes, counts = [first, 3 * first, 9 * first], []
    for size in sizes:
        folder = os.path.join(keep, f"{name}-{size}")
        os.makedirs(folder, exist_ok=True)
        for path, text in model(size).items():
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
        counts.append(instructions(program, folder))
    grown = math.log((counts[2] - counts[1]) / (counts[1] - counts[0]), 3)
    return sizes, counts, grown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="a release build of kmodel")
    parser.add_argument("names", nargs="*", default=list(GROWING), help="what grows: " + ", ".join(GROWING))
    parser.add_argument("--keep", help="leave the models in this folder")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed, so nothing was measured")
    program = os.path.abspath(arguments.program)
    print("| in | sizes | million instructions | exponent |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.names:
            sizes, counts, grown = exponent(program, name, os.path.abspath(arguments.keep or scratch))
            shown = ", ".join(f"{count / 1e6:,.0f}" for count in counts)
            print(f"| {name} | {', '.join(f'{size:,}' for size in sizes)} | {shown} | {grown:.2f} |", flush=True)


if __name__ == "__main__":
    main()
