"""Make DVC's own files whole where a kill left half of them: no stage, but run before the stages.

DVC writes .dvc/tmp/rwlock and dvc.lock in their places, and refuses to work with half of one.
"""

import contextlib
import json
import subprocess
from pathlib import Path

import psutil
import yaml
from dvc.lock import LockError, make_lock
from dvc.rwlock import RWLOCK_FILE, RWLOCK_LOCK, SCHEMA
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from voluptuous import Invalid

from words_and_images.common.files import write_text
from words_and_images.common.progress import say

TEMPORARY = Path(".dvc") / "tmp"
LOCK_FILES = ("dvc.lock", "examples/dvc.lock")


def main() -> None:
    """Mend the files of the repository that one is in, unless DVC is at work on them."""
    TEMPORARY.mkdir(parents=True, exist_ok=True)  # a new clone has none
    with (contextlib.suppress(LockError), make_lock(str(TEMPORARY / "lock")),
          make_lock(str(TEMPORARY / RWLOCK_LOCK))):
        if not _is_in_force(TEMPORARY / RWLOCK_FILE):
            (TEMPORARY / RWLOCK_FILE).unlink()
        for name in LOCK_FILES:
            if Path(name).exists() and not _is_whole(Path(name).read_text(errors="replace")):
                _put_back(name)


def _is_in_force(path: Path) -> bool:
    """Whether it may stay: it is none, or names a process of DVC's that is there."""
    try:
        locks = SCHEMA(json.loads(path.read_text()))
        writers, readers = locks["write"].values(), locks["read"].values()
        processes = {each["pid"] for each in (*writers, *(one for some in readers for one in some))}
        return not processes or any(map(_is_dvc, processes))
    except FileNotFoundError:
        return True
    except (ValueError, Invalid):
        return False


def _is_dvc(process: int) -> bool:
    """Whether it runs: the number of a dead process may be another one's now."""
    with contextlib.suppress(psutil.Error):
        return any("dvc" in part for part in psutil.Process(process).cmdline())
    return False


def _is_whole(text: str) -> bool:
    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(text))
    except (yaml.YAMLError, Invalid):
        return False
    return True


def _put_back(name: str) -> None:
    """Replace a lock file by git's, or remove it; what it held besides is made or found again."""
    shown = subprocess.run(["git", "show", f":{name}"], capture_output=True, text=True)
    if shown.returncode == 0 and _is_whole(shown.stdout):
        write_text(name, shown.stdout)
        say(f"{name} was half written when DVC was killed; git's copy of it is put back")
    else:
        Path(name).unlink()
        say(f"{name} was half written when DVC was killed, and is removed")


if __name__ == "__main__":
    main()
