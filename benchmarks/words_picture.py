"""The figures of `words` as a picture: the speed of all trainers and models, and the accuracies."""

import math
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.bars import PALETTE, draw_bars, draw_panels
from words_and_images.common.errors import counted

COLOUR = dict(zip(("here", "gensim", "word2vec.c", "fastText"), PALETTE, strict=True))
MODELS = {"skipgram": "skip-gram", "cbow": "CBOW"}
KINDS = {"analogies_semantic": "semantic", "analogies_syntactic": "syntactic",
         "analogies_accuracy": "overall"}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw the figures of a run and write the picture."""
    models = figures["models"]
    panels = 1 + (len(models) if figures["epochs"] else 0)

    def fill(axes: list[Axes]) -> None:
        draw_speeds(axes[0], figures)
        for panel, model in zip(axes[1:], models, strict=False):
            panel.sharey(axes[1])
            draw_accuracies(panel, figures, model)

    draw_panels(path, panels, fill)


def draw_speeds(axes: Axes, figures: dict[str, Any]) -> None:
    """Words a second, and for each other trainer how many times as fast this one is."""
    models = figures["models"]
    bars = {name: [(row["trainers"][name]["words_a_second"] or 0) / 1e6 for row in models.values()]
            for name in _trainers(figures)}
    labels = {name: [f"{speed:.2f}" + _times(row["ratios"].get(name, {}))
                     for speed, row in zip(speeds, models.values(), strict=True)]
              for name, speeds in bars.items()}
    draw_bars(axes, [MODELS[model] for model in models], bars, labels, COLOUR)
    axes.set_title(f"million words a second, {counted(figures['threads'], 'thread')}\n"
                   "(in brackets: how many times as fast here)", fontsize=10)


def draw_accuracies(axes: Axes, figures: dict[str, Any], model: str) -> None:
    """Analogies answered rightly, in percent."""
    trainers = figures["models"][model]["trainers"]
    bars = {name: [100 * row["scores"].get(kind, math.nan) for kind in KINDS]
            for name, row in trainers.items()}
    labels = {name: ["-" if math.isnan(share) else f"{share:.1f}" for share in shares]
              for name, shares in bars.items()}
    draw_bars(axes, list(KINDS.values()), bars, labels, COLOUR)
    axes.set_title(f"{MODELS[model]}, {counted(figures['epochs'], 'epoch')}:\n"
                   "% of analogies answered rightly", fontsize=10)


def _trainers(figures: dict[str, Any]) -> list[str]:
    return list(next(iter(figures["models"].values()))["trainers"])


def _times(ratios: dict[str, float | None]) -> str:
    """The ratio as a second line of a label."""
    ratio = ratios.get("words_a_second")
    return f"\n({ratio:.1f}×)" if ratio else ""
