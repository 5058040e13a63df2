"""pip-audit itself, asking a service on this machine."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.audit import vulnerability_rows

pytest.importorskip("pip_audit", reason="pip-audit is not installed")
ROOT = Path(__file__).parents[2]
VULNERABLE = "numpy"


def vulnerability(name: str) -> dict:
    """What the service tells of a package: all versions before 99."""
    return {"id": "TEST-2026-1", "summary": "It is made up.", "affected": [{
        "package": {"name": name, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}]}]}


@contextmanager
def service(status: int = 200, vulnerable: str = "") -> Iterator[tuple[str, list[str]]]:
    """The address of a service, and the packages that it was asked about."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = question["package"]["name"]
            asked.append(name)
            answer = json.dumps({"vulns": [vulnerability(name)]} if name == vulnerable else {})
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def audit(address: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "benchmarks.audit", "--osv-url", address],
                          cwd=ROOT, capture_output=True, text=True)


def test_a_known_vulnerability_is_listed_and_is_exit_code_1():
    with service(vulnerable=VULNERABLE) as (address, asked):
        ended = audit(address)
    assert ended.returncode == 1 and ended.stderr == ""
    first, heading, row = ended.stdout.splitlines()
    assert first == f"{len(asked):,} packages looked up, 1 known vulnerability"
    assert row.split() == [VULNERABLE, importlib.metadata.version(VULNERABLE), "TEST-2026-1", "99"]
    assert "dvc" in asked and "words-and-images" not in asked


def test_none_is_exit_code_0():
    with service() as (address, _):
        ended = audit(address)
    assert ended.returncode == 0 and ended.stdout.endswith("no known vulnerabilities\n")


def test_a_service_that_cannot_be_reached_or_fails_is_one_sentence_and_exit_code_2():
    ended = audit("http://127.0.0.1:9/")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == ("known vulnerabilities could not be looked up (the service cannot be "
                            "reached); try again with a network.\n")
    with service(status=503) as (address, _):
        ended = audit(address)
    assert (ended.returncode, ended.stdout) == (2, "") and ended.stderr.count("\n") == 1


def test_a_package_that_nothing_is_mended_in_says_none():
    packages = [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": []}]},
                {"name": "b", "version": "2", "vulns": []}]
    assert vulnerability_rows(packages) == [["a", "1", "X-1", "none"]]
