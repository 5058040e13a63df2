"""What the report says, gathered from the files that the stages wrote."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from common.files import read_json
from common.parameters import read_parameters
from vision.image import read_image
from word2vec.vectors import WordVectors, load_vectors

MODELS = ("skipgram", "cbow")
NEIGHBOURS_OF = ("king", "france", "computer", "physics", "music", "dog", "war", "river", "money",
                 "doctor")
ANALOGIES = (("man", "king", "woman"), ("france", "paris", "england"),
             ("china", "beijing", "japan"), ("big", "bigger", "small"), ("go", "went", "take"))
SHOWN_WORDS, SHOWN_NEIGHBOURS, SHOWN_ANSWERS = 8, 8, 3
SHOWN_IMAGES, THUMBNAIL = 24, 160


@dataclass(frozen=True)
class WordSection:
    """What one model's vectors can do.

    Parameters
    ----------
    model : skipgram or cbow.
    metrics : flat scores.
    sections : analogies by section.
    neighbours : words with their nearest words and cosines.
    analogies : three words with the best answers and cosines.
    picture : the plot of countries and capitals, SVG.
    losses : one row an epoch.
    """

    model: str
    metrics: dict[str, Any]
    sections: list[dict[str, Any]]
    neighbours: list[tuple[str, list[tuple[str, float]]]]
    analogies: list[tuple[tuple[str, str, str], list[tuple[str, float]]]]
    picture: str
    losses: list[dict[str, float]]


@dataclass(frozen=True)
class ClassifiedImage:
    """A test image as the page shows it: a data URI, the truth and the answer."""

    uri: str
    label: str
    predicted: str
    score: float

    @property
    def right(self) -> bool:
        """Whether the answer is the truth."""
        return self.label == self.predicted


@dataclass(frozen=True)
class Report:
    """Everything on the page."""

    words: list[WordSection]
    corpus: dict[str, Any]
    image_metrics: dict[str, Any]
    image_record: dict[str, Any]
    classifier: dict[str, Any]
    confusion: list[list[int]]
    labels: list[str]
    curve: list[dict[str, Any]]
    roc: list[dict[str, Any]]
    strip: list[ClassifiedImage]
    parameters: dict[str, Any]


def gather(data: Path, models: Path, results: Path, parameters: Path) -> Report:
    """Read everything that the page shows."""
    labels = read_json(models / "classifier" / "labels.json")
    predictions = read_json(results / "images" / "predictions.json")
    return Report(
        words=[_word_section(model, models, results) for model in MODELS],
        corpus=read_json(data / "corpus.json"),
        image_metrics=read_json(results / "metrics" / "images.json"),
        image_record=read_json(data / "images.json"),
        classifier=read_json(models / "classifier" / "record.json"),
        confusion=_confusion(predictions, labels),
        labels=labels,
        curve=read_json(results / "training" / "images.json"),
        roc=read_json(results / "images" / "roc.json"),
        strip=_strip(predictions, data / "images"),
        parameters=read_parameters(parameters),
    )


def _word_section(model: str, models: Path, results: Path) -> WordSection:
    vectors = load_vectors(models / "vectors" / model)
    folder = results / "words" / model
    return WordSection(
        model=model,
        metrics=read_json(results / "metrics" / f"{model}.json"),
        sections=read_json(folder / "sections.json"),
        neighbours=[(word, vectors.most_similar(positive=[word], topn=SHOWN_NEIGHBOURS))
                    for word in _shown_words(vectors)],
        analogies=[
            ((a, b, c), vectors.most_similar(positive=[b, c], negative=[a], topn=SHOWN_ANSWERS))
            for a, b, c in ANALOGIES if all(word in vectors for word in (a, b, c))
        ],
        picture=_inline_svg(folder / "capitals.svg"),
        losses=read_json(results / "training" / f"{model}.json"),
    )


def _shown_words(vectors: WordVectors) -> list[str]:
    """Words whose neighbours most readers can judge; of another language, frequent words."""
    known = [word for word in NEIGHBOURS_OF if word in vectors]
    ranks = np.geomspace(50, max(51, len(vectors) - 1), SHOWN_WORDS).astype(int)
    frequent = [vectors.index_to_key[rank] for rank in ranks if rank < len(vectors)]
    shown = known if len(known) >= SHOWN_WORDS // 2 else list(dict.fromkeys(known + frequent))
    return shown[:SHOWN_WORDS]


def _inline_svg(path: Path) -> str:
    """An SVG file without its XML prologue, to stand inside HTML."""
    if not path.exists():
        return ""
    text = path.read_text(encoding="utf-8")
    return text[text.index("<svg"):]


def _confusion(predictions: Sequence[dict[str, Any]], labels: list[str]) -> list[list[int]]:
    """Counts, a row a true label."""
    counts = [[0] * len(labels) for _ in labels]
    for prediction in predictions:
        counts[labels.index(prediction["label"])][labels.index(prediction["predicted"])] += 1
    return counts


def _strip(predictions: list[dict[str, Any]], images: Path) -> list[ClassifiedImage]:
    """The mistakes, most confident first, then images from all over the test split."""
    wrong = sorted((p for p in predictions if p["label"] != p["predicted"]), key=_score,
                   reverse=True)[: SHOWN_IMAGES // 2]
    right = [p for p in predictions if p["label"] == p["predicted"]]
    places = np.linspace(0, len(right) - 1, min(len(right), SHOWN_IMAGES - len(wrong)))
    shown = wrong + [right[place] for place in places.astype(int)]
    return [ClassifiedImage(_thumbnail(images / p["path"]), p["label"], p["predicted"], _score(p))
            for p in shown]


def _score(prediction: dict[str, Any]) -> float:
    return prediction["scores"][prediction["predicted"]]


def _thumbnail(path: Path) -> str:
    """A small JPEG of an image as a data URI: upright and square, as the backbone sees it."""
    pixels = 255 * read_image(path, THUMBNAIL, THUMBNAIL)
    content = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(content, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")
