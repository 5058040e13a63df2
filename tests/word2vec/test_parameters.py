from pathlib import Path

import pytest

from common.errors import UserError
from common.parameters import build, read_parameters
from word2vec.parameters import MODEL_PARAMETERS, TrainParameters

PROJECT = read_parameters(Path(__file__).parents[2] / "params.yaml")


@pytest.mark.parametrize(("values", "told"), [
    ({"dim": 0}, "dim is 0; it must be at least 1"),
    ({"negative": 0}, "negative is 0; it must be at least 1"),
    ({"epochs": 0}, "epochs is 0; it must be at least 1"),
    ({"shared_negatives": 0}, "shared_negatives is 0; it must be at least 1"),
    ({"window": 0}, "window is 0; it must be between 1 and 16"),
    ({"window": 17}, "window is 17; it must be between 1 and 16"),
    ({"seed": -1}, "seed is -1; it must be 0 or more"),
    ({"threads": -1}, "threads is -1; it must be 0 or more"),
    ({"noise_exponent": -0.5}, r"noise_exponent is -0\.5; it must be 0 or more"),
    ({"row_exponent": -0.5}, r"row_exponent is -0\.5; it must be 0 or more"),
    ({"step": 0}, "step is 0; it must be a multiple of 128"),
    ({"step": 1000}, "step is 1000; it must be a multiple of 128"),
    ({"group": 24}, r"group is 24; it must be one of \(16, 32, 64\)"),
])
def test_parameters_out_of_range_are_named_with_the_remedy(values, told):
    with pytest.raises(UserError, match=told):
        TrainParameters(**values)


@pytest.mark.parametrize("group", MODEL_PARAMETERS.values())
@pytest.mark.parametrize(("values", "told"), [
    ({"sample": -1e-4}, "sample is -0.0001; it must be 0 or a share"),
    ({"sample": 1.0}, "sample is 1.0; it must be 0 or a share of the corpus below 1"),
    ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0"),
    ({"learning_rate": float("nan")}, "learning_rate is nan; it must be above 0"),
    ({"minimum_learning_rate": 0.5}, "minimum_learning_rate is 0.5; it must be between 0 and"),
    ({"minimum_learning_rate": -1.0}, "minimum_learning_rate is -1.0; it must be between 0 and"),
])
def test_a_models_parameters_out_of_range_are_named_with_the_remedy(group, values, told):
    with pytest.raises(UserError, match=told):
        group(**values)


def test_the_projects_own_parameters_are_accepted_and_are_the_defaults():
    assert build(TrainParameters, PROJECT["train"], "train") == TrainParameters()
    for model, group in MODEL_PARAMETERS.items():
        assert build(group, PROJECT[model], model) == group()
