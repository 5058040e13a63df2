"""`vision tune`: what is scored and on what, what is written in the end, and what is refused."""

import json
import math
import re
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from vision import command_line, tuning
from vision.backbones.record import BackboneParameters, BackboneRecord
from vision.folders import CLASSIFIER
from vision.photos.dataset import ImagesParameters
from vision.photos.distortions import DistortionParameters
from vision.photos.split import split_images
from vision.retraining import Prepared, Recipe, retrain_classifier
from vision.tuning import (
    FOLDS,
    INSETS,
    LOOKS,
    VARIANTS,
    CrossValidation,
    Parts,
    Reach,
    default_space,
    groups_of,
    recipe_with,
)
from words_and_images.common import fetching
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import check
from words_and_images.common.running import running
from words_and_images.neural.metrics import log_loss
from words_and_images.retraining.cross_validation import cross_validate
from words_and_images.retraining.head import RetrainParameters
from words_and_images.retraining.split import TEST
from words_and_images.tuning.beside import PAGE_FILE
from words_and_images.tuning.parameters import SearchParameters
from words_and_images.tuning.space import Choice, Range
from words_and_images.tuning.study import JOURNAL, NO_BETTER, STUDY_FILE, Study

pytest.importorskip("optuna", reason="Optuna is an extra")

HEAD = RetrainParameters(steps=20, hidden=0)
RECIPE = Recipe(ImagesParameters("photos"), BackboneParameters("b"), head=HEAD)
REACH = Reach(("whole", "square", "centre", "mirror"), 2, 1)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fetching.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


# What is scored

@pytest.fixture
def validation() -> CrossValidation:
    """60 images of two classes that lie close to each other, and 7 columns of each."""
    generator = np.random.default_rng(1)
    targets = np.arange(60) % 2
    centres = np.where(targets[:, None, None] == 0, -0.5, 0.5)
    features = (centres + generator.normal(size=(60, 7, 4))).astype(np.float32)
    return CrossValidation(features, REACH, targets, np.arange(60) // 2 % FOLDS, ["a", "b"],
                           groups_of(RECIPE))


def test_a_trial_takes_the_columns_that_its_values_ask_for():
    # whole, square, centre, mirror; variants 0 and 1; inset 0
    for values, answering, learned in (
        ({LOOKS: ["whole"], VARIANTS: 0, INSETS: 0}, [0], [0]),
        ({LOOKS: ["mirror", "whole"], VARIANTS: 2, INSETS: 1}, [3, 0], [0, 3, 4, 5, 6]),
        ({LOOKS: ["square"], VARIANTS: 1, INSETS: 1}, [1], [1, 4, 6]),
    ):
        groups = groups_of(recipe_with(RECIPE, values))
        assert (REACH.answering(groups), REACH.learned(groups)) == (answering, learned)


def test_the_columns_are_all_that_space_and_defaults_reach():
    space = {LOOKS: Choice((["mirror"], ["whole", "top_left"])), VARIANTS: Range(0, 3),
             "retrain.l2": Range(0.1, 1.0)}
    assert Reach.of(space, groups_of(RECIPE)) == Reach(
        ("whole", "square", "centre", "mirror", "top_left"), 3, 1)


def test_the_score_is_the_share_of_held_out_images_so_far(validation):
    values = {LOOKS: ["whole", "square"], VARIANTS: 0, INSETS: 0}
    scores = list(validation.scores(values, 1))
    expected = cross_validate(validation.features[:, :2], validation.targets, validation.folds,
                              ["a", "b"], HEAD)
    right = expected.argmax(axis=1) == validation.targets
    first = validation.folds == 0
    assert [scores[0].value, scores[0].also["log_loss"]] == pytest.approx(
        [right[first].mean(), log_loss(validation.targets[first], expected[first])])
    assert len(scores) == FOLDS and scores[0].outcomes is None
    np.testing.assert_array_equal(scores[-1].outcomes, right)
    assert scores[-1].value == right.mean() < 1
    assert [each.value for each in validation.scores(values, 2)] != [each.value for each in scores]


