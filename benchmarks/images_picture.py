"""The figures of `images` as a picture: the speed of extraction, and the accuracies."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.bars import PALETTE, draw_bars, draw_panels
from benchmarks.images_contenders import PEER

CONTENDERS = {"int8": "here, int8", "float32": "here, float32", PEER: "peer"}
COLOUR = dict(zip(CONTENDERS.values(), PALETTE, strict=False))
PHOTOS = {"test": "test split", "heldout": "held-out photos"}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw the figures of a run and write the picture."""
    backbones = figures["backbones"]

    def fill(axes: list[Axes]) -> None:
        draw_speeds(axes[0], backbones)
        for panel, (name, backbone) in zip(axes[1:], backbones.items(), strict=True):
            panel.sharey(axes[1])
            draw_accuracies(panel, name, backbone["retraining"])

    draw_panels(path, 1 + len(backbones), fill)


def draw_speeds(axes: Axes, backbones: dict[str, Any]) -> None:
    """Photos a second, the whole of each."""
    bars: dict[str, list[float]] = {
        shown: [row["extraction"][name]["photos_a_second"] for row in backbones.values()]
        for name, shown in CONTENDERS.items()}
    labels = {name: [f"{speed:.1f}" for speed in speeds] for name, speeds in bars.items()}
    peers = [f"{name}\n(peer: {row['peer']})" for name, row in backbones.items()]
    draw_bars(axes, peers, bars, labels, COLOUR)
    axes.set_title("photos a second, extracted,\ndecoding included", fontsize=10)


def draw_accuracies(axes: Axes, name: str, trained: dict[str, Any]) -> None:
    """Photos classified rightly, in percent."""
    kinds = {key: shown for key, shown in PHOTOS.items() if trained[PEER][key]}
    bars: dict[str, list[float]] = {
        shown: [100 * trained[contender][key][0] / trained[contender][key][1] for key in kinds]
        for contender, shown in CONTENDERS.items()}
    labels = {shown: [f"{share:.1f}" for share in shares] for shown, shares in bars.items()}
    draw_bars(axes, list(kinds.values()), bars, labels, COLOUR)
    axes.set_title(f"{name}:\n% of photos classified rightly", fontsize=10)
