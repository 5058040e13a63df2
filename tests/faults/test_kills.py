"""Kills and signals at random moments leave nothing behind and change no byte of what is made.

Minutes long, so that only `make test-faults` runs it. KILLS says how many kills a stage or a
command gets, SEED which moments these are.
"""

import contextlib
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from faults import SHARED_MEMORY, Place, Running
from repositories import write_corpus, write_pictures

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "1"))
CONTENT = bytes(range(256)) * (1 << 13)  # 2 MB
SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


@pytest.fixture(autouse=True)
def nothing_in_shared_memory():
    """Neither before a test nor behind it."""
    def names() -> set[Path]:
        return set(SHARED_MEMORY.iterdir()) if SHARED_MEMORY.exists() else set()

    before = names()
    yield
    assert names() <= before


def began(running: Running, stage: str) -> bool:
    """Whether a stage begins before any other, or the end."""
    while not running.began and running.process.poll() is None:
        time.sleep(0.01)
    return stage in running.began


def ended_in(
    place: Place, stage: str, after: float, number: int = signal.SIGKILL, alone: bool = False
) -> Running | None:
    """The pipeline, ended by a signal so many seconds after a stage began.

    A stage that had been made before the last kill is made anew; None: it was faster.
    """
    running = place.repro()
    if not began(running, stage):
        running.kill()
        running = place.repro("--force", "--single-item", "--no-run-cache", stage)
        began(running, stage)
    time.sleep(after)
    ended = running.process.poll() is not None
    running.kill(number, alone)
    return None if ended else running


def test_a_pipeline_that_is_killed_in_every_stage_ends_as_one_that_is_not(
        unbroken, saved_model, tmp_path, capsys):
    chance = random.Random(SEED)
    place = Place(tmp_path / "repository", saved_model)
    kills = dict.fromkeys(unbroken.seconds, 0)
    wanted = dict.fromkeys(unbroken.seconds, KILLS)
    for stage in chance.choices(sorted(wanted), k=max(0, 20 * KILLS - sum(wanted.values()))):
        wanted[stage] += 1  # 60 in all
    for stage, seconds in unbroken.seconds.items():
        longest = 0.9 * seconds
        for _ in range(4 * wanted[stage]):
            if ended_in(place, stage, chance.uniform(0, longest)):
                kills[stage] += 1
            else:
                longest /= 2  # the machine is faster now
            if kills[stage] == wanted[stage]:
                break
    place.finish()
    with capsys.disabled():
        print(f"\n{sum(kills.values())} kills of dvc repro: {kills}; {place.mended or 'no'} halves "
              "of DVC's own files")
    assert kills == wanted
    assert place.made() == unbroken.made()
    assert place.left() == []


@pytest.mark.parametrize(("number", "alone"), [
    (signal.SIGINT, False), (signal.SIGHUP, False), (signal.SIGTERM, False),
    (signal.SIGTERM, True)], ids=str)
def test_a_pipeline_that_is_ended_by_a_signal_is_run_again_to_the_same_bytes(
        number, alone, unbroken, saved_model, tmp_path, capsys):
    """A terminal tells all of its processes, and who ends DVC by its number only that one."""
    chance, codes = random.Random(SEED), {}
    place = Place(tmp_path / "repository", saved_model)
    for stage in chance.sample(sorted(unbroken.seconds), KILLS):
        after = chance.uniform(0.1, 0.6) * unbroken.seconds[stage]
        if running := ended_in(place, stage, after, number, alone):
            codes[stage] = running.process.returncode
            assert "Traceback" not in running.output, running.output
            assert place.left() == []
    place.finish()
    with capsys.disabled():
        print(f"\n{number.name} to dvc repro{' alone' * alone}: exit codes {codes}")
    assert codes and 0 not in codes.values()
    assert place.made() == unbroken.made()
    assert place.left() == []