def test_a_column_that_nobody_asked_for_changes_nothing(validation):
    values = {LOOKS: ["whole", "mirror"], VARIANTS: 1, INSETS: 0}
    before = [each.also for each in validation.scores(values, 1)]
    validation.features[:, [1, 2, 5, 6]] = np.nan
    assert [each.also for each in validation.scores(values, 1)] == before
    validation.features[:, 4] += 1
    assert [each.also for each in validation.scores(values, 1)] != before


def test_no_variant_of_an_image_is_learned_from_while_its_fold_is_held_out(validation):
    values = {LOOKS: ["whole"], VARIANTS: 2, INSETS: 1}
    before = next(validation.scores(values, 1)).also
    validation.features[validation.folds == 0, 4:] -= 100
    assert next(validation.scores(values, 1)).also == before
    validation.features[validation.folds == 1, 4:] -= 100
    assert next(validation.scores(values, 1)).also != before


def test_what_diverges_has_a_score_that_is_no_number(validation):
    *_, last = validation.scores({"retrain.learning_rate": 1e30, "retrain.l2": 1e5}, 1)
    assert math.isnan(last.value)


def test_the_default_space_has_what_changes_something():
    groups = groups_of(RECIPE)
    assert {VARIANTS, INSETS} <= set(default_space(groups, True))
    assert INSETS not in default_space(groups, False)
    still = DistortionParameters(flip=False, crop=0, scale=0, brightness=0, colour=0, rotation=0,
                                 variants=0)
    own = replace(RECIPE, images=replace(RECIPE.images, distortions=still),
                  bottlenecks=replace(RECIPE.bottlenecks, looks=("top_left",)))
    space = default_space(groups_of(own), True)
    assert VARIANTS not in space and ["top_left"] in space[LOOKS].values


# On what: photos, with a stand-in for the backbone

class Quarters:
    """A stand-in for a backbone: the mean colours of the left half and of the right."""

    record = BackboneRecord("quarters", 8, 8, 6, "x", "test", "none", "", "quarters")

    def features(self, images):
        return np.concatenate([images[:, :, :4].mean(axis=(1, 2)),
                               images[:, :, 4:].mean(axis=(1, 2))], axis=1)


SPACE = {"retrain.l2": Range(0.01, 1.0, None, True), VARIANTS: Range(0, 2), INSETS: Range(0, 1)}


def searched(folder: Path, split, study: Path, recipe: Recipe = RECIPE, cluster=None) -> Study:
    prepared = Prepared(folder, {}, split, folder, Quarters(), cluster=cluster)
    return tuning.search_heads(prepared, groups_of(recipe), SearchParameters(trials=3, confirm=0),
                               study, lambda so_far: None, SPACE)


def told(study: Study) -> dict:
    """All that a study tells, but for how long it took."""
    rows = study.rows()
    for each in (*rows["trials"], rows["defaults"]):
        del each["seconds"]
    return rows


def test_the_test_images_are_never_looked_at(write_photos, tmp_path):
    folder = write_photos(tmp_path / "photos", 40)
    split = split_images(folder)
    before = searched(folder, split, tmp_path / "a")
    turned = [replace(each, sha256="0" * 64, label=split.labels[each.label == split.labels[0]])
              if each.split == TEST else each for each in split.examples]
    assert turned != split.examples
    for each in turned:
        if each.split == TEST:
            (folder / each.name).unlink()
    after = searched(folder, replace(split, examples=turned), tmp_path / "b")
    assert told(after) == told(before) and len(before.tried) == 3


