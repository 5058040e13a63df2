import numpy as np
import pytest
import typer

from words_and_images.retraining.evaluation import Evaluation
from words_and_images.retraining.quality_gate import refuse_below


def evaluation(right: list[int], labels: list[str]) -> Evaluation:
    """Ten examples of each of the first labels, of which so many are answered with it."""
    targets = np.repeat(np.arange(len(right)), 10)
    answers = np.concatenate([np.where(np.arange(10) < count, number, (number + 1) % len(right))
                              for number, count in enumerate(right)])
    return Evaluation(labels, [""] * len(targets), targets, np.eye(len(labels))[answers],
                      noun="image")


@pytest.mark.parametrize("gate", [None, 0.0, 0.8])
def test_what_is_good_enough_is_let_through_in_silence(gate, capsys):
    refuse_below(gate, evaluation([8, 8], ["hotdog", "other"]))
    assert capsys.readouterr().err == ""


def test_accuracy_and_recalls_below_the_gate_end_with_code_1_in_one_sentence(capsys):
    with pytest.raises(typer.Exit) as ended:
        refuse_below(0.85, evaluation([8, 7], ["hotdog", "other"]))
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.endswith(
        "the accuracy is 75.0 % (15 of 20), 95 % interval 53.1 to 88.8 %; the recall is "
        "other 70.0 % (7 of 10), hotdog 80.0 % (8 of 10): below --at-least 0.85.\n")


def test_a_recall_below_the_gate_is_enough_where_the_accuracy_is_not(capsys):
    with pytest.raises(typer.Exit):
        refuse_below(0.85, evaluation([8, 10], ["hotdog", "other"]))
    told = capsys.readouterr().err
    assert told.endswith("the recall is hotdog 80.0 % (8 of 10): below --at-least 0.85.\n")
    assert "accuracy" not in told


def test_a_label_without_examples_is_told_and_refuses_nothing(capsys):
    refuse_below(0.8, evaluation([8, 10], ["hotdog", "other", "pizza"]))
    assert capsys.readouterr().err == (
        "warning: --at-least says nothing of pizza: there are no images of it\n")
