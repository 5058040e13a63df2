import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from word2vec.folders import VECTORS as VECTORS_FOLDER
from word2vec.vectors.formats.vector_files import read_vectors, write_vectors
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.own_files import seal

ROOT = Path(__file__).parent.parent.parent
WORDS = ["man", "woman", "king", "queen", "noise", "rare"]
VECTORS = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, -1], [0, 0, -1]],
                   np.float32)


@pytest.fixture
def path(tmp_path) -> str:
    write_vectors(tmp_path / "vectors.bin", WORDS, VECTORS)
    return str(tmp_path / "vectors.bin")


def test_nearest_prints_words_and_cosines(run, path):
    assert run("nearest", path, "King", "--top", "2") == (
        0, "man    0.7071\nqueen  0.5000\n", "")


def test_nearest_prints_a_block_for_each_of_several_words(run, path):
    code, output, _ = run("nearest", path, "man", "queen", "--top", "1")
    assert code == 0 and output == "man\nking  0.7071\n\nqueen\nwoman  0.7071\n"


def test_nearest_as_json(run, path):
    _, output, _ = run("nearest", path, "king", "--top", "1", "--json")
    assert json.loads(output) == [
        {"word": "king", "nearest": [{"word": "man", "score": pytest.approx(np.sqrt(0.5))}]}]


def test_words_come_from_standard_input_and_unknown_ones_do_not_end_it(run, path):
    code, output, errors = run(
        "nearest", path, "--top", "1", "--json", typed="king\n\nqueem\nqueen\n")
    assert code == 2 and [json.loads(line)["word"] for line in output.splitlines()] == [
        "king", "queen"]
    assert errors == "'queem' is not among the 6 words; did you mean queen?\n"


def test_answers_may_be_bound_and_words_be_left_unread(run, path):
    assert run("nearest", path, "rare", "--restrict-vocab", "2") == (
        0, "man    0.0000\nwoman  0.0000\n", "")
    assert run("nearest", path, "man", "--limit", "2")[1] == "woman  0.0000\n"
    assert "'rare' is not among the 2 words" in run("nearest", path, "rare", "--limit", "2")[2]
    code, output, errors = run("analogy", path, "man", "woman", "king", "--restrict-vocab", "3")
    assert (code, output) == (2, "") and "no word is left to answer with" in errors
    assert run("analogy", path, "man", "woman", "king", "--limit", "4")[1] == "queen  0.9586\n"
    assert run("similarity", path, "man", "king", "--limit", "3")[1] == "0.7071\n"
    assert "is not among" in run("odd-one-out", path, "man", "king", "rare", "--limit", "3")[2]
    for option in ("--restrict-vocab", "--limit"):
        assert run("nearest", path, "man", option, "0")[0] == 2


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_lists_of_words_to_be_near_to_and_far_from(run, path, method):
    three = run("analogy", path, "man", "woman", "king", "--method", method)
    assert three[0] == 0 and run(
        "analogy", path, "--positive", "woman", "--positive", "King", "--negative", "man",
        "--method", method) == three
    code, output, _ = run("analogy", path, "--positive", "king", "--negative", "man", "--negative",
                          "woman", "--top", "1", "--json", "--method", method)
    answer = json.loads(output)
    assert code == 0 and (answer["positive"], answer["negative"]) == (["king"], ["man", "woman"])
    assert answer["method"] == method and len(answer["answers"]) == 1


def test_a_word_to_be_far_from_is_enough(run, path):
    # -(-1, -1, -1) is nearest to king and queen: 2 / sqrt(6).
    assert run("analogy", path, "--negative", "noise", "--top", "1")[1] == "king  0.8165\n"


def test_a_word_with_blanks_is_asked_between_tabs(run, tmp_path):
    towns = WordVectors(["new york", "paris", "york", "new"], VECTORS[:4])
    towns.save(tmp_path / "towns")
    path = str(tmp_path / "towns")
    assert run("similarity", path, typed="new york\tparis\n")[1] == "0.0000\n"
    assert run("nearest", path, "--top", "1", typed="new york\nnew york\t\n") == (
        0, "york  0.7071\n\nyork  0.7071\n\n", "")
    assert json.loads(run("odd-one-out", path, "--json", typed="new york\tyork\tparis\n")[1])[
        "words"] == ["new york", "york", "paris"]
    assert json.loads(run("analogy", path, "--json", typed="york\tnew york \tparis\n")[1])[
        "b"] == "new york"
    code, output, errors = run("similarity", path, typed="new york paris\nparis york\n")
    assert (code, output) == (2, "0.0000\n") and "has 3 words; give 2 a line" in errors


