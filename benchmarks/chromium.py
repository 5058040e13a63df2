"""Chromium for the browser tests and the benchmark of the page: where it is, and how to install it.

Run as a script it does nothing where a Chromium is found, and installs one by apt-get where none
is. It needs the standard library only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
BAD_INPUT = 2


def find_chromium() -> str | None:
    """The path of a Chromium: the one that CHROMIUM names, else the first of the usual names."""
    if given := os.environ.get(VARIABLE):
        return given if os.access(given, os.X_OK) and Path(given).is_file() else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def missing_sentence() -> str:
    """What to do where there is none."""
    if given := os.environ.get(VARIABLE):
        return f"{VARIABLE} is {given}, which is no program; give the path of a Chromium."
    return (f"no Chromium is here ({', '.join(NAMES)}); install the package {PACKAGE}, or name "
            f"the program with {VARIABLE}=path.")


def installer() -> list[str] | None:
    """How apt-get is run with the rights that it needs; None where it cannot be."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    allowed = shutil.which("sudo") and not subprocess.run(
        ["sudo", "-n", "true"], capture_output=True).returncode
    return ["sudo", "-n", "apt-get"] if allowed else None


def install() -> str | None:
    """Install the package; what went wrong as a sentence, None where nothing did."""
    command = installer()
    if command is None:
        return missing_sentence()
    print(f"no Chromium is here: installing the package {PACKAGE} with apt-get", file=sys.stderr)
    subprocess.run([*command, "update", "-qq"])
    # Recommended packages are fonts and desktop parts; DejaVu's fonts come with the dependencies.
    ended = subprocess.run([*command, "install", "-qq", "--yes", "--no-install-recommends",
                            PACKAGE])
    return missing_sentence() if ended.returncode or not find_chromium() else None


def main() -> None:
    """See that a Chromium is there; exit code 2 and one sentence where that fails."""
    if find_chromium():
        return
    reason = missing_sentence() if os.environ.get(VARIABLE) else install()
    if reason:
        print(reason, file=sys.stderr)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
