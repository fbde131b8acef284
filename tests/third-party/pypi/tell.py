"""One line a check. `run` counts the lines that begin with `ok` and `FAILED`."""

import os
import sys
import traceback


class Checks:
    """Runs checks and remembers whether one failed."""

    def __init__(self):
        self.failed = False

    def check(self, name, look):
        """Runs one check and says how it went."""
        try:
            note = look()
            print(f"ok {name}" + (f": {note}" if note else ""), flush=True)
        except BaseException:  # noqa: BLE001 - a check that ends the process has failed as well
            self.failed = True
            print(f"FAILED {name}: " + traceback.format_exc().strip().replace("\n", "\n    "), flush=True)

    def end(self):
        """Ends the process, by what was seen."""
        sys.exit(1 if self.failed else 0)


def must(holds, why):
    """What must hold, in so many words."""
    if not holds:
        raise AssertionError(why)


def given(name):
    """A setting that `run` hands over."""
    must(os.environ.get(name), f"{name} is not set: start this by tests/third-party/run")
    return os.environ[name]
