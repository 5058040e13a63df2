"""Curves that grow while a stage trains, written by DVCLive."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from words_and_images.common.extras import refuse_without

LIVE = "live"  # the group of parameters, and the folder beside that of the finished curves

OnFigures = Callable[..., None]
"""Called as ``log(step, loss=0.5)``; figures that are None are left out."""


@dataclass(frozen=True)
class LiveParameters:
    """The group ``live``: whether stages log while they train. What they make is the same."""

    metrics: bool = False


def unheard(step: int, **figures: float | None) -> None:
    """Log nothing."""


@contextmanager
def live_metrics(parameters: LiveParameters, curve: Path) -> Iterator[OnFigures]:
    """What a stage logs with while it trains; without the parameter it does nothing.

    Parameters
    ----------
    parameters
    curve : the file of the finished curve: that of ``results/training/NAME.json`` grows in
        ``results/live/NAME``. What an earlier run logged there is removed.

    Raises
    ------
    UserError
        Where DVCLive is wanted and not installed.
    """
    if not parameters.metrics:
        yield unheard
        return
    refuse_without("dvclive")
    from dvclive import Live

    os.environ["DVC_STUDIO_OFFLINE"] = "true"  # whatever is configured: nothing leaves the machine
    folder = curve.parent.with_name(LIVE) / curve.stem
    # The project's dvc.yaml stays as it is, and no experiment is saved.
    with Live(str(folder), save_dvc_exp=False, dvcyaml=None) as live:
        def log(step: int, **figures: float | None) -> None:
            live.step = step
            for name, value in figures.items():
                if value is not None:
                    live.log_metric(name, value)
            live.next_step()

        yield log
