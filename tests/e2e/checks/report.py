"""Runs checks one after another, says what each one found and how long it took, and keeps what failed."""

import time
import traceback


class Report:
    def __init__(self):
        self.count = 0
        self.failed = []
        self.skipped = []

    def check(self, title, function, *arguments):
        """Runs one check; whether it passed. A check fails by an AssertionError, or by a command that fails."""
        begin = time.monotonic()
        problem = None
        try:
            function(*arguments)
        except Exception as error:  # whatever it is, the checks after it still run
            problem = str(error) or repr(error)
            if not isinstance(error, AssertionError):
                problem = traceback.format_exc()
        self.count += 1
        word = "FAILED" if problem else "ok"
        print(f"{word:>6} {time.monotonic() - begin:6.1f} s  {title}", flush=True)
        if problem:
            self.failed.append(title)
            print("".join(f"        {line}\n" for line in problem.rstrip().splitlines()), end="", flush=True)
        return problem is None

    def stage(self, title):
        print(f"\n{title}", flush=True)

    def skip(self, why):
        self.skipped.append(why)
        print(f"SKIPPED: {why}", flush=True)

    def end(self):
        """The exit code."""
        print()
        for title in self.failed:
            print(f"failed: {title}")
        for why in self.skipped:
            print(f"SKIPPED: {why}")
        word = "FAILED" if self.failed else "ok"
        print(f"e2e result: {word}. {self.count} checks, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return 1 if self.failed else 0


def eventually(seconds, function, *arguments):
    """What the function returns, once it returns something true; asserts that it does within this time."""
    end = time.monotonic() + seconds
    while True:
        last = None
        try:
            found = function(*arguments)
            if found:
                return found
        except AssertionError as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {last or function.__doc__ or function.__name__}")
        time.sleep(1)


