"""With everything fetched once, the whole pipeline runs without a network."""

import hashlib
import shutil
import subprocess
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from faults import Place
from repositories import set_parameters


class Counting(SimpleHTTPRequestHandler):
    """Serves a folder and counts what is asked for."""

    def do_GET(self) -> None:
        self.server.asked += 1
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


def offline() -> tuple[str, ...]:
    """The beginning of a command that runs without any network."""
    for options in (("--net",), ("--map-root-user", "--net")):
        if shutil.which("unshare") and not subprocess.run(
                ["unshare", *options, "true"], capture_output=True).returncode:
            return ("unshare", *options)
    pytest.skip("nobody here may take the network from a process")


def test_what_was_fetched_once_is_enough_without_a_network(saved_model, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    place, without = Place(tmp_path / "repository", saved_model), offline()
    folder = place.repository.folder
    served = tmp_path / "served"
    shutil.make_archive(str(served / "photos"), "zip", folder / "own" / "images")
    with zipfile.ZipFile(served / "text.zip", "w") as archive:
        archive.write(folder / "own" / "corpus.txt", "text")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Counting, directory=str(served)))
    server.asked = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def source(kind: str, name: str) -> dict:
        content = (served / name).read_bytes()
        return {"kind": kind, "about": "made here", "licence": "none", "bytes": len(content),
                "urls": [f"http://127.0.0.1:{server.server_port}/{name}"],
                "sha256": hashlib.sha256(content).hexdigest()}

    with (folder / "data" / "sources.yaml").open("a") as catalogue:
        yaml.safe_dump({"my_text": {**source("corpus", "text.zip"), "reader": "zipped_text"},
                        "my_photos": source("images", "photos.zip")}, catalogue)
    set_parameters(folder, {"corpus": {"source": "my_text"}, "images": {"source": "my_photos"}})
    place.finish()
    made = place.made()
    assert server.asked == 2
    again = place.start("-m", "dvc", "repro", "--force", "--no-run-cache", within=without)
    assert again.wait() == 0, again.output
    server.shutdown()
    assert server.asked == 2 and len(again.began) == len(place.commands())
    assert place.made() == made
    assert place.left() == []
