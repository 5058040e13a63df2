"""The figures of `texts` as a picture: accuracy by the number of labelled documents."""

import statistics
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.bars import PALETTE, draw_panels

Figures = dict[str, Any]


def draw(figures: Figures, path: Path) -> None:
    """Draw a panel a collection, with what all documents give at the right; none without any."""
    own = {name: each for name, each in figures["collections"].items() if "few" in each}
    if not own:
        return

    def fill(axes: list[Axes]) -> None:
        for panel, (name, each) in zip(axes, own.items(), strict=True):
            _panel(panel, each)
            panel.set_title(f"{name}, {each['labels']} labels:\n% of test documents answered "
                            "rightly", fontsize=10)

    draw_panels(path, len(own), fill)


def _panel(panel: Axes, own: Figures) -> None:
    """Means with standard deviations over the draws; all documents stand behind the largest."""
    counts = list(own["few"])
    names = list(own["few"][counts[0]]["accuracies"])
    # The last one, which is this project's, has the first colour.
    for number, (name, colour) in enumerate(zip(reversed(names), PALETTE, strict=False)):
        drawn = [own["few"][count]["accuracies"][name] for count in counts]
        means = [100 * statistics.mean(each) for each in drawn]
        spreads = [100 * statistics.stdev(each) if len(each) > 1 else 0 for each in drawn]
        # Side by side, so that bars of like heights do not hide each other.
        places = [place + (1 - number) * 0.06 for place in range(len(counts))]
        panel.errorbar(places, means, spreads, fmt="o-", color=colour, label=name, markersize=4,
                       capsize=3)
        if whole := own.get("contenders", {}).get(name):
            panel.plot([places[-1] + 1], [100 * whole["accuracy"]], "s", color=colour,
                       markersize=5)
    panel.set_xticks(range(len(counts) + 1), [*counts, "all"])
    panel.set_xlabel("documents a class to learn from")
    panel.spines[["top", "right"]].set_visible(False)
