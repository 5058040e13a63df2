import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from benchmarks import measuring, trainers, words, words_tables
from benchmarks.train_once import Clock, Task
from word2vec.evaluation.evaluation import EvaluateParameters
from words_and_images.common import memory
from words_and_images.common.errors import UserError

ROOT = Path(__file__).parents[2]
WORDS = [f"{first}{second}" for first in "abcdef" for second in "uvwxyz"]
QUESTIONS = ": pairs\nau bu cu du\nav bv cv dv\n: gram1-pairs\naw bw cw dw\n"
# Trains only where there is an output.
PROGRAM = f"""#!{sys.executable}
import sys, time
if "-output" in sys.argv:
    time.sleep(1)
    words = {WORDS!r}
    with open(sys.argv[sys.argv.index("-output") + 1], "w") as output:
        print(len(words), 2, *(f"\\n{{word}} {{place}} 1" for place, word in enumerate(words)),
              file=output)
"""


def made(path: Path, content: str) -> Path:
    path.write_text(content)
    path.chmod(0o755)
    return path


def task(folder: Path) -> Task:
    return Task("skipgram", 1, 2, str(folder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A text, a program that stands for word2vec.c, and one run with them."""
    folder = tmp_path_factory.mktemp("words")
    lines = [" ".join(WORDS[place % 7 :: 1 + place % 3]) for place in range(300)]
    (folder / "text.txt").write_text("\n".join(lines))
    made(folder / "program", PROGRAM)
    (folder / "questions.txt").write_text(QUESTIONS)
    (folder / "judged.tsv").write_text("au\tbu\t7\nav\tbv\t1\ncu\tdw\t8\n")
    return folder


@pytest.fixture(scope="module")
def run(folder) -> str:
    """What a run prints; its figures are in the folder."""
    parameters = EvaluateParameters((str(folder / "questions.txt"),), (str(folder / "judged.tsv"),))
    with (mock.patch.dict(os.environ), pytest.MonkeyPatch.context() as patch,
          mock.patch("sys.stdout", new_callable=io.StringIO) as printed):
        patch.setattr("word2vec.evaluation.evaluation.EvaluateParameters", lambda: parameters)
        words.compare(folder / "text.txt", model="skipgram", rounds=1, epochs=1, query_words=0,
                      word2vec=str(folder / "program"), output=folder / "figures" / "words.json")
        return printed.getvalue()


@pytest.fixture
def figures(run, folder) -> dict[str, Any]:
    return json.loads((folder / "figures" / "words.json").read_text())


def test_the_figures_of_all_trainers_are_written(figures):
    measured = figures["models"]["skipgram"]
    assert list(measured["trainers"]) == ["here", "gensim", "word2vec.c"]
    for row in measured["trainers"].values():
        assert row["words_a_second"] == pytest.approx(figures["words"] / row["seconds"][0])
        assert row["peak_memory_mb"] > 5
        assert row["final"]["words_a_second"] > 0
        assert row["scores"]["analogies_total"] == 3
        assert [section["section"] for section in row["sections"]] == ["pairs", "gram1-pairs"]
    here, gensim = measured["trainers"]["here"], measured["trainers"]["gensim"]
    assert measured["ratios"]["gensim"]["words_a_cpu_second"] == pytest.approx(
        here["words_a_cpu_second"] / gensim["words_a_cpu_second"])
    assert here["peak_memory_mb"] == max(here["encoding_mb"], here["training_mb"])


def test_one_thread_and_two_have_the_same_vectors(figures):
    alone = figures["models"]["skipgram"]["trainers"]["here"]["one_thread"]
    assert alone["same_vectors"]
    assert len(alone["sha256"][0]) == 64


def test_counting_words_is_measured_beside_gensim(figures):
    assert {"here", "gensim corpus_file"} <= set(figures["vocabulary"])
    assert len({row["found"] for row in figures["vocabulary"].values()}) == 1


def test_the_table_has_trainers_ratios_and_the_hash(run, figures):
    trainers = figures["models"]["skipgram"]["trainers"]
    row = next(line for line in run.splitlines() if line.startswith("│ words a second "))
    speeds = [f"{figures['words_a_second']:,.0f}" for figures in trainers.values()]
    assert [cell.strip() for cell in row.split("│")[2:5]] == speeds
    assert trainers["here"]["one_thread"]["sha256"][0] in run
    for label in ("peak memory, MB", "semantic", "gram1-pairs", "times gensim's fastest"):
        assert label in run


def test_the_picture_is_drawn(run, folder):
    assert (folder / "figures" / "words.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("option", ["--word2vec", "--fasttext"])
def test_a_missing_program_is_one_sentence(option, folder):
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.words", str(folder / "text.txt"), option, "nowhere/it"],
        cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "there is no program nowhere/it for" in ended.stderr


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path):
    program = made(tmp_path / "program", "#!/bin/sh\necho 'out of luck.' >&2\nexit 3\n")
    with pytest.raises(UserError, match=r"exit code 3 \(out of luck\)"):
        trainers.FastText(str(program)).train(task(tmp_path))


def test_a_program_that_writes_no_vectors_is_refused(tmp_path):
    program = made(tmp_path / "program", "#!/bin/sh\nexit 0\n")
    with pytest.raises(UserError, match="has written no vectors; give the binary of word2vec.c"):
        trainers.Word2vecC(str(program)).train(task(tmp_path))


def test_a_program_for_another_machine_is_refused(tmp_path):
    program = made(tmp_path / "program", "\x7fELF of another kind")
    with pytest.raises(UserError, match="program cannot be run"):
        trainers.Word2vecC(str(program)).train(task(tmp_path))


@pytest.mark.parametrize("kind", [trainers.Word2vecC, trainers.FastText])
def test_counting_is_no_part_of_a_programs_training(kind, tmp_path, monkeypatch):
    program = kind(str(made(tmp_path / "program", "#!/bin/sh\n")))
    program.vectors(task(tmp_path)).touch()
    took = iter([measuring.Measured(2, 1.5, 300, ""), measuring.Measured(7, 8.5, 400, "")])
    monkeypatch.setattr(trainers, "run", lambda command: next(took))
    assert program.train(task(tmp_path)) == trainers.Training(5, 7, 400)


def test_trainers_are_chosen_by_name(tmp_path):
    program = str(made(tmp_path / "program", "#!/bin/sh\n"))
    names = [trainer.name for trainer in trainers.choose("gensim,fastText", None, program)]
    assert names == ["gensim", "fastText"]
    with pytest.raises(UserError, match="did you mean gensim"):
        trainers.choose("gensin", None, None)
    with pytest.raises(UserError, match="add --word2vec PATH"):
        trainers.choose("here,word2vec.c", None, None)


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"rounds": 0}, "rounds is 0"), ({"threads": 0}, "threads is 0"), ({"model": "glove"}, "glove"),
    ({"output": Path("words.png")}, "ends in .json"), ({"corpus": Path("nowhere")}, "no text"),
])
def test_wrong_options_are_refused_before_any_work(wrong, sentence, folder, tmp_path):
    given = {"corpus": folder / "text.txt", "output": tmp_path / "words.json", **wrong}
    with mock.patch.dict(os.environ), pytest.raises(UserError, match=sentence):
        words.compare(**given)


@pytest.mark.skipif(memory.memory_method() != memory.PROPORTIONAL, reason="there is no /proc")
def test_memory_of_descendants_counts_and_shared_pages_count_once():
    own = f"own = bytearray(b'x') * {60 * 2**20}; time.sleep(0.6)"
    child = f"subprocess.run([sys.executable, '-c', {'import time; ' + own!r}])"
    peaks = {start: measuring.run([sys.executable, "-c",
                                   f"import os, subprocess, sys, time; {own}; {start}; "
                                   "time.sleep(0.6)"]).peak_memory_mb
             for start in (child, "os.fork()")}
    assert peaks[child] > 120
    assert 60 < peaks["os.fork()"] < 100


def test_cpu_seconds_include_processes_that_have_ended():
    clock = Clock()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"],
                   check=True)
    assert clock.figures()["cpu_seconds"] > 0.25


def test_the_watch_ends_with_its_block():
    with memory.watched(os.getpid()) as watch:
        time.sleep(0.02)
    seen = watch.peak
    time.sleep(0.1)
    assert seen == watch.peak
    assert seen > 0 or memory.memory_method() == memory.RESIDENT


def test_ratios_are_here_over_the_other():
    here = {"words_a_second": 30.0, "words_a_cpu_second": 20.0, "peak_memory_mb": 50.0}
    other = {"words_a_second": 10.0, "words_a_cpu_second": None, "peak_memory_mb": 100.0}
    assert words.ratios({"here": here, "gensim": other}) == {"gensim": {
        "words_a_second": 3.0, "words_a_cpu_second": None, "peak_memory_mb": 0.5}}
    assert words.ratios({"gensim": other}) == {}


def test_medians_are_of_the_rounds():
    rounds = [trainers.Training(seconds, 2 * seconds, 1) for seconds in (4.0, 1.0, 2.0)]
    row = words.summary(100, rounds)
    assert (row["words_a_second"], row["words_a_cpu_second"]) == (50, 25)
    assert words.summary(100, [trainers.Training(-0.1, 0.0, 1)])["words_a_second"] is None


def test_different_vectors_are_shouted():
    alone = words.one_thread(100, [trainers.Training(4, 4, 1, "aa")],
                             [trainers.Training(2, 4, 1, "bb")])
    assert alone["speed_up"] == 2
    notes = words_tables.notes({"rounds": 1, "memory": "", "threads": 2},
                               {"here": {"one_thread": alone}})
    assert "2.00 times the speed of one, and DIFFERENT vectors: sha256 aa bb" in notes[-1]
