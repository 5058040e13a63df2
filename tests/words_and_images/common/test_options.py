import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from words_and_images.common.errors import UserError
from words_and_images.common.options import (
    Options,
    described_fields,
    given_options,
    spread_parameters,
)
from words_and_images.common.parameters import require


@dataclass(frozen=True)
class Training:
    """How it learns.

    Attributes
    ----------
    steps : int, 1 or more
        Updates of the weights. Each on one batch.
    learning_rate, momentum : float
        Of gradient descent, as in the
        textbooks.
    schedule
        Of the rate; `constant` or `cosine`.
    seed : int
    """

    steps: int = 500
    learning_rate: float = 0.01
    momentum: float = 0.9
    schedule: str = "cosine"
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.steps >= 1, "steps", self.steps, "at least 1")


@dataclass(frozen=True)
class Pictures:
    """Which pictures.

    Parameters
    ----------
    source : where they are from.
    flip : half of them are mirrored
        left to right.
    looks : the ways each is seen.
    size : pixels a side, or nothing.
    """

    source: str | None = None
    flip: bool = True
    looks: tuple[str, ...] = ("whole",)
    size: int | None = None
    seed: int = 1


def answer(*arguments):
    """What a command of both groups gets, and what it prints."""
    application, got = typer.Typer(), []

    @application.command()
    @spread_parameters
    def command(
        name: Annotated[str, typer.Argument()],
        training: Annotated[Training, Options("Learning")],
        pictures: Annotated[Pictures, Options(without=("source",))],
        quiet: bool = False,
    ) -> None:
        """Do it."""
        got.append((name, training, pictures, quiet))

    result = CliRunner().invoke(application, arguments)
    return got[0] if got else None, result


def test_without_options_every_group_has_its_defaults():
    assert answer("x")[0] == ("x", Training(), Pictures(), False)


def test_options_reach_the_field_of_their_name():
    got, _ = answer("x", "--learning-rate", "0.5", "--no-flip", "--looks", "whole", "--looks",
                    "mirror", "--size", "96", "--quiet")
    assert got == ("x", Training(learning_rate=0.5),
                   Pictures(flip=False, looks=("whole", "mirror"), size=96), True)


def test_options_that_were_given_are_told_from_those_that_were_not():
    application, got = typer.Typer(), []

    @application.command()
    @spread_parameters
    def command(context: typer.Context, training: Training) -> None:
        got.append((given_options(context), training))

    for arguments in ([], ["--steps", "500", "--schedule", "constant"]):
        assert CliRunner().invoke(application, arguments).exit_code == 0
    assert got == [(set(), Training()), ({"steps", "schedule"}, Training(schedule="constant"))]


def test_a_field_of_two_groups_is_one_option_for_both():
    got, _ = answer("x", "--seed", "7")
    assert (got[1].seed, got[2].seed) == (7, 7)


def test_the_options_that_are_given_are_known_even_where_they_say_the_default():
    application, got = typer.Typer(), []

    @application.command()
    @spread_parameters
    def command(
        context: typer.Context, training: Annotated[Training, Options()], quiet: bool = False
    ) -> None:
        """Do it."""
        got.append((given_options(context), training))

    for arguments in ([], ["--steps", "500", "--quiet"]):
        assert CliRunner().invoke(application, arguments).exit_code == 0
    assert got == [(set(), Training()), ({"steps", "quiet"}, Training())]


def test_a_field_that_is_left_out_is_no_option():
    got, result = answer("x", "--source", "there")
    assert got is None and result.exit_code == 2


def test_what_the_dataclass_refuses_is_its_own_sentence():
    got, result = answer("x", "--steps", "0")
    assert got is None and isinstance(result.exception, UserError)
    assert str(result.exception) == "steps is 0; it must be at least 1."


def test_a_value_of_another_kind_is_a_usage_error():
    assert answer("x", "--steps", "many")[1].exit_code == 2


def test_the_help_has_panel_text_and_default():
    text = " ".join(answer("--help")[1].output.split())
    assert "Learning" in text and "Updates of the weights (1 or more)." in text
    assert "default: 500" in text and "--no-flip" in text


def test_the_docstring_is_read_field_by_field_to_one_line_each():
    assert described_fields(Training) == {
        "steps": "Updates of the weights (1 or more).",
        "learning_rate": "Of gradient descent, as in the textbooks.",
        "momentum": "Of gradient descent, as in the textbooks.",
        "schedule": "Of the rate; constant or cosine.",
        "seed": "",
    }
    assert described_fields(Pictures)["flip"] == "Half of them are mirrored left to right."
    assert described_fields(Pictures)["size"] == "Pixels a side, or nothing."


def test_a_field_that_a_base_describes_need_not_be_described_again():
    @dataclass(frozen=True)
    class Longer(Training):
        """How it learns for longer.

        Attributes
        ----------
        seed : `odd` or even.
        """

        steps: int = 900

    assert described_fields(Longer) == {
        **described_fields(Training), "seed": "odd or even."}


def test_an_argument_of_the_command_stands_for_the_field_of_its_name():
    @spread_parameters
    def command(training: Training, seed: int = 5):
        return training

    assert command(seed=8, steps=2, learning_rate=1.0, momentum=0.0, schedule="constant") == (
        Training(2, 1.0, 0.0, "constant", 8))
    assert inspect.signature(command).parameters["seed"].default == 5


def test_one_option_cannot_have_two_defaults():
    @dataclass(frozen=True)
    class Other:
        steps: int = 3

    with pytest.raises(TypeError, match="steps of Other has another default"):
        @spread_parameters
        def command(training: Training, other: Other):
            """Nothing."""


def test_an_argument_of_another_kind_does_not_stand_for_a_field_by_accident():
    with pytest.raises(TypeError, match="argument steps is .*str.* and that of Training"):
        @spread_parameters
        def command(steps: str, training: Training):
            """Nothing."""

    @spread_parameters
    def other(steps: str, training: Annotated[Training, Options(without=("steps",))]):
        return steps, training.steps

    values = {"learning_rate": 1.0, "momentum": 0.0, "schedule": "constant", "seed": 1}
    assert other(steps="some", **values) == ("some", 500)


def test_a_prefix_keeps_the_same_field_of_two_groups_apart():
    @spread_parameters
    def command(first: Training, again: Annotated[Training, Options(prefix="again_")], seed: int):
        return first, again

    values = {"steps": 1, "learning_rate": 0.5, "momentum": 0.0, "schedule": "constant"}
    changed = {f"again_{name}": value for name, value in {**values, "steps": 2}.items()}
    assert command(**values, **changed, seed=3) == (
        Training(1, 0.5, 0.0, "constant", 3), Training(2, 0.5, 0.0, "constant", 3))
    with pytest.raises(UserError, match="^again_steps is 0; it must be at least 1.$"):
        command(**values, **{**changed, "again_steps": 0}, seed=3)
