"""What the tests of faults share: a small repository with its temporary files, and its commands."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import yaml
from repositories import Repository, make_repository

RUNNING = re.compile(r"Running stage '(.+)'")
MADE = ("data", "models", "results")
SHARED_MEMORY = Path("/dev/shm")
WAITING = 300  # seconds for anything


@dataclass
class Running:
    """A command under way, its own process group, and when its stages began."""

    process: subprocess.Popen
    lines: list[str] = field(default_factory=list)
    began: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)
            if found := RUNNING.search(line):
                self.began[found[1]] = time.monotonic()

    @property
    def output(self) -> str:
        """All that it has printed."""
        return "".join(self.lines)

    def wait(self) -> int:
        """The exit code, when all is read and none of its processes is left."""
        try:
            code = self.process.wait(WAITING)
        except BaseException:  # it takes too long, or the tests are ended
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        self._reader.join(WAITING)
        deadline = time.monotonic() + WAITING
        while alive := self.alive():
            assert time.monotonic() < deadline, f"helpers are left: {alive}"
            time.sleep(0.05)
        return code

    def alive(self) -> list[str]:
        """The command lines of its processes that run."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if (os.getsid(process.pid) == self.process.pid
                        and process.status() != psutil.STATUS_ZOMBIE):
                    found.append(" ".join(process.cmdline()))
        return found

    def kill(self, number: int = signal.SIGKILL, alone: bool = False) -> None:
        """Send a signal to all of its processes, or to the first one alone."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            (os.kill if alone else os.killpg)(self.process.pid, number)
        self.wait()


class Place:
    """A repository with a folder for temporary files of its own."""

    def __init__(self, folder: Path, saved_model: Path) -> None:
        self.repository: Repository = make_repository(folder, saved_model)
        self.temporary = folder.with_name(f"{folder.name}-temporary")
        self.temporary.mkdir()
        self.mended: list[str] = []  # what was said of halves of DVC's own files

    def start(
        self, *command: str, folder: Path | None = None, within: tuple[str, ...] = (),
        **options: object,
    ) -> Running:
        """Start a command with Python in the repository, `within` another command."""
        environment = {**self.repository.environment, "TMPDIR": str(self.temporary)}
        return Running(subprocess.Popen(
            [*within, sys.executable, "-u", *command], cwd=folder or self.repository.folder,
            env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, **options))

    def repro(self, *arguments: str) -> Running:
        """Start the pipeline as `make run` does."""
        mending = self.start("-m", "pipelines.mend_locks")
        assert mending.wait() == 0, mending.output
        self.mended += mending.lines
        return self.start("-m", "dvc", "repro", *arguments)

    def finish(self) -> None:
        """Run the pipeline to its end."""
        running = self.repro()
        assert running.wait() == 0, running.output

    def commands(self) -> dict[str, list[str]]:
        """The arguments of Python by which DVC runs each stage of a finished pipeline."""
        stages = yaml.safe_load((self.repository.folder / "dvc.lock").read_text())["stages"]
        return {name: stage["cmd"].split()[1:] for name, stage in stages.items()}

    def forget_what_is_kept(self) -> None:
        """Remove what stages keep for the next time, so that they work anew."""
        for name in ("data/bottleneck_cache", "data/checkpoints"):
            shutil.rmtree(self.repository.folder / name, ignore_errors=True)

    def left(self) -> list[str]:
        """Temporary files and hidden workspaces."""
        hidden = [path for name in (*MADE, "own")
                  for path in (self.repository.folder / name).rglob(".*")
                  if path.name not in (".gitignore", ".files.json")]
        caches = self.repository.folder.with_name(f"{self.repository.folder.name}-caches")
        parts = [path for path in caches.rglob("*.part*") if path.is_file()]
        return sorted(map(str, [*hidden, *parts, *self.temporary.iterdir()]))

    def made(self) -> dict[str, bytes]:
        """All that the pipeline made, by path, but for times and the report, which tells them."""
        return {path: content for path, content in self.outputs().items()
                if path != "results/report.html"}

    def outputs(self) -> dict[str, bytes]:
        """The same with the report, and without what a killed process left."""
        folder = self.repository.folder
        made = {str(path.relative_to(folder)): path.read_bytes()
                for name in MADE for path in sorted((folder / name).rglob("*")) if path.is_file()}
        return {path: content for path, content in made.items()
                if not path.startswith(("results/costs/", "data/bottleneck_cache/",
                                        "data/checkpoints/"))
                and ".words-and-images-" not in path}


def make_finished(folder: Path, saved_model: Path) -> Place:
    """A place whose pipeline has run to its end, with the `seconds` that each stage took."""
    place = Place(folder, saved_model)
    running = place.repro()
    assert running.wait() == 0, running.output
    ends = [*list(running.began.values())[1:], time.monotonic()]
    place.seconds = dict(zip(running.began, [end - begin for begin, end in zip(
        running.began.values(), ends, strict=True)], strict=True))
    return place


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 64) -> Iterator[Path]:
    """A file system of that size; the test is skipped where nobody may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nobody here may mount a small file system; perhaps within "
                    "unshare --map-root-user --mount make test-faults")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path, free: int) -> Iterator[None]:
    """A file takes all room but so many bytes."""
    state = os.statvfs(folder)
    ballast = folder / "ballast"
    with ballast.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, max(1, state.f_bavail * state.f_frsize - free))
    try:
        yield
    finally:
        ballast.unlink()


def assert_one_sentence(running: Running, stage: str) -> None:
    """It ended with exit code 2 and a sentence of the stage's own, and no traceback."""
    assert running.process.returncode == 2, (stage, running.process.returncode, running.output)
    told = [line for line in running.lines if line.startswith(f"{stage.partition('@')[0]}: ")]
    assert len(told) == 1 and running.lines[-1] == told[0] and told[0].endswith(".\n"), (
        stage, running.output)
    assert "Traceback" not in running.output and "AutoGraph" not in running.output, running.output
