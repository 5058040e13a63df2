"""`word2vec tune`: what is tried, by what it is scored, and what is left in the end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from word2vec import measures, tune_text
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.measures import Trial, asked_of
from word2vec.parameters import (
    EncodeParameters,
    MeasureParameters,
    OwnParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.train_text import Recipe, train_text
from word2vec.training import loop
from word2vec.training.tables import Tables
from word2vec.tune_text import Encodings, default_space
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.running import running
from words_and_images.tuning import on_workers, page
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.study import FAILED, NO_BETTER, PRUNED, WHOLE, Score

pytest.importorskip("optuna", reason="Optuna is an extra")

ANIMALS = ["cat", "dog", "horse", "cow", "sheep"]
TOOLS = ["hammer", "saw", "nail", "drill", "plane"]
PAIRS = "cat dog 9\nhammer saw 8\ncow sheep 7\ncat hammer 2\ndog saw 1\nnail horse 1\ncat yak 5\n"
RECIPE = Recipe("skipgram", EncodeParameters(min_count=2),
                TrainParameters(dim=8, epochs=2, threads=1), OwnParameters(sample=0.0))


WRITE_PAGE = page.write_page


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A text of animals or tools in each line, judged pairs of them, and pages without charts."""
    monkeypatch.setattr(page, "write_page", lambda studies, path: path.write_text("a page"))
    generator = np.random.default_rng(4)
    lines = [" ".join(generator.choice([ANIMALS, TOOLS][i % 2], 10)) for i in range(120)]
    lines[::9] = [f"{line} goat{i} goat{i} goat{i}" for i, line in enumerate(lines[::9])]
    (tmp_path / "text.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "pairs.txt").write_text(PAIRS)
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path


def space(content):
    Path("space.yaml").write_text(json.dumps(content))
    return Path("space.yaml")


RATES = {"skipgram.learning_rate": [0.07, 0.001, 0.3]}


def tune(content=RATES, recipe=RECIPE, out="out", measured=None, join=False, **search):
    parameters = SearchParameters(**{"trials": 3, "confirm": 2, "sampler": "grid", **search})
    return tune_text.tune_text("text.txt", out, recipe, parameters,
                               measured or MeasureParameters(pairs=("pairs.txt",)),
                               space(content), join)


def content_of(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


# ---- what is left in the end ----


def test_the_vectors_are_those_of_training_with_what_was_found(monkeypatch):
    monkeypatch.setattr(measures.Asked, "score", lambda self, trial: Score(
        trial.own.learning_rate + trial.train.seed / 1000))
    slow = replace(RECIPE, own=replace(RECIPE.own, learning_rate=0.001))
    study = tune(recipe=slow, trials=3)
    assert study.verdict.startswith("better than the defaults: +0.")
    assert study.best == {"skipgram.learning_rate": 0.3}
    train_text("text.txt", "trained", replace(slow, own=replace(slow.own, learning_rate=0.3)))
    assert content_of("out") == content_of("trained")


def test_the_defaults_are_trained_where_nothing_is_better():
    study = tune({"skipgram.learning_rate": [0.07, 0.001]}, trials=2)
    assert study.best is None and study.verdict.startswith(NO_BETTER)
    record = json.loads(Path("out/record.json").read_text())
    assert record["parameters"]["learning_rate"] == 0.07
    rows = json.loads(Path("out.study/study.json").read_text())
    assert rows == json.loads(json.dumps(study.rows())) and len(rows["trials"]) == 2


def test_nothing_temporary_is_left(folder):
    tune({"train.epochs": [1, 2], "encode.min_count": [2, 4]}, trials=4, confirm=0)
    assert list((folder / "temporary").iterdir()) == []
    assert {path.name for path in folder.iterdir()} == {
        "text.txt", "pairs.txt", "space.yaml", "temporary", "out", "out.study"}


# ---- trials ----


def test_every_training_is_scored_at_the_same_shares(monkeypatch):
    scored = []
    score = measures.Asked.score
    monkeypatch.setattr(measures.Asked, "score", lambda self, trial: scored.append(
        trial.train.epochs) or score(self, trial))
    study = tune({"train.epochs": [1, 2, 5, 11]}, trials=4, confirm=0)
    assert {len(each.course) for each in study.tried} == {5}
    # Of 11 epochs after the 3rd, 5th, 7th, 9th and 11th; of 2 after the first two and three fifths.
    assert [scored.count(epochs) for epochs in (1, 2, 5, 11)] == [1, 2, 5, 5]
    two = next(each.course for each in study.tried if each.values["train.epochs"] == 2)
    assert len(set(two[:2])) == len(set(two[2:])) == 1


def test_a_text_is_encoded_once_for_each_way(monkeypatch):
    ways = []
    encode = tune_text.encode
    monkeypatch.setattr(tune_text, "encode", lambda *arguments, **options: ways.append(
        arguments[2]) or encode(*arguments, **options))
    tune({"encode.min_count": [2, 3, 4], "train.epochs": [1, 2]}, trials=6, confirm=1)
    assert len(ways) == 3 and {way.min_count for way in ways} == {2, 3, 4}


def test_only_the_last_encodings_stay_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tune_text, "KEPT", 2)
    encodings = Encodings("text.txt", RECIPE, tmp_path / "temporary")
    of = {count: encodings.of(EncodeParameters(min_count=count))[0] for count in (2, 3)}
    assert encodings.of(EncodeParameters(min_count=2))[0] == of[2]
    encodings.of(EncodeParameters(min_count=4))
    assert of[2].exists() and not of[3].exists()


def test_values_that_cannot_be_scored_fail_alone(capsys):
    study = tune({"skipgram.learning_rate": [0.07, 1e30], "encode.min_count": [2, 100_000]},
                 trials=4, confirm=0)
    states = {json.dumps(each.values): each.state for each in study.tried}
    assert sorted(states.values()) == [FAILED] * 3 + [WHOLE]
    told = capsys.readouterr().err
    assert "cannot be scored: learning diverged" in told
    assert "cannot be scored: 0 of " in told and "lower min_count" in told


def test_defaults_that_cannot_be_trained_end_the_search():
    with pytest.raises(UserError, match="learning diverged"):
        tune({"skipgram.learning_rate": [0.07, 1e30]},
             replace(RECIPE, own=replace(RECIPE.own, learning_rate=1e30)))
    assert not Path("out").exists()


def test_a_trial_that_is_pruned_ends_its_training(monkeypatch):
    epochs = []
    end = loop._Run._end_epoch
    monkeypatch.setattr(loop._Run, "_end_epoch", lambda self, team, epoch: epochs.append(
        self._task.own.learning_rate) or end(self, team, epoch))
    rates = [round(0.07 + number / 1000, 3) for number in range(20)]
    monkeypatch.setattr(measures.Asked, "score", lambda self, trial: Score(
        -trial.own.learning_rate))
    study = tune({"skipgram.learning_rate": rates}, replace(
        RECIPE, train=replace(RECIPE.train, epochs=5)), trials=20, confirm=0)
    pruned = [each.values["skipgram.learning_rate"] for each in study.tried
              if each.state == PRUNED]
    assert pruned and all(epochs.count(rate) == 1 for rate in pruned)
    assert epochs.count(rates[0]) == 10  # as a trial, and in the end


def test_the_default_space_has_what_training_can_do(tmp_path):
    encodings = Encodings("text.txt", RECIPE, tmp_path / "temporary")
    _, text = encodings.of(RECIPE.encode)
    names = ["dim", "window", "negative", "epochs"]
    for model in ("skipgram", "cbow"):
        recipe = replace(RECIPE, model=model, own=OwnParameters())
        written = default_space(recipe, text)
        assert list(written) == [*(f"train.{name}" for name in names[:3]), f"{model}.sample",
                                 f"{model}.learning_rate", "train.epochs", "encode.min_count"]
        assert written["encode.min_count"] == [2]  # a larger one leaves too few words
    full = replace(RECIPE, train=replace(RECIPE.train, loss="full_softmax"))
    assert "train.negative" not in default_space(full, text)


# ---- by what is scored ----


VOCABULARY = Vocabulary(["man", "king", "woman", "queen", "cat", "dog"], np.arange(60, 0, -10))
QUESTIONS = ": royal\nman king woman queen\nman king cat dog\nking man queen yak\n"


def scored_by(asked, words, vectors):
    tables = Tables(np.array(vectors, np.float32), np.zeros((len(words), 2), np.float32))
    return asked.score(Trial(Vocabulary(words, np.arange(len(words), 0, -1)), tables,
                             TrainParameters(), SkipgramParameters()))


def test_questions_with_words_that_a_trial_lacks_are_wrong(capsys):
    Path("q.txt").write_text(QUESTIONS)
    asked = asked_of(MeasureParameters(("q.txt",)), VOCABULARY)
    assert asked.name == "accuracy of 2 questions"  # nobody knows the yak
    assert "scored by 2 of 3 questions of q" in capsys.readouterr().err
    score = scored_by(asked, ["man", "king", "woman", "queen"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
    assert score.value == 0.5 and score.outcomes.tolist() == [1, 0]


def test_questions_decide_and_pairs_are_told_beside(capsys):
    Path("q.txt").write_text(QUESTIONS)
    Path("p.txt").write_text("man king 9\nman queen 1\ncat dog 5\n")
    asked = asked_of(MeasureParameters(("q.txt",), ("p.txt",)), VOCABULARY)
    vectors = [[1, 0], [1, 1], [-1, 0], [-1, 1], [0.2, 1], [-0.5, 1]]
    score = scored_by(asked, VOCABULARY.words, vectors)
    assert score.outcomes.shape == (2,) and list(score.also) == ["p_spearman"]
    by_pairs = scored_by(asked_of(MeasureParameters(pairs=("p.txt",)), VOCABULARY),
                         VOCABULARY.words, vectors)
    assert by_pairs.value == score.also["p_spearman"] and by_pairs.outcomes is None


def test_vectors_all_alike_have_no_score():
    Path("p.txt").write_text("man king 9\nman queen 1\ncat dog 5\n")
    asked = asked_of(MeasureParameters(pairs=("p.txt",)), VOCABULARY)
    assert np.isnan(scored_by(asked, VOCABULARY.words, np.ones((6, 2))).value)


def test_without_a_choice_the_first_set_that_the_text_covers_is_taken(monkeypatch, capsys):
    known = [("man", "king", "woman", "queen")] * 3
    strange = [("a", "b", "c", "d")] * 5
    section = type("Section", (), {})
    monkeypatch.setattr(measures, "LEAST_QUESTIONS", 2)
    monkeypatch.setattr(measures, "LEAST_PAIRS", 2)
    monkeypatch.setattr(measures, "load_word_pairs", lambda name: [
        ("man", "king", 1.0), ("cat", "dog", 2.0)] if name == "men" else [("x", "y", 1.0)])

    def of(questions):
        one = section()
        one.questions = questions
        monkeypatch.setattr(measures, "load_questions", lambda name: [one])
        asked = asked_of(MeasureParameters(), VOCABULARY)
        return asked and asked.name

    assert of(known + strange) == "accuracy of 3 questions"
    assert of(known + 2 * strange) == "mean Spearman correlation of 1 set of pairs"
    told = capsys.readouterr().err
    assert "questions_words is not asked: the text has the words of 3 of 13 questions" in told
    assert "scored by 2 of 2 pairs of men" in told
    monkeypatch.setattr(measures, "load_word_pairs", lambda name: [("x", "y", 1.0)])
    assert of(strange) is None


def test_text_that_is_held_out_is_not_trained_on(monkeypatch):
    texts = []
    by_epochs = tune_text.train_by_epochs
    monkeypatch.setattr(tune_text, "train_by_epochs", lambda text, *others: texts.append(
        np.array(text.ids)) or by_epochs(text, *others))
    study = tune({"encode.min_count": [2, 50], "train.epochs": [1, 2]}, trials=4, confirm=1,
                 measured=MeasureParameters(held_out=True))
    assert study.measure.startswith("log-likelihood a prediction of ")
    held = int("".join(filter(str.isdigit, study.measure)))
    assert study.defaults.score < 0 and {
        len(ids) - (ids == 10).sum() for ids in texts} == {1200 - held}  # 10: goat


# ---- going on, and what is refused ----


def test_an_interrupted_search_goes_on_to_the_same_end(monkeypatch, capsys):
    whole = tune(out="whole")
    score, scores = measures.Asked.score, []

    def interrupted(self, trial):
        scores.append(trial)
        if len(scores) == 4:
            raise KeyboardInterrupt
        return score(self, trial)

    monkeypatch.setattr(measures.Asked, "score", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tune()
    told = capsys.readouterr().err
    assert "the best so far scored" in told and "from where the same command goes on" in told
    assert not Path("out").exists() and list(Path("temporary").iterdir()) == []
    study = tune()
    assert [(each.values, each.scores, each.interval) for each in study.confirmed] == [
        (each.values, each.scores, each.interval) for each in whole.confirmed]
    assert content_of("out") == content_of("whole")


def test_a_process_that_joins_writes_no_vectors(capsys):
    with pytest.raises(UserError, match="out.study holds no search that could be joined"):
        tune(join=True)
    tune(trials=1, confirm=0)
    before = content_of("out")
    study = tune(join=True)
    assert len(study.tried) == 3 and study.confirmed == () and content_of("out") == before


def test_another_text_questions_or_parameters_make_another_study():
    tune(trials=1, confirm=0)
    for change, named in (({"recipe": replace(RECIPE, train=replace(RECIPE.train, dim=9))},
                           "parameters"), ({"seed": 5}, "seed"),
                          ({"content": {"train.epochs": [1, 2]}}, "space"),
                          ({"measured": MeasureParameters(held_out=True)}, "questions")):
        with pytest.raises(UserError, match=f"is a study with another .*{named}"):
            tune(**change)
    Path("text.txt").write_text(Path("text.txt").read_text().replace("cow", "yak"))
    with pytest.raises(UserError, match="is a study with another .*text"):
        tune()


COMMAND = ("tune", "text.txt", "out", "--pairs", "pairs.txt", "--min-count", "2", "--dim", "8",
           "--epochs", "2", "--sample", "0", "--threads", "1", "--space", "space.yaml")


def test_the_command_ends_with_a_table_and_a_verdict(run, monkeypatch):
    monkeypatch.setattr(page, "write_page", WRITE_PAGE)
    space(RATES)
    code, output, errors = run(*COMMAND, "--trials", "3", "--confirm", "2", "--sampler", "grid")
    assert code == 0, errors
    assert "scored by 6 of 7 pairs of pairs" in errors and "defaults" in output
    assert "skipgram.learning_rate" in output and "seconds" in output
    assert "3 trials: " in output and "defaults" in output.splitlines()[-1]
    assert "skipgram.learning_rate" in Path("out.study/tuning.html").read_text()
    code, again, _ = run(*COMMAND, "--trials", "3", "--confirm", "2", "--sampler", "grid", "--json")
    rows = json.loads(again)
    assert code == 0 and [each["state"] for each in rows["trials"]] == ["whole"] * 3


@pytest.mark.parametrize(("options", "sentence"), [
    (("--trials", "0"), "--trials is 0; it must be a whole number, at least 1.\n"),
    (("--sampler", "tep"), "--sampler is 'tep'; did you mean tpe?\n"),
    (("--space", "none.yaml"), "there is no space none.yaml; give a YAML file of parameters and"),
    (("--join",), "{}/out.study holds no search that could be joined; begin one without --join"),
    (("--held-out",), "--held-out is True; it must be left out where pairs.txt is to score by.\n"),
    (("--questions", "none.txt"), "'none.txt' is neither a path that exists nor a"),
    (("--phrase-threshold", "3"), "--phrase-threshold is given and changes nothing"),
])
def test_what_cannot_be_is_one_sentence(run, folder, options, sentence):
    space(RATES)
    code, output, errors = run(*COMMAND, *options)
    assert (code, output) == (2, "") and errors.count("Traceback") == 0
    assert errors.splitlines()[-1].startswith(sentence.format(folder).rstrip("\n")), errors
    assert not Path("out").exists()


@pytest.mark.parametrize(("content", "sentence"), [
    ({"train.dims": [1]}, "space.yaml: 'train.dims' is no parameter of this search; did you mean"),
    ({"train.threads": [1, 2]}, "space.yaml: 'train.threads' is no parameter of this search"),
    ({"cbow.sample": [0, 1]}, "space.yaml: 'cbow.sample' is no parameter of this search"),
    ({"train.dim": {"low": 9, "high": 3}}, "space.yaml: train.dim is {'low': 9, 'high': 3}; low"),
    ({"train.dim": [0, 8]}, "space.yaml: train: dim is 0; it must be at least 1.")])
def test_a_space_that_cannot_be_is_refused_before_any_work(run, content, sentence):
    space(content)
    code, _, errors = run(*COMMAND)
    assert code == 2 and errors.splitlines()[-1].startswith(sentence)
    assert not Path("out.study").exists() and "counting words" not in errors


def test_a_text_that_tells_nothing_is_refused(run):
    space(RATES)
    Path("pairs.txt").write_text("yak gnu 3\nyak emu 2\n")
    code, _, errors = run(*COMMAND)
    assert code == 2 and errors.splitlines()[-1] == (
        "the text has the words of no question or pair of pairs.txt; give others, or --held-out to "
        "score by the text itself.")
    Path("text.txt").write_text("cat dog cat dog cat\n")
    options = [each for each in COMMAND if each not in ("--pairs", "pairs.txt")]
    code, _, errors = run(*options, "--held-out")
    assert code == 2 and errors.splitlines()[-1].startswith("the text is one stretch of 5 words")
    code, _, errors = run(*options, "--held-out", "--loss", "full_softmax")
    assert code == 2 and errors.splitlines()[-1].startswith(
        "--loss is 'full_softmax', and held-out text is scored by negative_sampling")


def test_what_is_read_is_not_replaced_and_read_several_times(run):
    space(RATES)
    Path("out.study").mkdir()
    Path("out.study/mother.jpg").write_text("dear")
    code, _, errors = run(*COMMAND)
    assert code == 2 and "out.study is a folder with other content (mother.jpg)" in errors
    os.mkfifo("pipe")
    for corpus in ("pipe", "-"):
        code, _, errors = run("tune", corpus, *COMMAND[2:])
        assert code == 2 and errors == (
            f"{corpus} can be read once and a search reads it several times; save the text to a "
            "file and give that.\n")


def test_without_optuna_it_is_said_before_any_work(run, monkeypatch):
    space(RATES)
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, errors = run(*COMMAND)
    assert code == 2 and errors.startswith("this needs optuna, which is not installed; ")


def test_ctrl_c_tells_the_best_and_a_second_process_is_told_to_wait():
    space({"train.epochs": [2, 200_000]})
    command = [sys.executable, "-m", "word2vec.command_line", *COMMAND, "--sampler", "grid"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    journal, end = Path("out.study/journal.log"), time.monotonic() + 240
    while not (journal.exists() and journal.read_text().count('"epochs"') < 9
               and "200000" in journal.read_text()):
        assert time.monotonic() < end and first.poll() is None
        time.sleep(0.05)
    second = subprocess.run(command, capture_output=True, text=True)
    assert second.returncode == 2 and second.stderr.splitlines()[-1].startswith(
        f"{Path.cwd()}/out.study is being written by another process; help it with --join, wait ")
    first.send_signal(signal.SIGINT)
    output, errors = first.communicate(timeout=240)
    assert first.returncode == 130 and output == ""
    assert "the best so far scored" in errors and errors.endswith("interrupted\n")
    assert not Path("out").exists() and list(Path("temporary").iterdir()) == []


# ---- on the workers of a cluster ----


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("distributed", reason="Dask is an extra")
    with running(EngineParameters("dask", processes=2)) as found:
        yield found


def told(study) -> dict:
    """All that a study tells, but for how long it took."""
    rows = study.rows()
    for each in (*rows["trials"], rows["defaults"]):
        del each["seconds"]
    return rows


def search(folder, cluster=None, keep=lambda study: None, recipe=RECIPE, measured=None):
    return tune_text.search_text(
        "text.txt", recipe, SearchParameters(trials=6, confirm=2, sampler="grid"),
        measured or MeasureParameters(pairs=("pairs.txt",)), folder, keep,
        space({**RATES, "encode.min_count": [2, 4]}), cluster=cluster)


@pytest.mark.parametrize("measured", [
    MeasureParameters(pairs=("pairs.txt",)), MeasureParameters(held_out=True)], ids=str)
def test_workers_find_what_one_process_finds(cluster, folder, measured):
    wanted = search(folder / "here", measured=measured)
    assert told(search(folder / "there", cluster, measured=measured)) == told(wanted)
    assert len({each.score for each in wanted.tried}) == 3 and wanted.confirmed


def test_a_trial_whose_worker_is_killed_is_tried_by_another(folder):
    killed = []

    def kill(study):
        if len(study.tried) == 2 and not killed:
            killed.extend(cluster.client.run(os.getpid, workers=cluster.workers()[:1]).values())
            timer.start()

    slow = replace(RECIPE, train=replace(RECIPE.train, epochs=60))
    timer = threading.Timer(0.1, lambda: os.kill(killed[0], signal.SIGKILL))
    with running(EngineParameters("dask", processes=2)) as cluster:
        found = search(folder / "there", cluster, kill, slow)
    assert killed
    assert told(found) == told(search(folder / "here", recipe=slow))


def test_ctrl_c_ends_what_workers_are_at(cluster, folder):
    def interrupt(study):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(folder / "there", cluster, interrupt)
    assert len(search(folder / "there", cluster).tried) == 6
    deadline = time.monotonic() + 10
    while any(cluster.client.run(lambda: len(on_workers._under_way)).values()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