@pytest.mark.parametrize("dash", [("-",), ()])
def test_a_dash_in_the_place_of_words_reads_standard_input(run, path, dash):
    assert run("nearest", path, *dash, "--top", "1", typed="king\nman\n") == (
        0, "man  0.7071\n\nking  0.7071\n\n", "")
    assert run("analogy", path, *dash, "--top", "1", typed="man woman king\n")[1].split()[0] == (
        "queen")
    assert run("similarity", path, *dash, typed="man king\nman woman\n") == (
        0, "0.7071\n0.0000\n", "")
    assert run("odd-one-out", path, *dash, typed="man king rare\n") == (0, "rare\n", "")


@pytest.mark.parametrize("command, typed, answers, sentences", [
    ("nearest", "queem\nking queen\nking\n", 1, ["did you mean queen", "has 2 words; give 1"]),
    ("analogy", "man\nman woman kingg\nman woman king\n", 1,
     ["'man' has 1 word; give 3 a line", "did you mean king"]),
    ("similarity", "man\nman kingg\nman king\n", 1,
     ["'man' has 1 word; give 2 a line", "did you mean king"]),
    ("analogy", "man\t\tking\nman\twoman\tking\n", 1, ["one of the words is empty"]),
    ("odd-one-out", "man\nman king\nman king rar\nman king rare\n", 1,
     ["1 word is given; give at least three", "2 words are given", "did you mean rare"]),
])
def test_lines_that_cannot_be_answered_are_named_and_the_next_one_read(
    run, path, command, typed, answers, sentences
):
    code, output, errors = run(command, path, "-", "--json", typed=typed)
    assert code == 2 and len(output.splitlines()) == answers
    for sentence, line in zip(sentences, errors.splitlines(), strict=True):
        assert sentence in line


def test_input_that_is_not_utf8_is_an_unknown_word(path):
    finished = subprocess.run(
        [sys.executable, "-m", "word2vec.command_line", "nearest", path, "-", "--top", "1"],
        cwd=ROOT, input=b"\xe9t\xe9\nking\n", capture_output=True)
    assert finished.returncode == 2 and finished.stdout == b"man  0.7071\n\n"
    assert b"is not among the 6 words" in finished.stderr and b"Traceback" not in finished.stderr


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_analogy_answers_by_both_methods(run, path, method):
    code, output, _ = run("analogy", path, "man", "woman", "king", "--method", method, "--json")
    answer = json.loads(output)
    assert code == 0 and answer["answers"][0]["word"] == "queen" and answer["method"] == method


def test_analogies_come_from_standard_input_three_a_line(run, path):
    _, output, errors = run("analogy", path, "--top", "1", typed="man woman king\nman woman\n")
    assert output.split()[0] == "queen" and "has 2 words; give 3 a line" in errors


def test_similarity_and_odd_one_out(run, path):
    assert run("similarity", path, "man", "king") == (0, "0.7071\n", "")
    assert run("odd-one-out", path, "man", "king", "rare")[1] == "rare\n"
    assert json.loads(run("similarity", path, "man", "KING", "--json")[1])["b"] == "king"


def test_evaluate_prints_sections_totals_and_rules(run, path, tmp_path):
    (tmp_path / "q.txt").write_text(": family\nman woman king queen\nman woman king unicorn\n")
    (tmp_path / "p.tsv").write_text("man king 7\nman rare 1\nman unicorn 2\n")
    sets = ("--questions", str(tmp_path / "q.txt"), "--pairs", str(tmp_path / "p.tsv"))
    code, output, _ = run("evaluate", path, *sets)
    assert code == 0
    assert re.search(r"^family +100\.0 % +1 +1 +1$", output, re.M)
    assert "3cosadd over the 6 most frequent words; coverage 50.0 %: 1 of 2 questions" in output
    assert "2 of 3" in output
    metrics = json.loads(run("evaluate", path, *sets, "--unknown-words", "wrong", "--json")[1])
    assert metrics["analogies_accuracy"] == 0.5 and metrics["p_coverage"] == pytest.approx(2 / 3)
    assert metrics["sections"][0]["section"] == "family"


@pytest.mark.parametrize("policy, of_questions, of_pairs", [
    ("skip", "left out", "left out"), ("wrong", "counted as wrong", "of similarity 0")])
