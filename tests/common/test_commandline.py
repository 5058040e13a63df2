import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STAGE = """
from common.commandline import run_stage
from common.errors import UserError

def main(source, target):
    if source == "bad":
        raise UserError("source is 'bad'; give a good one.")
    if source == "broken":
        raise RuntimeError("a mistake of ours")
    print(source, target)

run_stage(main)
"""

APPLICATION = """
import typer
from common.commandline import run_application
from common.errors import UserError

application = typer.Typer()

@application.command()
def query(word: str):
    if word == "bad":
        raise UserError("word is 'bad'; give a good one.")
    print(word)

@application.command()
def count():
    for number in range(100_000):
        print(number)

run_application(application)
"""


def run(folder, script, *arguments):
    path = folder / "my_stage.py"
    path.write_text(script)
    return subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT)})


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


def test_a_mistake_of_ours_keeps_its_traceback(tmp_path):
    finished = run(tmp_path, STAGE, "broken", "there")
    assert finished.returncode == 1
    assert "Traceback" in finished.stderr


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
