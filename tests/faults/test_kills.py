"""Kills at random moments leave nothing behind and change no byte of what is made in the end.

Minutes long, so that only `make test-faults` runs it. KILLS says how many kills a stage or a
command gets, SEED which moments these are.
"""

import contextlib
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from repositories import Repository, make_repository, save_small_model, write_corpus, write_pictures

KILLS = int(os.environ.get("KILLS", "4"))
SEED = int(os.environ.get("SEED", "1"))
RUNNING = re.compile(r"Running stage '(.+)'")
MADE = ("data", "models", "results")
SHARED_MEMORY = Path("/dev/shm")
CONTENT = bytes(range(256)) * (1 << 13)  # 2 MB
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

    def wait(self) -> int:
        """The exit code, when all is read."""
        code = self.process.wait(WAITING)
        self._reader.join(WAITING)
        return code

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to all of its processes."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(self.process.pid, number)
        self.wait()


class Place:
    """A repository with a folder for temporary files of its own."""

    def __init__(self, folder: Path, saved_model: Path) -> None:
        self.repository: Repository = make_repository(folder, saved_model)
        self.temporary = folder.with_name(f"{folder.name}-temporary")
        self.temporary.mkdir()
        self.mended: list[str] = []  # halves of DVC's own files that were removed

    def start(self, *command: str, folder: Path | None = None) -> Running:
        """Start a command with Python in the repository."""
        return Running(subprocess.Popen(
            [sys.executable, "-u", *command], cwd=folder or self.repository.folder, text=True,
            env={**self.repository.environment, "TMPDIR": str(self.temporary)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True))

    def repro(self) -> Running:
        """Start the pipeline, without what DVC leaves of its own files (docs/pipeline.md)."""
        for name, read in ((".dvc/tmp/rwlock", json.loads), ("dvc.lock", locked_stages)):
            path = self.repository.folder / name
            try:
                if path.exists():
                    read(path.read_text())
            except (ValueError, LookupError, TypeError, yaml.YAMLError):
                path.unlink()
                self.mended.append(name)
        return self.start("-m", "dvc", "repro")

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
        folder = self.repository.folder
        made = {str(path.relative_to(folder)): path.read_bytes()
                for name in MADE for path in sorted((folder / name).rglob("*")) if path.is_file()}
        return {path: content for path, content in made.items()
                if not path.startswith(("results/costs/", "results/report.html"))}


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "saved_model"
    save_small_model(folder)
    return folder


@pytest.fixture(scope="module")
def unbroken(saved_model, tmp_path_factory):
    """A finished pipeline, and how long each of its stages took."""
    place = Place(tmp_path_factory.mktemp("unbroken") / "repository", saved_model)
    running = place.repro()
    assert running.wait() == 0, "".join(running.lines)
    ends = [*list(running.began.values())[1:], time.monotonic()]
    place.seconds = dict(zip(running.began, [end - begin for begin, end in zip(
        running.began.values(), ends, strict=True)], strict=True))
    return place


def locked_stages(text: str) -> list:
    """The commands of a dvc.lock; an error where it is not whole."""
    return [stage["cmd"] for stage in yaml.safe_load(text)["stages"].values()]


def began(running: Running, stage: str) -> bool:
    """Whether a stage begins before any other, or the end."""
    while not running.began and running.process.poll() is None:
        time.sleep(0.01)
    return stage in running.began


def killed_in(place: Place, stage: str, after: float) -> bool:
    """Whether the pipeline was killed so many seconds after a stage began.

    One that had been made before the last kill is made anew; False: it was faster than the kill.
    """
    running = place.repro()
    if not began(running, stage):
        running.kill()
        running = place.start("-m", "dvc", "repro", "--force", "--single-item", "--no-run-cache",
                              stage)
        began(running, stage)
    time.sleep(after)
    ended = running.process.poll() is not None
    running.kill()
    return not ended


def test_a_pipeline_that_is_killed_in_every_stage_ends_as_one_that_is_not(
        unbroken, saved_model, tmp_path, capsys):
    chance = random.Random(SEED)
    place = Place(tmp_path / "repository", saved_model)
    shared = set(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.exists() else set()
    kills = dict.fromkeys(unbroken.seconds, 0)
    for stage, seconds in unbroken.seconds.items():
        longest = 0.9 * seconds
        for _ in range(3 * KILLS):
            if killed_in(place, stage, chance.uniform(0, longest)):
                kills[stage] += 1
            else:
                longest /= 2  # the machine is faster now
            if kills[stage] == KILLS:
                break
    running = place.repro()
    assert running.wait() == 0, "".join(running.lines)
    with capsys.disabled():
        print(f"\n{sum(kills.values())} kills of dvc repro: {kills}; DVC's own files of which "
              f"half was left: {place.mended or 'none'}")
    assert set(kills.values()) == {KILLS}
    assert place.made() == unbroken.made()
    assert place.left() == []
    if SHARED_MEMORY.exists():
        assert set(SHARED_MEMORY.iterdir()) <= shared


COMMANDS = {
    "train": ("-m", "word2vec.command_line", "train", "text.txt", "OUT", "--epochs", "40"),
    "retrain": ("-m", "vision.command_line", "retrain", "images", "OUT", "--backbone", "MODEL"),
}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT],
                         ids=lambda number: number.name)