def test_workers_find_what_one_process_finds(write_photos, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is an extra")
    folder = write_photos(tmp_path / "photos", 40)
    split = split_images(folder)
    wanted = searched(folder, split, tmp_path / "here")
    # From the cache: workers have no stand-in for a backbone.
    with running(EngineParameters("dask", processes=2)) as cluster:
        found = searched(folder, split, tmp_path / "there", cluster=cluster)
    assert told(found) == told(wanted)


def test_a_study_of_other_images_labels_or_parameters_is_refused(write_photos, tmp_path):
    folder = write_photos(tmp_path / "photos", 30)
    split = split_images(folder)
    searched(folder, split, tmp_path / "study")
    row = next(row for row, each in enumerate(split.examples) if each.split != TEST)
    turned = list(split.examples)
    turned[row] = replace(turned[row], label=split.labels[turned[row].label == split.labels[0]])
    with pytest.raises(UserError, match="is a study with another images; name another place"):
        searched(folder, replace(split, examples=turned), tmp_path / "study")
    other = replace(RECIPE, head=replace(HEAD, steps=30))
    with pytest.raises(UserError, match="is a study with another parameters; name another"):
        searched(folder, split, tmp_path / "study", other)
    # What cross-validation does not see may be another.
    same = replace(RECIPE, head=replace(HEAD, temperature=True))
    assert len(searched(folder, split, tmp_path / "study", same).tried) == 3


# From photos to a classifier

@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("data") / "photos", 30)


@pytest.fixture
def run(photos, small_saved_model, monkeypatch, capsys):
    """Exit code, standard output and standard error of `vision tune`."""
    def run_tune(out: Path, *more) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", list(map(str, [
            "vision", "tune", photos, out, "--backbone", small_saved_model, "--steps", 20,
            "--no-lite", *more])))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return ended.value.code or 0, *capsys.readouterr()
    return run_tune


