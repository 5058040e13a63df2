"""How well a classifier of drawings knows subjects and styles that it has not learned from.

The default run learns from drawings and is asked about photos. No photo is used to choose how to
draw and how to train: each style of drawing in turn is what the classifier has never seen, together
with half of the subjects, and what is learned from the other styles and the other subjects is
measured on it. `make bench-styles`; docs/images.md says what was chosen by it.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from vision.backbones import (
    BackboneParameters,
    BottleneckParameters,
    extract_bottlenecks,
    load_backbone,
)
from vision.drawings import STYLES, SUBJECTS, draw
from vision.photos import prediction_looks
from vision.retraining import cached_backbone
from words_and_images.common.errors import percent
from words_and_images.common.fetching import cache_folder
from words_and_images.common.files import replacing, write_json
from words_and_images.common.parameters import require
from words_and_images.common.progress import progress, say
from words_and_images.common.workers import in_order
from words_and_images.neural.metrics import roc_auc
from words_and_images.retraining import Head, RetrainParameters
from words_and_images.retraining.head import Learning, Part, fit_heads

LABELS = list(SUBJECTS)
HALVES = 2  # of the subjects: every second one is learned from
QUALITY = 90

application = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Drawing:
    """One picture: number of its label, index among that label's subjects, style, repetition."""

    label: int
    subject: int
    style: str
    repetition: int

    @property
    def half(self) -> int:
        """Of the subjects, the one that this one belongs to."""
        return self.subject % HALVES

    def write(self, folder: Path, seed: int) -> Path:
        """Draw it into the folder."""
        style = list(STYLES).index(self.style)
        numbers = (self.label, self.subject, style, self.repetition)
        name = "_".join(str(number) for number in numbers)
        generator = np.random.default_rng([seed, *numbers])
        subject = SUBJECTS[LABELS[self.label]][self.subject]
        path = folder / f"{name}.jpg"
        draw(subject, generator, style=self.style).save(path, quality=QUALITY)
        return path


def all_drawings(count: int) -> list[Drawing]:
    """`count` of each label in each style, the subjects of a label taking turns."""
    return [Drawing(label, index % len(SUBJECTS[name]), style, index // len(SUBJECTS[name]))
            for style in STYLES for label, name in enumerate(LABELS) for index in range(count)]


def features_of_all(drawings: Sequence[Drawing], seed: int) -> NDArray[np.float32]:
    """Bottlenecks (drawings, looks, features) by the default backbone in the default looks."""
    backbone = load_backbone(cached_backbone(BackboneParameters("efficientnet_lite2")))
    with tempfile.TemporaryDirectory(prefix="bench-styles-") as folder:
        with progress("drawing pictures", len(drawings), "pictures") as counter:
            paths = []
            for path in in_order(lambda one: one.write(Path(folder), seed), drawings):
                paths.append(path)
                counter.advance()
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        return extract_bottlenecks(paths, hashes, backbone, cache_folder() / "bottlenecks",
                                   prediction_looks(BottleneckParameters().looks))


def foreign_scores(
    drawings: Sequence[Drawing], features: NDArray[np.float32], parameters: RetrainParameters,
    learned: Sequence[str] = (),
) -> NDArray[np.float32]:
    """Probability of the first label of each drawing, by a head that knows neither its style nor
    its subject.

    `learned` names the only styles that heads learn from; all but the drawing's own, if none.
    """
    styles = np.array([one.style for one in drawings])
    halves = np.array([one.half for one in drawings])
    targets = np.array([one.label for one in drawings])
    scores = np.full(len(drawings), np.nan, np.float32)
    for style in STYLES:
        for half in range(HALVES):
            seen = (styles != style) & (halves != half)
            seen &= np.isin(styles, list(learned)) if learned else True
            asked = (styles == style) & (halves == half)
            if not seen.any():
                continue
            head = _head(features[seen], targets[seen], parameters)
            scores[asked] = head.probabilities(features[asked])[:, 0]
    return scores


def _head(
    features: NDArray[np.float32], targets: NDArray[Any], parameters: RetrainParameters
) -> Head:
    rows = np.arange(len(targets))
    return fit_heads([Learning([Part(features, rows, rows, targets)])], LABELS, parameters)[0]


def figures(drawings: Sequence[Drawing], scores: NDArray[np.float32]) -> dict[str, Any]:
    """Of each style and of all that have scores: recall of both labels, their mean and the AUC."""
    targets = np.array([one.label for one in drawings])
    styles = np.array([one.style for one in drawings])
    known = ~np.isnan(scores)
    parts = {style: known & (styles == style) for style in STYLES}
    parts["all"] = known
    return {name: _figures(targets[part], scores[part]) for name, part in parts.items()
            if part.any()}


def _figures(targets: NDArray[Any], scores: NDArray[np.float32]) -> dict[str, float]:
    first = targets == 0
    found, told = float((scores[first] > 0.5).mean()), float((scores[~first] <= 0.5).mean())
    return {"recall": found, "others": told, "balanced": (found + told) / 2,
            "auc": roc_auc(first.astype(int), scores)}


@application.command()
def compare(
    count: Annotated[int, typer.Option(help="drawings of each label in each style")] = 48,
    seed: Annotated[int, typer.Option(help="of the drawings")] = 1000,
    hidden: Annotated[int, typer.Option(help="units of the head's hidden layer")] = 128,
    l2: Annotated[float, typer.Option(help="weight decay of the head")] = 0.05,
    steps: Annotated[int, typer.Option(help="updates of the head")] = 500,
    label_smoothing: Annotated[float, typer.Option(help="of the head's targets")] = 0.0,
    output: Annotated[Path, typer.Option(help="where the figures go as JSON")]
    = Path("results/benchmarks/styles.json"),
) -> None:
    """Ask heads about each style and half of the subjects that they have not learned from."""
    require(count >= HALVES, "count", count, f"at least {HALVES}")
    parameters = RetrainParameters(hidden=hidden, l2=l2, steps=steps,
                                   label_smoothing=label_smoothing)
    with replacing(output) as temporary:
        drawings = all_drawings(count)
        features = features_of_all(drawings, seed)
        results = {
            "all other styles": figures(drawings, foreign_scores(drawings, features, parameters)),
            "studio alone": figures(drawings, foreign_scores(drawings, features, parameters,
                                                             ["studio"])),
        }
        write_json(temporary, {"count": count, "seed": seed, "results": results})
    for name, table in results.items():
        show(name, table)


def show(name: str, table: dict[str, dict[str, float]]) -> None:
    """A table of one way to learn, to standard error."""
    say(f"learned from {name}, other subjects; measured on the style")
    say("style      hot dogs found  others told as such  balanced    AUC")
    for style, row in table.items():
        found, told, both = (percent(row[name]) for name in ("recall", "others", "balanced"))
        say(f"{style:9}  {found:>14}  {told:>19}  {both:>8}  {row['auc']:.3f}")


if __name__ == "__main__":
    application()