def test_every_score_is_printed_with_its_rules(run, path, tmp_path, policy, of_questions, of_pairs):
    for name in ("q.txt", "more.txt"):
        (tmp_path / name).write_text(": one\nman woman king queen\n: two\nman woman king zebra\n")
    (tmp_path / "p.tsv").write_text("man king 7\nman rare 1\nman zebra 2\n")
    output = run("evaluate", path, "--questions", str(tmp_path / "q.txt"), "--questions",
                 str(tmp_path / "more.txt"), "--pairs", str(tmp_path / "p.tsv"),
                 "--unknown-words", policy)[1]
    rules = [line for line in output.splitlines() if "unknown words: " in line]
    assert rules == 2 * [
        "3cosadd over the 6 most frequent words; coverage 50.0 %: 1 of 2 questions; unknown words: "
        f"{policy}, those with one are {of_questions}"] + [
        f"cosines over all 6 words; unknown words: {policy}, pairs with one are {of_pairs}"]
    assert re.search(r"^semantic ", output, re.M) and re.search(r"^more +accuracy", output, re.M)
    assert "2 of 3    66.7 %" in output


def test_convert_tells_the_format_by_the_extension(run, path, tmp_path):
    code, _, errors = run("convert", path, str(tmp_path / "v.txt.gz"), "--limit", "2")
    assert code == 0 and errors.startswith("2 words of 3 values")
    assert read_vectors(tmp_path / "v.txt.gz")[0] == ["man", "woman"]


def test_convert_writes_a_folder_where_the_name_has_no_extension(run, path, tmp_path):
    folder = tmp_path / "v-1.0"
    assert run("convert", path, str(folder)) == (0, "", f"6 words of 3 values in {folder}\n")
    assert run("nearest", str(folder), "king", "--top", "1")[1] == "man  0.7071\n"
    assert json.loads((folder / "record.json").read_text())["converted_from"] == path
    assert run("convert", str(folder), str(tmp_path / "v.bin"), "--limit", "1")[2].startswith(
        "1 word of 3 values")


def test_convert_as_json_tells_what_was_made_and_quietly_nothing(run, path, tmp_path):
    out = str(tmp_path / "v.txt")
    assert run("convert", path, out, "--quiet") == (0, "", "")
    code, output, errors = run("convert", path, out, "--json", "--limit", "2")
    assert (code, errors) == (0, "")
    assert json.loads(output) == {"vectors": out, "words": 2, "dim": 3}


def test_wide_words_are_aligned_and_escaped_where_they_cannot_be_shown(tmp_path):
    words = ["king", "犬", "고양이", "cafe\u0301", "🌭"]
    write_vectors(tmp_path / "wide.bin", words, np.eye(5, dtype=np.float32))
    command = [sys.executable, "-m", "word2vec.command_line", "nearest", tmp_path / "wide.bin",
               "king"]
    for encoding, shown in (("utf-8", "고양이"), ("ascii", "\\uace0\\uc591\\uc774"),
                            ("latin-1", "\\uace0\\uc591\\uc774")):
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True,
                                  env={**os.environ, "PYTHONIOENCODING": encoding})
        lines = finished.stdout.splitlines()
        assert len({cell_len(line) for line in lines}) == 1
        assert {line.split()[0] for line in lines} >= {shown} and "\x1b" not in finished.stdout


def test_sections_with_wide_names_are_aligned(run, path, tmp_path):
    (tmp_path / "q.txt").write_text(": 家族\nman woman king queen\n: a long name of one\n"
                                    "man woman king queen\n", encoding="utf-8")
    (tmp_path / "p.tsv").write_text("man king 7\nman rare 1\n")
    output = run("evaluate", path, "--questions", str(tmp_path / "q.txt"), "--pairs",
                 str(tmp_path / "p.tsv"))[1]
    table = output.split("\n\n3cosadd")[0].splitlines()
    assert table[1].startswith("家族") and len({cell_len(line) for line in table if line}) == 1


def asked_by_shell(instruction: str, **environment: str) -> str:
    script = ("import sys; sys.argv = ['word2vec']\n"
              "from word2vec.command_line import main; main()")
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "_WORD2VEC_COMPLETE": instruction, **environment})
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout


