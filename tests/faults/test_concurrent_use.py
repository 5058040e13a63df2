"""Two at a time: the second waits or says so, and nothing is corrupted.

Minutes long, so that only `make test-faults` runs it.
"""

import hashlib
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from faults import WAITING, Place
from repositories import write_corpus, write_pictures

CONTENT = bytes(range(256)) * (1 << 11)  # half a megabyte
NOBODY = 65_534  # a user of most systems


def test_two_runs_in_one_checkout_end_as_one(unbroken, saved_model, tmp_path, capsys):
    place = Place(tmp_path / "repository", saved_model)
    first = place.repro()
    while not first.began:
        time.sleep(0.05)
    second = place.start("-m", "dvc", "repro")
    codes = [first.wait(), second.wait()]
    with capsys.disabled():
        print(f"\ntwo runs in one checkout: exit codes {codes}, the second says "
              f"{second.lines[-1].strip()!r}")
    assert 0 in codes
    for running in (first, second):
        assert running.process.returncode == 0 or "ERROR: " in running.output
        assert "Traceback" not in running.output
    place.finish()
    assert place.made() == unbroken.made()
    assert place.left() == []


@pytest.mark.parametrize("command", [
    ("word2vec.command_line", "train", "text.txt", "out", "--epochs", "40"),
    ("vision.command_line", "retrain", "images", "out", "--backbone", "MODEL")],
    ids=["train", "retrain"])
def test_of_two_commands_with_one_place_to_write_the_second_is_refused(
        command, saved_model, tmp_path):
    place = Place(tmp_path / "repository", saved_model)
    folder = tmp_path / "own"
    write_corpus(folder / "text.txt", 3000)
    write_pictures(folder / "images")
    both = [place.start("-m", *(str(saved_model) if part == "MODEL" else part for part in command),
                        folder=folder) for _ in range(2)]
    codes = [running.wait() for running in both]
    # One that is quick enough comes after the first, and replaces what it wrote.
    assert sorted(codes) in ([0, 0], [0, 2])
    if 2 in codes:
        [refused] = [running for running in both if running.process.returncode]
        assert "out is being written by another process; wait until it has ended" in refused.output
    assert sorted(path.name for path in folder.iterdir()) == ["images", "out", "text.txt"]
    assert place.left() == []


class Sending(BaseHTTPRequestHandler):
    """Sends CONTENT slowly, so that others come meanwhile."""

    def do_GET(self) -> None:
        self.server.asked += not self.path.endswith("first")
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        for place in range(0, len(CONTENT), 1 << 15):
            self.wfile.write(CONTENT[place : place + (1 << 15)])
            time.sleep(0.01 if self.path.endswith("first") else 0.5)

    def log_message(self, *_: object) -> None:
        pass


FETCHING = """
import os, sys, tempfile
sys.path.insert(0, sys.argv[4])
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import fetch_url
cache = os.environ["WORDS_AND_IMAGES_CACHE"]
with tempfile.TemporaryDirectory() as own:
    # Once as root: the other user may not read Python's own files where root installed it.
    os.environ["WORDS_AND_IMAGES_CACHE"] = own
    fetch_url((sys.argv[1] + "?first",), None)
os.environ["WORDS_AND_IMAGES_CACHE"] = cache
if int(sys.argv[3]):
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[3]))
os.umask(0o002)
try:
    print(fetch_url((sys.argv[1],), sys.argv[2]).read_bytes() == bytes(range(256)) * (1 << 11))
except UserError as error:
    print(error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
@pytest.mark.parametrize("shared", [True, False])
def test_two_users_of_one_cache_wait_for_each_other_or_are_told(shared, tmp_path):
    """In a folder that both may write, as a group's; and in one that is the first one's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sending)
    server.asked = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cache = Path("/tmp") / f"words-and-images-{os.getpid()}-{shared}"  # anyone may go there
    cache.mkdir(mode=0o777)
    cache.chmod(0o777 if shared else 0o755)
    address = f"http://127.0.0.1:{server.server_port}/file.bin"
    root = str(Path(__file__).parents[2])

    def start(user: int) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", FETCHING, address, hashlib.sha256(CONTENT).hexdigest(),
             str(user), root], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "WORDS_AND_IMAGES_CACHE": str(cache), "NO_PROXY": "*",
                 "PYTHONDONTWRITEBYTECODE": "1"})

    try:
        both = [start(0)]
        while not server.asked:
            time.sleep(0.01)
        both.append(start(NOBODY))
        told = [process.communicate(timeout=WAITING)[0] for process in both]
        assert told[0].endswith("True\n"), told
        if shared:
            assert "waiting for" in told[1] and told[1].endswith("True\n"), told
        else:
            assert "cannot be written (Permission denied)" in told[1], told
        assert "Traceback" not in told[1]
        again = start(NOBODY).communicate(timeout=WAITING)[0]
        assert again.endswith("True\n"), again
        assert server.asked == 1
        [kept] = [path for path in cache.rglob("*") if path.is_file()]
        assert kept.read_bytes() == CONTENT
    finally:
        server.shutdown()
        for path in cache.iterdir():
            path.unlink()
        cache.rmdir()
