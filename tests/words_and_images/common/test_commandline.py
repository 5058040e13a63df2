import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_signal_is_ignored():
    """What is started inherits it: with nohup the tests ignore SIGHUP, in the background SIGINT."""
    ignored = {number: signal.SIG_IGN for number in (signal.SIGINT, signal.SIGHUP)
               if signal.getsignal(number) == signal.SIG_IGN}
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in ignored.items():
        signal.signal(number, handler)


WORKING = """
import time
from contextlib import contextmanager
from pathlib import Path

@contextmanager
def working():
    folder = Path(__file__).with_name("working")
    folder.mkdir()
    try:
        yield
    finally:
        print("tidying", flush=True)
        time.sleep(0.2)
        folder.rmdir()
"""

STAGE = WORKING + """
from words_and_images.common.commandline import run_stage
from words_and_images.common.errors import UserError

def main(source, target):
    if source == "bad":
        raise UserError("source is 'bad'; give a good one.")
    if source == "broken":
        raise RuntimeError("a mistake of ours")
    if source == "missing":
        open(target)
    if source == "loud":
        print("x")
    if source == "slow":
        with working():
            print("begun", flush=True)
            time.sleep(60)
    print(source, target)

run_stage(main)
"""

APPLICATION = WORKING + """
import typer
from words_and_images.common.commandline import AsJson, Quiet, print_json, run_application
from words_and_images.common.errors import UserError
from words_and_images.common.progress import progress, say

application = typer.Typer()

@application.command()
def query(word: str):
    if word == "bad":
        raise UserError("word is 'bad'; give a good one.")
    if word == "broken":
        raise RuntimeError("a mistake of ours")
    if word == "locked":
        raise PermissionError(13, "Permission denied", "/home/someone/cache")
    if word == "many":
        raise OSError(24, "Too many open files", "photo.jpg")
    print(word)

@application.command()
def work(as_json: AsJson = False, quiet: Quiet = False, learning_rate: float = 0.1):
    if learning_rate > 1:
        raise UserError(f"learning_rate is {learning_rate}; it must be at most 1.")
    say("a note")
    say("warning: take care")
    with progress("working", 3, "pieces") as counter:
        counter.advance(3)
    if as_json:
        print_json({"dog": "犬 é 🌭"})

@application.command()
def sleep():
    with working():
        print("begun", flush=True)
        time.sleep(60)

@application.command()
def count():
    for number in range(100_000):
        print(number)

run_application(application)
"""


def run(folder, script, *arguments, **environment):
    path = folder / "my_stage.py"
    path.write_text(script)
    return subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT), **environment})


def test_a_stage_gets_the_paths_of_its_command_line(tmp_path):
    finished = run(tmp_path, STAGE, "here", "there")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "here there\n", "")


def test_bad_input_of_a_stage_is_one_sentence_and_exit_code_2(tmp_path):
    finished = run(tmp_path, STAGE, "bad", "there")
    assert finished.returncode == 2
    assert finished.stderr == "my_stage: source is 'bad'; give a good one.\n"


def test_a_stage_without_its_paths_names_them(tmp_path):
    finished = run(tmp_path, STAGE, "here")
    assert finished.returncode == 2
    assert finished.stderr == "my_stage: 1 argument; give 2: source, target.\n"


@pytest.mark.parametrize("script, arguments", [
    (STAGE, ["broken", "there"]), (APPLICATION, ["query", "broken"])])
def test_a_mistake_of_ours_keeps_its_traceback_and_has_not_the_code_of_a_gate(
    tmp_path, script, arguments
):
    finished = run(tmp_path, script, *arguments)
    assert finished.returncode == 70
    assert "Traceback" in finished.stderr and "a mistake of ours" in finished.stderr


def test_what_the_machine_refuses_is_one_sentence_and_exit_code_2(tmp_path):
    missing = run(tmp_path, STAGE, "missing", "/no/such/file")
    assert (missing.returncode, missing.stderr) == (
        2, "my_stage: /no/such/file cannot be used (No such file or directory); see that it is "
        "there and can be read and written.\n")
    locked, many = (run(tmp_path, APPLICATION, "query", word) for word in ("locked", "many"))
    assert (locked.returncode, locked.stderr) == (
        2, "/home/someone/cache cannot be used (Permission denied); change its permissions, or "
        "name another place.\n")
    assert (many.returncode, many.stderr) == (
        2, "photo.jpg cannot be used (Too many open files); raise the number of files that may be "
        "open (ulimit -n).\n")