def test_a_shell_completes_commands_options_and_choices():
    def complete(*words: str) -> list[str]:
        line = " ".join(["word2vec", *words])
        return asked_by_shell("complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words))).split()

    assert complete("odd") == ["odd-one-out"]
    assert {"--model", "--continue-from", "--quiet", "--json"} <= set(complete("train", "--"))
    assert complete("train", "--model", "") == ["skipgram", "cbow"]
    assert complete("train", "--tokens", "w") == ["words", "whitespace"]
    assert complete("analogy", "v", "--method", "") == ["3cosadd", "3cosmul"]
    assert complete("nearest", "") == []  # the shell's own: files


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion(shell):
    assert f"_WORD2VEC_COMPLETE=complete_{shell}" in asked_by_shell(f"source_{shell}")


def test_the_help_of_a_completion_is_one_line():
    lines = asked_by_shell("complete_fish", _TYPER_COMPLETE_FISH_ACTION="get-args",
                           _TYPER_COMPLETE_ARGS="word2vec train --").splitlines()
    assert len(lines) > 10 and all(line.startswith("--") for line in lines)


def test_convert_replaces_only_vectors(run, path, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mother.jpg").write_text("dear")
    (tmp_path / "notes.txt").write_text("dear diary\n")
    for out, sentence in (("photos", "other content"), ("notes.txt", "holds no word vectors"),
                          ("vectors.bin", "is read and would be lost")):
        code, _, errors = run("convert", path, str(tmp_path / out))
        assert code == 2 and sentence in errors
    folder = tmp_path / "again"
    for _ in range(2):
        assert run("convert", path, str(folder))[0] == 0
    (folder / "v.bin").write_bytes(Path(path).read_bytes())
    error = run("convert", str(folder / "v.bin"), str(folder))[2]
    assert f"again holds {folder}/v.bin, which is read" in error


def write_text(path):
    path.write_text("the cat saw the dog and the dog saw the cat\n" * 20)
    return str(path)


def test_nothing_that_is_read_is_written_over(run, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = write_text(tmp_path / "text.txt")
    assert run("train", text, "v", "--dim", "4", "--epochs", "1")[0] == 0
    inside = write_text(tmp_path / "v" / "text.txt")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    for arguments in (("train", text, text), ("train", inside, "v"), ("phrases", text, text),
                      ("train", text, path, "--pretrained", path),
                      ("train", text, "new", "--pretrained", "new.checkpoint"),
                      ("convert", path, path), ("convert", "v", "v")):
        (tmp_path / "new.checkpoint").mkdir(exist_ok=True)
        code, _, errors = run(*arguments)
        assert code == 2 and "read and would be lost" in errors, arguments
    (tmp_path / "v" / "text.txt").unlink()
    assert "read and would be lost" in run("train", text, "v", "--continue-from", "v")[2]
    del before[Path(inside)]
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}


def test_train_and_convert_replace_no_folder_but_of_vectors(run, path, tmp_path):
    text, vectors, other = write_text(tmp_path / "text.txt"), tmp_path / "v", tmp_path / "other"
    assert run("convert", path, str(vectors))[0] == 0
    (vectors / "thesis.txt").write_text("mine")
    other.mkdir()  # another maker's folder with a record, as vectors have one
    (other / "record.json").write_text('{"labels": ["cat"]}')
    for arguments in (("train", text), ("convert", path)):
        assert "other content (thesis.txt)" in run(*arguments, str(vectors))[2]
        assert "other content (record.json)" in run(*arguments, str(other))[2]
    assert (vectors / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(("name", "content"), [
    ("vocabulary.txt", lambda old: b"".join(old.splitlines(keepends=True)[::-1])),
    ("input_vectors.npy", lambda old: old[:-4] + old[:4]),
    ("record.json", lambda old: b"{}"),
    ("record.json", lambda old: old.replace(b"converted", b"diverted")),
])
def test_vectors_that_were_damaged_or_mixed_give_no_answer(run, path, tmp_path, name, content):
    folder = tmp_path / "v"
    run("convert", path, str(folder))
    assert run("nearest", str(folder), "king")[0] == 0
    (folder / name).write_bytes(content((folder / name).read_bytes()))
    code, out, errors = run("nearest", str(folder), "king")
    assert (code, out) == (2, "")
    assert f"v/{name} is " in errors and "copy the folder again from where it is whole" in errors


def test_several_sets_of_questions_are_scored_by_their_names(run, path, tmp_path):
    for name in ("q.txt", "more.txt"):
        (tmp_path / name).write_text(": family\nman woman king queen\n")
    (tmp_path / "p.tsv").write_text("man king 7\nman rare 1\n")
    scores = json.loads(run(
        "evaluate", path, "--questions", str(tmp_path / "q.txt"), "--questions",
        str(tmp_path / "more.txt"), "--pairs", str(tmp_path / "p.tsv"), "--json")[1])
    assert scores["analogies_accuracy"] == scores["more_accuracy"] == 1
    assert scores["p_bound"] == 6 and scores["p_unknown_words"] == "skip"


def test_defaults_of_the_command_are_those_of_the_pipeline(run):
    from word2vec.evaluation.evaluation import EvaluateParameters

    text = " ".join(run("evaluate", "--help")[1].replace("│", " ").split())
    parameters = EvaluateParameters()
    assert ", ".join(parameters.questions) in text and ", ".join(parameters.word_pairs) in text


@pytest.mark.parametrize("arguments, sentence", [
    (("nearest", "{path}", "kingg"), "did you mean king"),
    (("nearest", "missing.bin", "king"), "does not exist"),
    (("nearest", "{path}", ""), "one of the words is empty; give a word."),
    (("similarity", "{path}", "man", " "), "one of the words is empty"),
    (("analogy", "{path}", "man", "", "king"), "one of the words is empty"),
    (("odd-one-out", "{path}", "man", "", "king"), "one of the words is empty"),
    (("analogy", "{path}", "man", "--positive", "king"), "1 word and --positive or --negative"),
    (("analogy", "{path}", "--positive", "kingg"), "did you mean king"),
    (("analogy", "{path}", "--negative", "king", "--method", "3cosmul"), "no positive word"),
    (("analogy", "{path}", "man", "woman"), "2 words are given; give three: A is"),
    (("analogy", "{path}", "man"), "1 word is given; give three"),
    (("similarity", "{path}", "man"), "1 word is given; give two."),
    (("similarity", "{path}", "man", "king", "queen"), "3 words are given; give two."),
    (("odd-one-out", "{path}", "man", "woman"), "2 words are given; give at least three."),
    (("convert", "{path}", "out.glove"), "does not say its format"),
    (("evaluate", "{path}", "--questions", "question_words"), "did you mean questions_words"),
])
def test_bad_input_is_one_sentence_and_exit_code_two(run, path, arguments, sentence):
    code, output, errors = run(*(argument.format(path=path) for argument in arguments))
    assert code == 2 and output == ""
    assert sentence in errors and errors.count("\n") == 1


def test_help_does_without_numpy():
    script = ("import sys; sys.argv = ['word2vec', '--help']; import word2vec.command_line as c\n"
              "try: c.main()\n"
              "except SystemExit: sys.exit('numpy' in sys.modules or 'requests' in sys.modules)")
    finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True)
    assert finished.returncode == 0 and b"nearest" in finished.stdout


# ---- train ----

TRAINING = ("--quiet", "--dim", "4", "--epochs", "1", "--sample", "0", "--min-count", "1",
            "--threads", "1")


@pytest.fixture
def text(tmp_path) -> str:
    """Forty lines in which old town stands together, and river never beside the same word."""
    lines = [f"old town {'abcdefgh'[i % 8]} river {'stuvwxyz'[i % 7]} town" for i in range(40)]
    (tmp_path / "text.txt").write_text("\n".join(lines) + "\n")
    return str(tmp_path / "text.txt")


def words_of(folder: Path) -> list[str]:
    return [line.split()[0] for line in (folder / "vocabulary.txt").read_text().splitlines()]


@pytest.mark.parametrize("options, recorded", [
    (("--noise-exponent", "-0.5"), {"noise_exponent": -0.5}),
    (("--window", "40", "--no-dynamic-window"), {"window": 40, "dynamic_window": False}),
    (("--loss", "hierarchical_softmax"), {"loss": "hierarchical_softmax"}),
    (("--negative", "3", "--shared-negatives", "7", "--group", "16"),
     {"negative": 3, "shared_negatives": 7, "group": 16}),
    (("--replicas", "1", "--step", "128", "--row-exponent", "0.75"),
     {"replicas": 1, "step": 128, "row_exponent": 0.75}),
    (("--learning-rate", "0.02", "--minimum-learning-rate", "0.01"),
     {"learning_rate": 0.02, "minimum_learning_rate": 0.01}),
    (("--model", "cbow", "--divided", "--noise", "drawn", "--group", "32", "--shared-negatives",
      "5"), {"divided": True, "noise": "drawn", "group": 32, "shared_negatives": 5}),
])
def test_the_options_of_train_are_the_parameters_that_are_recorded(
    run, text, tmp_path, options, recorded
):
    code, output, errors = run("train", text, str(tmp_path / "out"), *TRAINING, *options)
    assert (code, output) == (0, ""), errors
    parameters = json.loads((tmp_path / "out" / "record.json").read_text())["parameters"]
    assert {name: parameters[name] for name in recorded} == recorded


# old town: 40 of 240 words, old 40 times, town 80; (40 - 5) / (40 * 80) * 240 = 2.6.
@pytest.mark.parametrize("options, joined", [
    (("--phrase-threshold", "2.5"), True),
    (("--phrase-threshold", "2.7"), False),
    (("--phrase-threshold", "2.7", "--phrase-discount", "0"), True),  # 3.0
    (("--phrase-threshold", "2.5", "--phrase-min-count", "41"), False),
    (("--phrase-scoring", "npmi", "--phrase-threshold", "0.6"), True),
    (("--phrase-scoring", "npmi", "--phrase-threshold", "0.65"), False),
])
def test_phrase_options_say_which_pairs_are_joined(run, text, tmp_path, options, joined):
    code, _, errors = run("train", text, str(tmp_path / "out"), *TRAINING, "--phrases", "1",
                          *options)
    assert code == 0, errors
    assert ("old_town" in words_of(tmp_path / "out")) == joined


@pytest.mark.parametrize("options, sentence", [
    (("--phrase-threshold", "3"), "--phrase-threshold is given and changes nothing: no phrases are "
     "looked for; leave it out, or give --phrases 1 or more.\n"),
    (("--phrases", "0", "--phrase-scoring", "npmi"), "--phrase-scoring is given and changes"),
    (("--phrases", "list.txt", "--phrase-min-count", "2"), "--phrase-min-count is given and "
     "changes nothing: the phrases of list.txt are found already; leave it out.\n"),
    (("--phrases", "1", "--phrase-scoring", "npmi", "--phrase-discount", "1"),
     "--phrase-discount is given and changes nothing: npmi takes no discount; leave it out.\n"),
    (("--loss", "full_softmax", "--negative", "5"),
     "--negative is given and changes nothing: full_softmax has no noise words; leave it out.\n"),
    (("--loss", "hierarchical_softmax", "--noise-exponent", "1"), "--noise-exponent is given and"),
    (("--model", "cbow", "--shared-negatives", "5"), "--shared-negatives is given and changes "
     "nothing: cbow draws none; leave it out, or set --noise drawn.\n"),
    (("--divided",), "--divided is True and skipgram has no such parameter; leave it out, or train "
     "cbow.\n"),
    (("--max-words", "1"), "--max-words is 1; it must be at least 2, or left out for no bound.\n"),
    (("--max-counted", "1"), "--max-counted is 1; it must be at least 2, or left out for no bou"),
    (("--pretrained", "a", "--continue-from", "b"), "--pretrained is a and continue_from is b, "
     "whose vectors are those to begin with; give one of them.\n"),
    (("--pretrained", "missing"), "missing does not exist; give a folder of trained vectors or"),
])
def test_options_that_cannot_be_or_change_nothing_are_refused(
    run, text, tmp_path, options, sentence
):
    code, output, errors = run("train", text, str(tmp_path / "out"), *options)
    assert (code, output) == (2, "") and errors.startswith(sentence) and errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_training_begins_with_foreign_vectors_and_takes_their_dimension(run, text, tmp_path):
    foreign = str(tmp_path / "foreign.txt")
    write_vectors(Path(foreign), ["river", "sea"], np.array([[0, 1, 0], [1, 0, 0]], np.float32))
    out, options = str(tmp_path / "out"), ("--learning-rate", "1e-9", "--min-count", "1",
                                           "--minimum-learning-rate", "0", "--pretrained", foreign)
    code, output, errors = run("train", text, out, *options, "--json")
    assert code == 0 and json.loads(output)["dim"] == 3
    assert f"{foreign} has 1 of the 18 words; the others are drawn" in errors.splitlines()
    assert json.loads((tmp_path / "out" / "record.json").read_text())["corpus"]["pretrained"] == (
        foreign)
    river = np.load(tmp_path / "out" / "input_vectors.npy")[words_of(tmp_path / "out").index(
        "river")]
    np.testing.assert_allclose(river, [0, 2, 0], atol=1e-6)
    code, _, errors = run("train", text, out, *options, "--dim", "100")
    assert code == 2 and errors.splitlines()[-1] == (
        f"--dim is 100 and the vectors of {foreign} have 3 values; leave dim out, or set it to 3.")


def test_no_help_speaks_of_none_or_null(run):
    for command in ("train", "tune", "phrases", "convert", "evaluate"):
        assert not re.search(r"\b(None|null)\b", run(command, "--help")[1])
@pytest.fixture
def latin(tmp_path) -> str:
    rows = b"".join(word + b" %d 0.5 1\n" % number for number, word in enumerate(
        (b"man", b"king", b"caf\xe9", b"\xe9t\xe9")))
    (tmp_path / "latin.txt").write_bytes(b"4 3\n" + rows)
    return str(tmp_path / "latin.txt")


@pytest.mark.parametrize("arguments", [
    ("nearest", "man"), ("analogy", "man", "king", "man"), ("similarity", "man", "king"),
    ("odd-one-out", "man", "king", "man"), ("evaluate", "--questions", "{folder}/q.txt", "--pairs",
                                            "{folder}/p.tsv"), ("convert", "{folder}/out.txt")])
def test_every_command_reads_words_of_another_encoding_as_wished(run, latin, tmp_path, arguments):
    (tmp_path / "q.txt").write_text(": one\nman king man king\n")
    (tmp_path / "p.tsv").write_text("man king 7\nman man 1\n")
    command, *rest = (argument.format(folder=tmp_path) for argument in arguments)
    code, _, errors = run(command, latin, *rest)
    assert code == 2 and "is not UTF-8; read such words with --errors replace" in errors
    for options in (("--errors", "replace"), ("--errors", "ignore"), ("--encoding", "latin-1")):
        code, _, errors = run(command, latin, *rest, *options)
        assert code == 0 and ("2 words with bytes" in errors) == (options[0] == "--errors")
    assert run(command, latin, *rest, "--errors", "ignore", "--limit", "4")[0] == 0
    assert run(command, latin, *rest, "--limit", "0")[::2] == (
        2, "--limit is 0; it must be a whole number, at least 1.\n")


def test_standard_input_gives_vectors_or_words(path, tmp_path):
    def piped(*arguments: str) -> tuple[int, str, str]:
        finished = subprocess.run(
            [sys.executable, "-m", "word2vec.command_line", *arguments], cwd=ROOT,
            input=Path(path).read_bytes(), capture_output=True)
        return finished.returncode, finished.stdout.decode(), finished.stderr.decode()

    for name in ("/dev/stdin", "-"):
        assert piped("nearest", name, "king", "--top", "1") == (0, "man  0.7071\n", "")
        code, output, errors = piped("nearest", name)
        assert (code, output) == (2, "") and "the vectors and the words too" in errors
        code, output, errors = piped("evaluate", path, "--questions", "-", "--pairs", name)
        assert (code, output) == (2, "") and "named for two things" in errors
    assert piped("convert", "-", str(tmp_path / "v.txt"))[0] == 0
    assert read_vectors(tmp_path / "v.txt")[0] == WORDS


def test_a_slash_at_the_end_makes_a_folder(run, path, tmp_path):
    out = f"{tmp_path}/wiki.en"
    code, _, errors = run("convert", path, out)
    assert code == 2 and f"or a slash behind it ({out}/)" in errors
    assert run("convert", path, out + "/") == (0, "", f"6 words of 3 values in {out}\n")
    assert run("nearest", out, "king", "--top", "1")[1] == "man  0.7071\n"


def test_counts_go_from_folder_to_safetensors_and_back(run, path, tmp_path):
    first, tensors, second = (str(tmp_path / name) for name in ("a", "v.safetensors", "b"))
    run("convert", path, first)
    vocabulary = Path(first) / "vocabulary.txt"
    vocabulary.write_text(vocabulary.read_text().replace(" 0", " 7"))
    seal(Path(first), VECTORS_FOLDER)
    assert run("convert", first, tensors)[0] == run("convert", tensors, second)[0] == 0
    assert (Path(second) / "vocabulary.txt").read_bytes() == vocabulary.read_bytes()
    assert run("nearest", tensors, "king", "--top", "1")[1] == "man  0.7071\n"