COMMANDS = {
    "train": ("word2vec.command_line", "train", "text.txt", "OUT", "--epochs", "40"),
    "retrain": ("vision.command_line", "retrain", "images", "OUT", "--backbone", "MODEL"),
}
READING = {
    "words": ("word2vec.command_line", "evaluate", "VECTORS"),
    "images": ("vision.command_line", "evaluate", "CLASSIFIER", "images"),
}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def moments(running: Running, seconds: float, chance: random.Random, number: int) -> int | None:
    """The exit code of a command that gets a signal; None where it was done before."""
    time.sleep(chance.uniform(0.2, 0.95) * seconds)
    if running.process.poll() is not None:
        return None
    running.kill(number)
    return running.process.returncode


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGKILL, *SIGNALS], ids=lambda number: number.name)
def test_a_command_that_is_ended_is_run_again_to_the_same_bytes(
        name, number, saved_model, tmp_path, capsys):
    chance, place = random.Random(SEED), Place(tmp_path / "repository", saved_model)
    folder = tmp_path / "own"
    write_corpus(folder / "text.txt", 3000)
    write_pictures(folder / "images")

    def run(output: str) -> Running:
        given = {"OUT": output, "MODEL": str(saved_model)}
        return place.start("-m", *(given.get(part, part) for part in COMMANDS[name]), folder=folder)

    begun, whole = time.monotonic(), run("whole")
    assert whole.wait() == 0, whole.output
    seconds = time.monotonic() - begun
    codes = [moments(run("broken"), seconds, chance, number) for _ in range(KILLS)]
    last = run("broken")
    assert last.wait() == 0, last.output
    with capsys.disabled():
        print(f"\n{number.name} to {name}: exit codes {codes}")
    if number != signal.SIGKILL:
        # Before Python has imported what catches it, a signal ends a process itself; 0 is that of
        # one which had just done its work.
        assert 128 + number in codes
        assert {*codes} <= {0, 128 + number, -number, None}
    assert content(folder / "broken") == content(folder / "whole")
    assert place.left() == []
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_evaluation_that_is_ended_leaves_nothing(name, number, unbroken, tmp_path, capsys):
    made = unbroken.repository.folder / "models"
    given = {"VECTORS": str(made / "vectors" / "cbow"), "CLASSIFIER": str(made / "classifier")}
    write_pictures(tmp_path / "images", 200)
    running = unbroken.start("-m", *(given.get(part, part) for part in READING[name]),
                             folder=tmp_path)
    time.sleep(random.Random(SEED).uniform(0.5, 1))
    running.kill(number)
    with capsys.disabled():
        print(f"\n{number.name} to evaluate {name}: exit code {running.process.returncode}")
    assert running.process.returncode in {0, 2, 128 + number, -number}
    # Before Python has imported what catches it, a signal ends a process itself.
    assert running.process.returncode == -number or "Traceback" not in running.output
    assert unbroken.left() == [] and [path.name for path in tmp_path.iterdir()] == ["images"]


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


@pytest.mark.parametrize(("number", "times"), [
    (signal.SIGKILL, 10), *((number, KILLS) for number in SIGNALS)], ids=str)
def test_a_download_that_is_ended_again_and_again_ends_whole(number, times, tmp_path, capsys):
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
            command, env={**os.environ, "WORDS_AND_IMAGES_CACHE": str(cache), "NO_PROXY": "*"},
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True))

    kills = 0
    for _ in range(times):
        running = start()
        time.sleep(chance.uniform(0.6, 1.2))  # of which Python takes half a second to begin
        kills += running.process.poll() is None
        running.kill(number)
    last = start()
    assert last.wait() == 0, last.output
    server.shutdown()
    with capsys.disabled():
        print(f"\n{kills} times {number.name} within a download")
    assert kills == times
    assert Path(last.lines[-1].strip()).read_bytes() == CONTENT
    assert [path.name for path in cache.rglob("*.part")] == []