LIMITED = """
import os, resource, signal, sys
from words_and_images.common import commandline
commandline.TIDYING = 1
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
if sys.argv[1] == "spin":  # as OpenBLAS, which is to be loaded first of all
    commandline.LOADING = 0.5
    sys.modules["scipy.linalg.blas"] = type(sys)("blas")
    sys.modules["scipy.linalg.blas"].dgemm = lambda *_: time.sleep(60)
from words_and_images.common.commandline import guard, run_stage
guard("my_stage: ")

def main(way):
    if way == "abort":
        os.abort()
    if way == "exit":
        os._exit(1)
    if way == "thread":
        raise RuntimeError("can't start new thread")
    if way == "memory":
        bytearray(1 << 40)
    if way == "gate":
        sys.exit(1)
    if way == "slow":
        with working():
            print("begun", flush=True)
            time.sleep(60)
    if way == "stuck":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("begun", flush=True)
        time.sleep(60)
    print("done")

run_stage(main)
"""
LIMIT = "within the limit of 1,073.7 MB; raise the limit (ulimit -v), or ask for less at once.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds a limit of memory")
@pytest.mark.parametrize(("way", "code", "told"), [
    ("well", 0, ""), ("gate", 1, ""),
    ("abort", 2, "a library ended the program (SIGABRT), most likely for want of memory "),
    ("exit", 2, "a library ended the program (exit code 1), most likely for want of memory "),
    ("spin", 2, "a library has waited in vain, most likely for want of memory "),
    ("memory", 2, "there is not enough memory "),
    ("thread", 2, "there is not enough memory (can't start new thread) "),
])
def test_under_a_limit_of_memory_whatever_ends_a_program_is_one_sentence(tmp_path, way, code, told):
    finished = run(tmp_path, WORKING + LIMITED, way)
    assert (finished.returncode, finished.stdout, finished.stderr) == (
        code, "done\n" if way == "well" else "", f"my_stage: {told}{LIMIT}" if told else "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds a limit of memory")
