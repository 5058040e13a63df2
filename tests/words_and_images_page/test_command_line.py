import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def started(*arguments, cwd: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "app", *map(str, arguments)], cwd=cwd, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def ended(*arguments, cwd: Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    process = started(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def refusal(*arguments, cwd: Path) -> str:
    """The one sentence with which a command refuses bad input."""
    code, out, err = ended(*arguments, cwd=cwd)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1, err
    return err


def test_help_tells_the_defaults(tmp_path):
    code, out, _ = ended("--help", cwd=tmp_path)
    assert code == 0
    for part in ("--vectors", "--classifier", "--texts", "127.0.0.1", "7860", "20", "50000000"):
        assert part in out


def test_without_a_model_the_remedy_is_one_sentence(tmp_path):
    assert "make run" in refusal("--port", 0, cwd=tmp_path)


@pytest.mark.parametrize("arguments, part", [
    (("--vectors", "nowhere"), "nowhere does not exist"),
    (("--classifier", "nowhere"), "nowhere is no classifier"),
    (("--texts", "nowhere"), "nowhere is no classifier of texts"),
    (("--port", "99999"), "65535"),
    (("--max-megabytes", "0"), "--max-megabytes is 0"),
    (("--max-pixels", "1000000000"), "--max-pixels is 1000000000"),
    (("--host", "256.1.1.1"), "cannot listen on 256.1.1.1"),
    (("--porto", "1"), "--port")])
def test_bad_input_is_one_sentence(tmp_path, arguments, part):
    assert part in refusal(*arguments, cwd=tmp_path)


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = refusal("--port", port, cwd=tmp_path)
    assert f"port {port} (address already in use); give another --port" in sentence


@pytest.fixture
def page(vectors_folder):
    """A running page with words only, and its address."""
    process = started("--vectors", vectors_folder, "--port", 0, cwd=vectors_folder)
    line = process.stdout.readline()
    yield process, re.search(r"http://\S+", line).group()
    process.kill()
    process.communicate()


def test_the_page_tells_its_address_when_it_answers_and_ends_quietly(page):
    process, address = page
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=5) as response:
        assert "Words, photos and texts" in response.read().decode()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


STUCK = """
import signal, sys, time
if len(sys.argv) > 5:
    signal.signal(int(sys.argv.pop()), signal.SIG_IGN)
from words_and_images_page import command_line, server

async def stuck(scope, receive, send):
    if scope["type"] == "http":
        print("asked", flush=True)
        time.sleep(60)

server.make_application, server.ENDING = lambda *given: stuck, 0.5
command_line.main()
"""


@pytest.mark.parametrize("number, code, told, more", [
    (signal.SIGTERM, 143, "ended by SIGTERM\n", []),
    (signal.SIGINT, 0, "", [str(int(signal.SIGINT))])])  # ignored before, as after & in a script
def test_a_signal_ends_the_page_whatever_a_request_does(
        vectors_folder, tmp_path, number, code, told, more):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, "--vectors", str(vectors_folder), "--port", "0", *more],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    address = re.search(r"http://(\S+):(\d+)", process.stdout.readline())
    with socket.create_connection((address[1], int(address[2]))) as asking:
        asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert process.stdout.readline() == "asked\n"
        assert [*temporary.iterdir()]  # for what the page needs while it lasts
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (code, "", told)
    assert not [*temporary.iterdir()]


def test_without_the_extra_the_remedy_is_one_sentence(vectors_folder):
    code = ("import sys; sys.modules['gradio'] = None; "
            "from words_and_images_page.command_line import main; "
            f"sys.argv = ['app', '--vectors', {str(vectors_folder)!r}, '--port', '0']; main()")
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True)
    assert answer.returncode == 2
    assert answer.stderr.startswith("this needs gradio, which is not installed; install it with")
    assert answer.stderr.count("\n") == 1


def test_tensorflow_is_not_imported():
    code = ("import sys, words_and_images_page.server, words_and_images_page.words_tab, "
            "words_and_images_page.photos_tab, vision.classifier.explanation; "
            "print(json.dumps('tensorflow' in sys.modules))")
    answer = subprocess.run([sys.executable, "-c", f"import json; {code}"], cwd=ROOT, text=True,
                            capture_output=True, check=True)
    assert json.loads(answer.stdout) is False
