import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from word2vec.parameters import (
    BATCH_GROUPS,
    BLOCK,
    CHUNK,
    GROUPS,
    LOSSES,
    MODEL_PARAMETERS,
    SEGMENT,
    CbowParameters,
    EncodeParameters,
    PhraseParameters,
    SkipgramParameters,
    TrainParameters,
)
from word2vec.training import losses, models
from words_and_images.common.errors import UserError
from words_and_images.common.parameters import build, read_parameters

PROJECT = read_parameters(Path(__file__).parents[2] / "params.yaml")
every_model = pytest.mark.parametrize("group", MODEL_PARAMETERS.values())


@pytest.mark.parametrize(("values", "told"), [
    ({"dim": 0}, "dim is 0; it must be at least 1"),
    ({"negative": 0}, "negative is 0; it must be at least 1"),
    ({"epochs": 0}, "epochs is 0; it must be at least 1"),
    ({"replicas": -1}, "replicas is -1; it must be 0 or more"),
    ({"least_kept": -1}, "least_kept is -1; it must be 0 or more"),
    ({"window": 0}, "window is 0; it must be between 1 and 1000"),
    ({"window": 1001}, "window is 1001; it must be between 1 and 1000"),
    ({"seed": -1}, "seed is -1; it must be 0 or more"),
    ({"threads": -1}, "threads is -1; it must be 0 or more"),
    ({"noise_exponent": -1.5}, r"noise_exponent is -1\.5; it must be -1 or more and finite"),
    ({"noise_exponent": float("nan")}, "noise_exponent is nan; it must be -1 or more"),
    ({"row_exponent": -0.5}, r"row_exponent is -0\.5; it must be 0 or more"),
    ({"step": -64}, "step is -64; it must be 0, or a multiple of 64 up to 512, or of 512"),
    ({"step": 100}, "step is 100; it must be 0, or a multiple of 64 up to 512, or of 512"),
    ({"step": 576}, "step is 576; it must be 0, or a multiple of 64 up to 512, or of 512"),
    ({"loss": "softmax"}, "loss is 'softmax'; did you mean full_softmax"),
    ({"loss": "x"}, "loss is 'x'; choose from negative_sampling, hierarchical_softmax, full_softm"),
])
def test_parameters_out_of_range_are_named_with_the_remedy(values, told):
    with pytest.raises(UserError, match=told):
        TrainParameters(**values)


@every_model
@pytest.mark.parametrize(("values", "told"), [
    ({"sample": -1e-4}, "sample is -0.0001; it must be 0 or a share"),
    ({"sample": 1.0}, "sample is 1.0; it must be 0 or a share of the corpus below 1"),
    ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0"),
    ({"learning_rate": float("nan")}, "learning_rate is nan; it must be above 0"),
    ({"learning_rate": float("inf")}, "learning_rate is inf; it must be above 0 and finite"),
    ({"minimum_learning_rate": 0.5}, "minimum_learning_rate is 0.5; it must be between 0 and"),
    ({"minimum_learning_rate": -1.0}, "minimum_learning_rate is -1.0; it must be between 0 and"),
    ({"group": 24}, r"group is 24; it must be one of \("),
    ({"group": 128}, r"group is 128; it must be one of \("),
    ({"shared_negatives": 0}, "shared_negatives is 0; it must be at least 1"),
])
def test_a_models_parameters_out_of_range_are_named_with_the_remedy(group, values, told):
    with pytest.raises(UserError, match=told):
        group(**values)


@pytest.mark.parametrize("values", [
    {"step": 0}, {"step": 64}, {"step": 448}, {"step": 512}, {"step": 1024}, {"step": 4096},
    {"window": 1}, {"window": 1000}, {"noise_exponent": -1}, {"row_exponent": 0}, {"threads": 0},
    {"seed": 0},
], ids=str)
def test_the_borders_of_the_ranges_are_inside(values):
    for name, value in values.items():
        assert getattr(TrainParameters(**values), name) == value


@every_model
@pytest.mark.parametrize("values", [
    {"sample": 0}, {"sample": 0.999}, {"minimum_learning_rate": 0.0}, {"group": 16},
    {"learning_rate": 0.03, "minimum_learning_rate": 0.03}, {"group": 32}, {"shared_negatives": 1},
], ids=str)
def test_the_borders_of_a_models_ranges_are_inside(group, values):
    for name, value in values.items():
        assert getattr(group(**values), name) == value


@pytest.mark.parametrize(("values", "groups"), [
    ({"noise": "batch"}, BATCH_GROUPS), ({"noise": "drawn"}, GROUPS)])
def test_which_groups_cbow_can_have_depends_on_its_noise(values, groups):
    for group in groups:
        assert CbowParameters(group=group, **values).group == group
    for group in {*BATCH_GROUPS, *GROUPS} - {*groups}:
        with pytest.raises(UserError, match=f"group is {group}; it must be one of"):
            CbowParameters(group=group, **values)


def test_the_sizes_fit_into_each_other():
    # Blocks into groups, groups into segments, segments into chunks; and blocks of the batch
    assert all(group % BLOCK == 0 == SEGMENT % group for group in GROUPS)
    assert CHUNK % SEGMENT == 0
    assert all(CHUNK % (BLOCK * group) == 0 for group in BATCH_GROUPS)


def test_an_unknown_kind_of_noise_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="noise is 'bacth'; did you mean batch"):
        CbowParameters(noise="bacth")


def test_every_name_that_can_be_chosen_is_implemented():
    assert set(LOSSES) == set(losses.LOSSES)
    assert set(MODEL_PARAMETERS) == set(models.MODELS)


def test_cbow_has_what_skipgram_has_and_two_more():
    skipgram, cbow = ({field.name for field in fields(group)}
                      for group in (SkipgramParameters, CbowParameters))
    assert cbow - skipgram == {"divided", "noise"} and skipgram < cbow


@pytest.mark.parametrize(("name", "group"), [
    ("train", TrainParameters), ("encode", EncodeParameters), ("phrases", PhraseParameters),
    *MODEL_PARAMETERS.items(),
])
def test_the_projects_own_parameters_are_complete_and_are_the_defaults(name, group):
    assert build(group, PROJECT[name], name) == group()
    assert sorted(PROJECT[name]) == sorted(field.name for field in fields(group))


def test_the_defaults_are_known_without_numpy():
    # a command line shows them at once
    code = "import sys, word2vec.parameters; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("given", ["6-3", "0-2", "3", "3-", "-3", "3-101", "a-b", "", "٣-٦", 3])
def test_lengths_of_n_grams_that_cannot_be_are_refused(given):
    with pytest.raises(UserError, match=r"subwords is .*; it must be the shortest and the longest"):
        TrainParameters(subwords=given)


@pytest.mark.parametrize("given", [0, -1, (1 << 30) + 1])
def test_buckets_that_cannot_be_are_refused(given):
    with pytest.raises(UserError, match=f"buckets is {given}; it must be between 1 and"):
        TrainParameters(subwords="3-6", buckets=given)