def test_under_a_limit_of_memory_too_nohup_outlasts_its_terminal(tmp_path):
    path = tmp_path / "my_stage.py"
    path.write_text(WORKING + LIMITED)
    with subprocess.Popen(
            [sys.executable, path, "slow"], env={"PYTHONPATH": str(ROOT)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)  # longer than tidying may take
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds a limit of memory")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_under_a_limit_of_memory_a_signal_ends_it_in_order(tmp_path, number):
    path = tmp_path / "my_stage.py"
    path.write_text(WORKING + LIMITED)
    with subprocess.Popen([sys.executable, path, "slow"], env={"PYTHONPATH": str(ROOT)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    assert not (tmp_path / "working").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds a limit of memory")
def test_under_a_limit_of_memory_what_does_not_end_by_a_signal_is_killed(tmp_path):
    path = tmp_path / "my_stage.py"
    path.write_text(WORKING + LIMITED)
    with subprocess.Popen([sys.executable, path, "stuck"], env={"PYTHONPATH": str(ROOT)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        assert process.wait(60) == 2
        assert "a library ended the program (SIGKILL)" in process.stderr.read()


ALONE = """
import os, subprocess, sys, time
stage = subprocess.Popen([sys.executable, sys.argv[1], "slow", "there"])
while not os.path.exists(os.path.join(os.path.dirname(sys.argv[1]), "working")):
    time.sleep(0.01)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent that ends")
def test_a_stage_whose_parent_is_killed_ends_in_order(tmp_path):
    path = tmp_path / "my_stage.py"
    ending = "end_with_parent(signal.SIGTERM)\nrun_stage(main)"
    path.write_text(STAGE.replace("run_stage(main)", ending).replace(
        "import run_stage", "import end_with_parent, run_stage").replace(
        "import time", "import signal, time", 1))
    parent = subprocess.run([sys.executable, "-c", ALONE, path], capture_output=True, text=True,
                            env={"PYTHONPATH": str(ROOT)}, timeout=60)
    assert parent.stdout.splitlines()[-1] == "tidying"
    assert parent.stderr == "my_stage: ended by SIGTERM\n"
    assert not (tmp_path / "working").exists()


def run_in_shell(folder, script, line):
    """Run `my_stage.py` as the shell's line says, with what it redirects."""
    (folder / "my_stage.py").write_text(script)
    return subprocess.run(["bash", "-c", f"{sys.executable} {folder}/my_stage.py {line}"],
                          capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("script, arguments", [
    (STAGE, "loud there"), (APPLICATION, "query dog"), (APPLICATION, "--help"),
    (APPLICATION, "work --json -q"), (APPLICATION, "count")])
def test_an_output_without_room_is_one_sentence_and_exit_code_2(tmp_path, script, arguments):
    finished = run_in_shell(tmp_path, script, f"{arguments} >/dev/full")
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].removeprefix("my_stage: ") == (
        "the output cannot be written (No space left on device); make room, or send it elsewhere.")
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("errors", ["2>&-", "2>/dev/full"])
def test_messages_that_nobody_can_read_go_nowhere_and_change_nothing(tmp_path, errors):
    working = run_in_shell(tmp_path, APPLICATION, f"work {errors}")
    assert (working.returncode, working.stdout, working.stderr) == (0, "", "")
    refused = run_in_shell(tmp_path, APPLICATION, f"query bad {errors}")
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", "")


def test_answers_to_a_closed_output_are_refused(tmp_path):
    finished = run_in_shell(tmp_path, APPLICATION, "query dog >&-")
    assert (finished.returncode, finished.stderr) == (
        2, "the output cannot be written (Bad file descriptor); make room, or send it "
        "elsewhere.\n")


def test_bad_input_of_an_application_is_one_sentence_and_exit_code_2(tmp_path):
    finished = run(tmp_path, APPLICATION, "query", "bad")
    assert finished.returncode == 2
    assert finished.stderr == "word is 'bad'; give a good one.\n"


@pytest.mark.parametrize("arguments", [["query"], ["no-such-command"], ["query", "a", "--none"]])
def test_wrong_use_of_an_application_is_one_sentence_and_exit_code_2(tmp_path, arguments):
    finished = run(tmp_path, APPLICATION, *arguments)
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1 and finished.stderr.endswith("--help.\n")


def test_a_reader_that_stops_early_is_no_failure(tmp_path):
    (tmp_path / "many.py").write_text(APPLICATION)
    with subprocess.Popen([sys.executable, tmp_path / "many.py", "count"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 0


def test_quietly_only_answers_and_warnings_are_left(tmp_path):
    loud, quiet = (run(tmp_path, APPLICATION, "work", *options) for options in ((), ("-q",)))
    assert loud.stderr.startswith("a note\nwarning: take care\nworking: 3 pieces in ")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "warning: take care\n")
    by_variable = run(tmp_path, APPLICATION, "work", WORDS_AND_IMAGES_QUIET="1")
    assert by_variable.stderr == "warning: take care\n"


def test_an_error_of_a_value_names_the_option(tmp_path):
    finished = run(tmp_path, APPLICATION, "work", "--learning-rate", "2")
    assert finished.returncode == 2
    assert finished.stderr == "--learning-rate is 2.0; it must be at most 1.\n"


@pytest.mark.parametrize("number, code", [
    (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("script, argument", [
    (STAGE, ["slow", "there"]), (APPLICATION, ["sleep"])])
def test_who_is_ended_tidies_up_without_a_traceback(tmp_path, script, argument, number, code):
    (tmp_path / "my_stage.py").write_text(script)
    with subprocess.Popen([sys.executable, tmp_path / "my_stage.py", *argument], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"PYTHONPATH": str(ROOT)}) as process:
        assert process.stdout.readline() == "begun\n"
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["working"]
        process.send_signal(number)
        assert process.stdout.readline() == "tidying\n"
        for another in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):  # someone is impatient
            process.send_signal(another)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert not (tmp_path / "working").exists()
    name = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    assert errors == f"{'my_stage: ' if script == STAGE else ''}{name}\n"


INTERRUPTED_IMPORT = """
import signal, sys

class Interrupting:
    def find_spec(name, path, target=None):
        if name == "words_and_images":
            signal.raise_signal(signal.SIGINT)

sys.argv = ["-m"]
sys.meta_path.insert(0, Interrupting)
import pipelines
"""


def test_a_stage_that_is_ended_while_it_is_loaded_leaves_no_traceback():
    finished = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True,
                              text=True, check=False, cwd=ROOT)
    assert finished.returncode == -signal.SIGINT
    assert finished.stderr == ""


def test_on_a_terminal_the_sentence_stands_below_the_key_that_was_pressed(tmp_path):
    (tmp_path / "my_stage.py").write_text(APPLICATION)
    leader, terminal = os.openpty()
    with subprocess.Popen([sys.executable, tmp_path / "my_stage.py", "sleep"], text=True,
                          stdout=subprocess.PIPE, stderr=terminal,
                          env={"PYTHONPATH": str(ROOT)}) as process:
        os.close(terminal)
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert os.read(leader, 1000) == b"\r\ninterrupted\r\n"
    os.close(leader)


@pytest.mark.parametrize("environment", [
    {}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"}])
def test_json_and_words_are_printed_in_any_encoding(tmp_path, environment):
    answer = run(tmp_path, APPLICATION, "work", "--json", "-q", **environment)
    assert json.loads(answer.stdout.encode()) == {"dog": "犬 é 🌭"}
    assert run(tmp_path, APPLICATION, "query", "犬", **environment).returncode == 0