@pytest.fixture
def space(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text("retrain.l2: {low: 0.01, high: 1.0, log: true}\nretrain.hidden: [0, 4]\n")
    return file


def test_a_search_ends_with_a_tested_classifier_and_its_study_beside_it(
    run, photos, small_saved_model, space, tmp_path
):
    out = tmp_path / "model"
    code, printed, err = run(out, "--space", space, "--trials", 3, "--confirm", 2)
    assert code == 0, err
    assert re.search(r"^score( +[01]\.\d{4}){2,}$", printed, re.M)
    assert re.search(r"^retrain\.hidden +\d+", printed, re.M) and " defaults\n" in printed
    assert "3 trials" in printed and NO_BETTER in printed and "test accuracy 100.0 %" in printed
    study = json.loads((tmp_path / "model.study" / STUDY_FILE).read_text())
    assert study["best"] is None and study["verdict"].startswith(NO_BETTER)
    assert study["verdict"][1:] in (tmp_path / "model.study" / PAGE_FILE).read_text()
    assert len(study["trials"]) == 3 and len(study["confirmed"][-1]["scores"]) == 2
    record = json.loads((out / "record.json").read_text())
    assert record["search"] == {"trials": 3, "space": study["space"], "values": None,
                                "verdict": study["verdict"]}
    assert check(out, CLASSIFIER)
    # No better than the defaults: what `vision retrain` makes of them
    head = RetrainParameters(steps=20)
    retrain_classifier(Recipe(ImagesParameters(str(photos)),
                              BackboneParameters(str(small_saved_model)), head=head,
                              export=replace(RECIPE.export, lite=False)), tmp_path / "same")
    assert (out / "head.npz").read_bytes() == (tmp_path / "same" / "head.npz").read_bytes()
    # Going on, with more trials and as JSON
    code, printed, err = run(out, "--space", space, "--trials", 4, "--confirm", 2, "--json")
    rows = json.loads(printed)
    assert code == 0 and "going on with 3 trials" in err
    assert len(rows["trials"]) == 4 and rows["test"]["accuracy"] == 1
    assert rows["trials"][:3] == study["trials"]


def test_the_classifier_is_the_one_of_the_values_that_are_better(
    run, space, tmp_path, monkeypatch
):
    better = {"retrain.l2": 0.5, "retrain.hidden": 4}
    monkeypatch.setattr(Study, "best", better)
    code, printed, err = run(tmp_path / "model", "--space", space, "--trials", 1, "--confirm", 0,
                             "--quiet")
    record = json.loads((tmp_path / "model" / "record.json").read_text())
    assert (code, printed) == (0, "") and err.startswith("warning: fewer than 10 images to test")
    assert record["search"]["values"] == better
    assert record["parameters"]["retrain"] == {
        **asdict(RetrainParameters(steps=20)), "l2": 0.5, "hidden": 4}
    from vision.classifier.description import describe
    assert "search " in describe(tmp_path / "model", record)


def test_ctrl_c_keeps_the_best_so_far_and_tells_it(run, space, tmp_path, monkeypatch):
    scores, begun = CrossValidation.scores, []

    def interrupted(self, values, seed):
        begun.append(values)
        if len(begun) > 4:
            raise KeyboardInterrupt
        yield from scores(self, values, seed)

    monkeypatch.setattr(CrossValidation, "scores", interrupted)
    code, printed, err = run(tmp_path / "model", "--space", space)
    assert (code, printed) == (130, "") and "the best so far scored" in err
    assert "Traceback" not in err and not (tmp_path / "model").exists()
    study = json.loads((tmp_path / "model.study" / STUDY_FILE).read_text())
    assert sum(each["state"] != "failed" for each in study["trials"]) == 4


def test_one_that_joins_tries_sets_and_leaves_the_end_to_the_other(run, space, tmp_path):
    out, common = tmp_path / "model", ("--space", space, "--confirm", 0)
    code, _, err = run(out, *common, "--join")
    assert code == 2 and "model.study holds no search that could be joined; begin one" in err
    assert run(out, *common, "--trials", 1)[0] == 0
    shutil.rmtree(out)
    kept = (tmp_path / "model.study" / STUDY_FILE).read_bytes()
    code, printed, _ = run(out, *common, "--trials", 3, "--join", "--json")
    assert code == 0 and len(json.loads(printed)["trials"]) == 3
    assert not out.exists() and (tmp_path / "model.study" / STUDY_FILE).read_bytes() == kept


@pytest.mark.parametrize(("written", "sentence"), [
    ("retrain.l3: [1, 2]", "'retrain.l3' is no parameter of this search; did you mean retrain.l2"),
    ("retrain.patience: [1, 2]", "'retrain.patience' is no parameter of this search"),
    ("images.distortions.crop: [0.1, 0.2]", "'images.distortions.crop' is no parameter of this"),
    ("retrain.hidden: {low: 64, high: 8}", "retrain.hidden is {'low': 64, 'high': 8}; low has to"),
    ("retrain.dropout: [0.5, 1.5]", "dropout is 1.5; it must be at least 0 and below 1"),
    ("bottlenecks.looks: [[whole], [hole]]", "looks holds 'hole'; did you mean whole"),
    ("", "write a space as lines of parameter"),
])
def test_a_space_that_cannot_be_is_one_sentence_before_any_work(run, tmp_path, written, sentence):
    (tmp_path / "space.yaml").write_text(written)
    code, printed, err = run(tmp_path / "model", "--space", tmp_path / "space.yaml")
    assert (code, printed, len(err.splitlines())) == (2, "", 1) and sentence in err
    assert [each.name for each in tmp_path.iterdir()] == ["space.yaml"]


def test_no_trials_and_no_optuna_are_one_sentence(run, tmp_path, monkeypatch):
    code, _, err = run(tmp_path / "model", "--trials", 0)
    assert code == 2 and err == "--trials is 0; it must be a whole number, at least 1.\n"
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, err = run(tmp_path / "model")
    assert code == 2 and len(err.splitlines()) == 1 and "needs optuna, which is not" in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_in_the_place_of_the_study_stays(run, tmp_path):
    own = tmp_path / "model.study"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    code, _, err = run(tmp_path / "model")
    assert code == 2 and "other content (notes.txt)" in err and len(err.splitlines()) == 1
    assert [each.name for each in own.iterdir()] == ["notes.txt"]
    (own / "notes.txt").rename(own / JOURNAL)
    code, _, err = run(tmp_path / "model", "--trials", 1)
    assert code == 2 and "is no journal of a study" in err.splitlines()[-1]
    assert (own / JOURNAL).read_text() == "mine"


def test_a_class_with_too_few_images_for_the_parts_is_named(write_photos, tmp_path):
    split = split_images(write_photos(tmp_path / "few", 3))
    with pytest.raises(UserError, match="^folds is 5 and there are 4 images that are no copies"):
        Parts.of(split)
