import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from texts import command_line
from texts.evaluate_command import evaluate_application
from texts.retrain_command import retrain_application

ROOT = Path(__file__).parents[2]


def sentence(text: str) -> str:
    """The only line of a text."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.fixture
def files(tmp_path, rows):
    """Two texts, of food and of sport."""
    for name, words in (("food.txt", "the bread of it"), ("sport.txt", "the goal team")):
        (tmp_path / name).write_text(words)
    return [tmp_path / "food.txt", tmp_path / "sport.txt"]


def test_retrain_prints_the_split_and_the_accuracy(texts, documents, tmp_path):
    code, out, err = texts("retrain", documents, tmp_path / "m")
    assert code == 0
    counts = [int(n) for n in re.search(r"^all +(\d+) +(\d+) +(\d+)$", out, re.M).groups()]
    assert sum(counts) == 60
    assert re.search(rf"test accuracy \d+\.\d % \(\d+ of {counts[2]}\), 95 % interval", out)
    assert out.endswith(f"classifier in {tmp_path / 'm'}\n")
    assert "warning: fewer than 10 documents to test on" in err


def test_retrain_as_json_has_the_counts_and_the_report(texts, documents, tmp_path):
    code, out, _ = texts("retrain", documents, tmp_path / "m", "--json", "--quiet", "--test", "0.4")
    report = json.loads(out)
    assert code == 0 and report["classifier"] == str(tmp_path / "m")
    assert sum(report["documents"]["food"].values()) == 30
    assert {"accuracy", "confusion", "labels", "interval"} <= report.keys()


def test_retrain_from_a_table_with_options_and_a_second_source(texts, rows, tmp_path):
    (tmp_path / "a.csv").write_text("what;said\n" + "".join(f"{a};{b}\n" for a, b in rows))
    (tmp_path / "t.csv").write_text("what;said\n" + "".join(f"{a};{b}x\n" for a, b in rows[:9]))
    code, out, err = texts(
        "retrain", tmp_path / "a.csv", tmp_path / "m", "--text-column", "said", "--label-column",
        "what", "--test-documents", tmp_path / "t.csv", "--not-sure", "0.7", "--json")
    assert code == 0, err
    assert json.loads(out)["count"] == 9
    record = json.loads((tmp_path / "m" / "record.json").read_text())
    assert record["not_sure"] == 0.7
    assert record["documents"]["test_documents"] == str(tmp_path / "t.csv")


def test_the_gate_of_retrain_still_writes_the_classifier(texts, rows, tmp_path):
    pairs = [(("food", "sport")[number % 2], text) for number, (_, text) in enumerate(rows[::2])]
    (tmp_path / "a.csv").write_text("label,text\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    code, out, err = texts("retrain", tmp_path / "a.csv", tmp_path / "m", "-q", "--at-least", "1")
    assert (code, out) == (1, "") and "below --at-least 1" in err.splitlines()[-1]
    assert (tmp_path / "m" / "record.json").exists()


def test_retrain_replaces_nothing_but_an_older_classifier(texts, documents, model, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    code, _, err = texts("retrain", documents, tmp_path)
    assert code == 2 and "only what was written as a classifier of texts is replaced" in sentence(
        err)
    for out, told in ((documents, "is read and would be lost"), (documents / "m", "lies in"),
                      (documents.parent, "which is read and would be lost"),
                      (tmp_path / "thesis.txt" / "m", "cannot be written")):
        code, _, err = texts("retrain", documents, out)
        assert code == 2 and told in sentence(err)
    own = shutil.copytree(model, tmp_path / "own")
    assert texts("retrain", documents, own, "-q")[0] == 0
    (own / "notes.txt").write_text("mine")
    assert texts("retrain", documents, own)[0] == 2 and (own / "notes.txt").exists()


@pytest.mark.parametrize(("option", "value", "told"), [
    ("--kind", "forest", "--kind is 'forest'; choose from auto, tfidf"),
    ("--validation", "2", "--validation is 2.0; it must be between 0 and 1"),
    ("--seed", "-1", "--seed is -1; it must be 0 or more"),
    ("--cost", "inf", "--cost is inf; it must be from 1e-6 to 1e6"),
    ("--cost", "1e-300", "--cost is 1e-300; it must be"),
    ("--megabytes", "inf", "--megabytes is inf; it must be a number above 0"),
    ("--test-documents", "", "--test-documents is ''; it must be"),
    ("--encoding", "utf-80", "--encoding is 'utf-80'"),
    ("--text-column", "", "--text-column is ''"),
    ("--not-sure", "2", "--not-sure"),
    ("--vectors", "nowhere", "nowhere"),
])
def test_values_out_of_range_are_refused_before_any_work(
    texts, documents, tmp_path, option, value, told
):
    code, out, err = texts("retrain", documents, tmp_path / "m", option, value)
    assert (code, out) == (2, "") and told in sentence(err)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(("words", "told"), [
    ("1 2 3", "none of the 60 documents of {} has a word; give texts"),
    ("足球比赛进球", "no word is in two of the 60 documents of {}; give more of them")])
def test_retrain_refuses_documents_without_words(texts, tmp_path, words, told):
    table = tmp_path / "a.csv"
    table.write_text("label,text\n" + "".join(
        f"{'ab'[n % 2]},{words}{chr(0x4e00 + n) if words[0] != '1' else n}\n" for n in range(60)))
    code, _, err = texts("retrain", table, tmp_path / "m")
    assert code == 2 and err.splitlines()[-1].startswith(told.format(table))
    assert ("are Chinese, which has no blanks" in err) == (words[0] != "1")


def test_a_size_that_no_classifier_has_is_refused_and_the_older_one_stays(
    texts, documents, model, tmp_path
):
    own = shutil.copytree(model, tmp_path / "own")
    code, out, err = texts("retrain", documents, own, "--megabytes", "0.001")
    told = re.fullmatch(r"--megabytes is 0.001, and a classifier of these documents takes (\S+) "
                        r"at least; give it that\.", err.splitlines()[-1])
    assert (code, out) == (2, "")
    assert (own / "model.npz").read_bytes() == (model / "model.npz").read_bytes()
    assert texts("retrain", documents, own, "--megabytes", told[1])[0] == 0


def test_nothing_is_written_into_the_classifier_that_is_asked(texts, model, documents, files):
    for command in (("evaluate", model, documents, "--mistakes", model / "a.csv"),
                    ("explain", model, files[0], "--out", model / "a.html")):
        code, out, err = texts(*command)
        assert (code, out) == (2, "") and "which is read; name another place" in sentence(err)


def test_documents_on_standard_input_are_read_once(texts, rows, model, typed, tmp_path):
    content = "label,text\n" + "".join(f"{a},{b}\n" for a, b in rows)
    typed(content.encode())
    assert texts("retrain", "-", tmp_path / "m", "-q")[0] == 0
    typed(content.encode())
    assert json.loads(texts("evaluate", model, "-", "--json")[1])["count"] == 60
    code, _, err = texts("retrain", "-", tmp_path / "m", "--test-documents", "-")
    assert code == 2 and "can be read once" in sentence(err)


def test_classify_prints_labels_with_scores_below_the_names(texts, model, files):
    code, out, err = texts("classify", model, *files)
    lines = out.splitlines()
    assert (code, err) == (0, "") and [lines[0], lines[3]] == [str(files[0]), str(files[1])]
    assert re.fullmatch(r"food \(score = [01]\.\d{5}\)", lines[1])
    out = texts("classify", model, files[1], "--top", "1")[1]
    assert re.fullmatch(r"sport \(score = [01]\.\d{5}\)\n", out)


def test_classify_as_json_and_csv(texts, model, files):
    answers = json.loads(texts("classify", model, *files, "--json")[1])
    assert [answer["label"] for answer in answers] == ["food", "sport"]
    assert list(answers[0]) == ["path", "label", "score", "scores", "unknown"]
    assert answers[0]["unknown"] == 0 and sum(answers[0]["scores"].values()) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(texts("classify", model, *files, "--csv")[1])))
    assert list(rows[0]) == ["path", "label", "score", "unknown", "food", "sport", "error"]
    assert [float(row["score"]) for row in rows] == [answer["score"] for answer in answers]
    code, _, err = texts("classify", model, *files, "--csv", "--json")
    assert code == 2 and "give one of them" in sentence(err)


def test_standard_input_is_a_text_or_lines_of_texts(texts, model, typed):
    typed(b"the goal team\nof the league")
    assert texts("classify", model, "-")[1].startswith("sport (score")
    typed(b"\xef\xbb\xbfgoal team\r\n\n  \nbread cheese")
    code, out, err = texts("classify", model, "-", "--lines", "--json")
    assert code == 0 and err == "passed over 2 empty lines of standard input\n"
    assert [(each["path"], each["label"]) for each in json.loads(out)] == [
        ("-:1", "sport"), ("-:4", "food")]


def test_lines_of_files_are_texts_packed_or_not(texts, model, tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"goal team\nbread cheese\n"))
    (tmp_path / "b.txt").write_bytes("bread\u2028salt".encode())
    out = texts("classify", model, tmp_path / "a.txt.gz", tmp_path / "b.txt", "--lines", "--csv")[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["path"].removeprefix(f"{tmp_path}/") for row in rows] == [
        "a.txt.gz:1", "a.txt.gz:2", "b.txt:1"]
    assert [row["label"] for row in rows] == ["sport", "food", "food"]


def test_files_without_an_answer_are_told_and_the_others_answered(texts, model, files, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "zero.txt").write_bytes(b"a\0")
    (tmp_path / "empty.txt").write_bytes(b"")
    names = ["latin.txt", "zero.txt", "empty.txt", "nothing.txt", "."]
    code, out, err = texts("classify", model, *(tmp_path / name for name in names), files[0],
                           "--json")
    *without, last = json.loads(out)
    assert code == 2 and last["label"] == "food" and len(err.splitlines()) == 5
    for answer, told in zip(without, ("is not UTF-8 at byte 3", "holds a NUL byte", "is empty",
                                      "no such file", "is a folder"), strict=True):
        assert list(answer) == ["path", "error"] and told in answer["error"]


def test_a_line_that_cannot_be_read_ends_its_file_and_is_named(texts, model, typed):
    typed(b"bread\n\xff\ngoal\n")
    code, out, err = texts("classify", model, "-", "--lines")
    assert code == 2 and out.startswith("-:1\nfood")
    assert sentence(err).startswith("standard input, line 2, is not UTF-8 at byte 0 of it")
    typed(b"")
    assert "is empty; give texts" in sentence(texts("classify", model, "-", "--lines")[2])
    assert "named for two things" in sentence(texts("classify", model, "-", "-")[2])


def test_words_that_are_mostly_unknown_are_told(texts, model, tmp_path, typed):
    typed(b"bread cheese\nder Ball ist rund\nand and\n")
    code, out, err = texts("classify", model, "-", "--lines", "--json")
    assert code == 0 and [each["unknown"] for each in json.loads(out)] == [0, 0.75, 0]
    assert sentence(err) == ("warning: more than 50 % of the words are unknown in 1 of 3 texts, "
                             "which may be of another language or kind: -:2")
    (tmp_path / "a.txt").write_text("der Ball ist rund")
    assert "unknown in 1 of 1 text" in sentence(texts("explain", model, tmp_path / "a.txt")[2])


@pytest.mark.parametrize(("content", "told"), [
    ("Les actions ont chut\u00e9", "has no word that the classifier knows; give a text in the"),
    ("12 ... !", "has no words; give a text that has some"), (" \n", "is empty; give a text")])
def test_a_text_without_a_known_word_is_refused(texts, model, tmp_path, typed, content, told):
    file = tmp_path / "a.txt"
    file.write_text(content)
    for command in ("classify", "explain"):
        code, out, err = texts(command, model, file)
        assert (code, out) == (2, "") and sentence(err).startswith(f"{file} {told}")
        typed(content.encode())
        assert sentence(texts(command, model, "-")[2]).startswith(f"standard input {told}")
    assert texts("explain", model, file, "--out", tmp_path / "a.html")[0] == 2
    assert not (tmp_path / "a.html").exists()


def test_among_others_a_text_without_a_known_word_has_an_error_and_no_label(texts, model, typed):
    given, told = b"goal\nder Ball\nchute\n77\nbread\n", {}
    for form in ("--json", "--csv", "--top=1"):
        typed(given)
        code, told[form], err = texts("classify", model, "-", "--lines", form)
        first, second = err.splitlines()
        assert code == 2 and first.startswith("-:3 has no word that the classifier knows")
        assert second.startswith("-:4 has no words")
    answers = json.loads(told["--json"])
    assert [each.get("label") for each in answers] == ["sport", "sport", None, None, "food"]
    assert answers[2:4] == [{"path": "-:3", "error": first}, {"path": "-:4", "error": second}]
    rows = list(csv.DictReader(io.StringIO(told["--csv"])))
    assert [bool(row["label"]) for row in rows] == [True, True, False, False, True]
    assert [row["error"] for row in rows] == ["", "", first, second, ""]
    assert {*rows[2].values()} == {"-:3", "", first}
    assert [line for line in told["--top=1"].splitlines() if line.startswith("-")] == [
        "-:1", "-:2", "-:5"]


def test_evaluate_tells_how_many_documents_count_with_a_guess(texts, model, rows, tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("label,text\n" + "".join(f"{a},{b}\n" for a, b in [
        *rows, ("food", "1 2 3"), ("sport", "chute libre"), ("sport", "le ball")]))
    code, out, err = texts("evaluate", model, table, "--json")
    assert code == 0 and json.loads(out)["count"] == 63
    assert json.loads(out)["guessed"] == {"count": 2, "right": 1}
    assert ("warning: the classifier knows no word of 2 of 63 documents, which count with what it "
            "would guess (1 right); texts classify refuses such texts: a.csv:62, a.csv:63"
            ) in err.splitlines()
    assert "would guess" in texts("evaluate", model, table, "--quiet")[2]


def test_retrain_tells_how_many_test_documents_count_with_a_guess(texts, rows, tmp_path):
    for name, pairs in (("a", rows), ("t", [*rows, ("food", "1 2 3")])):
        (tmp_path / f"{name}.csv").write_text(
            "label,text\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    code, _, err = texts("retrain", tmp_path / "a.csv", tmp_path / "m", "--test-documents",
                         tmp_path / "t.csv")
    assert code == 0 and "knows no word of 1 of 61 documents" in err


def test_the_threshold_makes_answers_not_sure(texts, model, typed):
    for threshold, label in (("0", "food"), ("1", "not sure")):
        typed(b"the bread of the goal")
        answer, = json.loads(texts("classify", model, "-", "--json", "--not-sure", threshold)[1])
        assert answer["label"] in (label, "sport")
    assert answer["label"] == "not sure"


def test_evaluate_prints_rates_and_the_confusion(texts, model, documents):
    code, out, _ = texts("evaluate", model, documents)
    assert code == 0 and re.search(r"^accuracy \d+\.\d % \(\d+ of 60\)", out, re.M)
    assert re.search(r"^ +food +sport$", out, re.M)
    report = json.loads(texts("evaluate", model, documents, "--json")[1])
    assert report["count"] == 60 and report["accuracy"] > 0.9


def test_evaluate_writes_its_mistakes_and_minds_the_gate(texts, model, tmp_path):
    (tmp_path / "a.csv").write_text("LABEL,text\nFood,bread\nsport,\"salt\u202e and\n cheese\"\n"
                                    "Sport,goal\n")
    code, out, err = texts("evaluate", model, tmp_path / "a.csv", "--mistakes", tmp_path / "m.csv",
                           "--at-least", "0.9", "--quiet")
    assert code == 1 and "below --at-least 0.9" in err.splitlines()[-1]
    row, = csv.DictReader(io.StringIO((tmp_path / "m.csv").read_text()))
    assert (row["document"], row["label"], row["answer"], row["text"]) == (
        "a.csv:3", "sport", "food", "salt\\u202e and cheese")
    code, _, err = texts("evaluate", model, tmp_path / "a.csv", "--mistakes", tmp_path / "a.csv")
    assert code == 2 and "is no table of mistakes" in sentence(err)
    assert texts("evaluate", model, tmp_path / "a.csv", "--mistakes", tmp_path / "m.csv")[0] == 0


def test_a_text_that_begins_as_a_formula_is_text_in_the_table_of_mistakes(texts, model, tmp_path):
    (tmp_path / "a.csv").write_text("label,text\nsport,=SUM(bread)\nsport,@bread\nfood,-goal\n")
    texts("evaluate", model, tmp_path / "a.csv", "--mistakes", tmp_path / "m.csv")
    rows = csv.DictReader(io.StringIO((tmp_path / "m.csv").read_text()))
    assert {row["text"] for row in rows} == {"'=SUM(bread)", "'@bread", "'-goal"}


def test_evaluate_of_a_divided_set_takes_its_test_part(texts, model, write_folder, rows, tmp_path):
    write_folder(tmp_path / "train", rows[:40])
    write_folder(tmp_path / "test", rows[40:])
    code, out, err = texts("evaluate", model, tmp_path, "--json")
    assert json.loads(out)["count"] == 20
    assert f"evaluated are the 20 test documents of {tmp_path}, and not the 40 others" in err


def test_evaluate_refuses_labels_that_are_not_the_classifiers(texts, model, tmp_path):
    (tmp_path / "a.csv").write_text("label,text\nfod,bread\n")
    code, _, err = texts("evaluate", model, tmp_path / "a.csv")
    assert code == 2 and ("no label of the classifier is called 'fod' (did you mean food?); rename "
                          "the label or leave it out") in err.splitlines()[-1]


def test_evaluate_of_one_class_in_subfolders_takes_the_class(texts, model, tmp_path):
    for number in range(2):
        (tmp_path / "food" / str(number)).mkdir(parents=True)
        (tmp_path / "food" / str(number) / "1.txt").write_text("bread")
    assert json.loads(texts("evaluate", model, tmp_path, "--json")[1])["count"] == 2


def test_explain_prints_the_pieces_and_writes_a_page(texts, model, files, tmp_path, typed):
    code, out, err = texts("explain", model, files[0], "--out", tmp_path / "a.html")
    assert code == 0 and re.search(r"^\+\d\.\d\d bread$", out, re.M)
    assert err == f"page in {tmp_path / 'a.html'}\n"
    assert "<mark" in (tmp_path / "a.html").read_text()
    typed(b"goal bread")
    found = json.loads(texts("explain", model, "-", "--json", "--label", "Food")[1])
    assert found["label"] == "food" and {each["piece"] for each in found["pieces"]} == {
        "goal", "bread"}
    assert found["pieces"][0].keys() == {"piece", "count", "weight"}


def test_explain_refuses_what_it_would_replace(texts, model, files):
    before = files[0].read_text()
    for out in (files[0], files[0].parent, model / "record.json"):
        code, printed, err = texts("explain", model, files[0], "--out", out)
        assert (code, printed) == (2, "") and sentence(err)
    assert files[0].read_text() == before
    code, _, err = texts("explain", model, files[0], "--label", "foot")
    assert code == 2 and "did you mean food" in sentence(err)


def test_show_prints_what_the_classifier_is(texts, model, documents):
    out = texts("show", model)[1]
    assert re.search(r"^labels +food, sport$", out, re.M) and str(documents) in out
    assert json.loads(texts("show", model, "--json")[1])["labels"] == ["food", "sport"]
    code, _, err = texts("show", documents)
    assert code == 2 and "is no classifier of texts (it lacks record.json" in sentence(err)


def test_names_that_a_terminal_would_obey_are_escaped(texts, model, tmp_path):
    file = tmp_path / "a\x1b[2J\u202e.txt"
    file.write_text("bread")
    missing = tmp_path / "b\x1b[2J.txt"
    for form in ((), ("--csv",), ("--json",)):
        _, out, err = texts("classify", model, file, missing, *form)
        assert not re.search("[\x1b\u202e]", out + err)


def test_every_option_of_every_command_has_a_help(texts):
    for application in (command_line.application, retrain_application, evaluate_application):
        command = typer.main.get_command(application)
        for name, each in getattr(command, "commands", {"": command}).items():
            assert all(parameter.help for parameter in each.params), name
    for command in ("retrain", "classify", "evaluate", "explain", "show"):
        assert texts(command, "--help")[0] == 0


def test_the_command_answers_lines_of_a_pipe_as_they_come(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "texts.command_line", "classify", str(model), "-", "--lines",
         "--top", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    for line, label in (("goal team", "sport"), ("bread salt", "food")):
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        process.stdout.readline()
        assert process.stdout.readline().startswith(f"{label} (score")
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_a_reader_that_has_enough_is_no_error(model, tmp_path):
    (tmp_path / "a.txt").write_text("bread\n" * 20_000)
    command = (f'"{sys.executable}" -m texts.command_line classify "{model}" a.txt --lines 2> err'
               ' | head -1; echo "${PIPESTATUS[0]}"')
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stdout == "a.txt:1\n0\n" and (tmp_path / "err").read_text() == ""


def test_help_answers_at_once_and_without_what_is_heavy():
    program = ("import sys; from texts.command_line import main; sys.argv = ['texts', '--help']\n"
               "try: main()\n"
               "finally: print(*(name in sys.modules for name in ('tensorflow', 'PIL', 'numpy')))")
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    # A fifth of a second on a quiet machine; other work may share it.
    assert time.perf_counter() - started < 2
    assert done.stdout.rstrip().endswith("False False False")