def test_a_command_that_is_killed_is_run_again_to_the_same_bytes(
        name, number, saved_model, tmp_path, capsys):
    chance, place = random.Random(SEED), Place(tmp_path / "repository", saved_model)
    folder = tmp_path / "own"
    write_corpus(folder / "text.txt", 3000)
    write_pictures(folder / "images")

    def run(output: str) -> Running:
        given = {"OUT": output, "MODEL": str(saved_model)}
        return place.start(*(given.get(part, part) for part in COMMANDS[name]), folder=folder)

    begun, whole = time.monotonic(), run("whole")
    assert whole.wait() == 0, "".join(whole.lines)
    seconds, kills, codes = time.monotonic() - begun, 0, set()
    for _ in range(KILLS):
        running = run("broken")
        time.sleep(chance.uniform(0.2, 0.95) * seconds)
        if running.process.poll() is None:
            running.kill(number)
            kills += 1
            codes.add(running.process.returncode)
    last = run("broken")
    assert last.wait() == 0, "".join(last.lines)
    with capsys.disabled():
        print(f"\n{kills} times {number.name} to {name}: exit codes {sorted(codes)}")
    assert kills
    if number != signal.SIGKILL:
        assert 128 + number in codes <= {0, 128 + number}  # 0 of one that had just done its work
    assert content(folder / "broken") == content(folder / "whole")
    assert place.left() == []
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


class SlowlySending(BaseHTTPRequestHandler):
    """Sends CONTENT, or the rest of it that is asked for, in a dozen seconds."""

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(asked[1]) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        if asked:
            self.send_header("Content-Range",
                             f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        with contextlib.suppress(OSError):  # the other side is killed
            for place in range(begin, len(CONTENT), 1 << 14):
                self.wfile.write(CONTENT[place : place + (1 << 14)])
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


def test_a_download_that_is_killed_ten_times_ends_whole(tmp_path, capsys):
    cache, chance = tmp_path / "cache", random.Random(SEED)
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowlySending)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fetching = (
        "import sys; from words_and_images.common.fetching import fetch_url; "
        "print(fetch_url((sys.argv[1],), sys.argv[2]), flush=True)")
    address = f"http://127.0.0.1:{server.server_port}/file.bin"
    command = [sys.executable, "-c", fetching, address, hashlib.sha256(CONTENT).hexdigest()]

    def start() -> Running:
        return Running(subprocess.Popen(
            command, env={**os.environ, "WORDS_AND_IMAGES_CACHE": str(cache)}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True))

    kills = 0
    for _ in range(10):
        running = start()
        time.sleep(chance.uniform(1, 2))
        kills += running.process.poll() is None
        running.kill()
    last = start()
    assert last.wait() == 0, "".join(last.lines)
    server.shutdown()
    with capsys.disabled():
        print(f"\n{kills} kills of a download")
    assert kills
    assert Path(last.lines[-1].strip()).read_bytes() == CONTENT
    assert [path.name for path in cache.rglob("*.part")] == []
