"""The gate ``--at-least``: an exit code that tells whether a classifier is good enough."""

from typing import TYPE_CHECKING, Annotated

import typer

from words_and_images.common.commandline import complain
from words_and_images.common.progress import say
from words_and_images.retraining.tables import accuracy_text

if TYPE_CHECKING:
    from words_and_images.retraining.evaluation import Evaluation

BELOW_THE_GATE = 1  # exit code: all went well, and the classifier is not good enough

AtLeast = Annotated[float | None, typer.Option(
    min=0, max=1, help="Exit with code 1 where the accuracy, or the recall of a class, is below.")]


def refuse_below(at_least: float | None, evaluation: "Evaluation") -> None:
    """Exit with code 1 and one sentence where accuracy or a recall is below the gate."""
    from words_and_images.retraining.recalls import below, shortened  # not above: it takes NumPy

    if at_least is None:
        return
    if untested := [label for label, found in evaluation.found().items() if not found["count"]]:
        say(f"warning: --at-least says nothing of {shortened(untested)}: there are no "
            f"{evaluation.noun}s of it")
    refusals = []
    if evaluation.accuracy < at_least:
        accuracy = accuracy_text(evaluation.accuracy, evaluation.count, evaluation.interval)
        refusals.append(f"the accuracy is {accuracy}")
    if missed := below(evaluation.recalls, at_least):
        refusals.append(f"the recall is {shortened([recall.text() for recall in missed])}")
    if refusals:
        complain(f"{'; '.join(refusals)}: below --at-least {at_least:g}.")
        raise typer.Exit(BELOW_THE_GATE)
