"""What the report says, gathered from the files that the stages wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from reporting.comparison import Comparison, compare_with_last_commit
from reporting.pictures import as_it_is, thumbnail
from word2vec.vectors import WordVectors, load_vectors
from words_and_images.common.files import read_json
from words_and_images.common.parameters import STAGES_FILE, read_parameters
from words_and_images.common.stage_costs import COSTS_FOLDER, read_costs
from words_and_images.common.stored_paths import stored_path
from words_and_images.retraining import SPLITS, few_examples, hidden_by_accuracy, recalls_of

MODELS = ("cbow", "skipgram")
COLLECTIONS = ("newsgroups", "reuters")
SHOWN_MISTAKES = 10
STUDIES = {"images": "Classifier", "words": "Word vectors"}  # of `make tune`, with their headings
NEIGHBOURS_OF = ("king", "france", "computer", "physics", "music", "dog", "war", "river", "money",
                 "doctor")
ANALOGIES = (("man", "king", "woman"), ("france", "paris", "england"),
             ("china", "beijing", "japan"), ("big", "bigger", "small"), ("go", "went", "take"))
SHOWN_WORDS, SHOWN_NEIGHBOURS, SHOWN_ANSWERS = 8, 8, 3
SHOWN_MISTAKES, SHOWN_ANSWERED = 24, 12


@dataclass(frozen=True)
class WordSection:
    """What one model's vectors can do.

    Parameters
    ----------
    model : skipgram or cbow.
    record : of the vectors: parameters and corpus.
    size : words and dimensions.
    metrics : flat scores.
    sections : analogies by section.
    neighbours : words with their nearest words and cosines.
    analogies : three words with the best answers and cosines.
    capitals : `word2vec.evaluation.plots.pair_rows`.
    map : `word2vec.evaluation.word_map.map_table`.
    losses : one row an epoch.
    """

    model: str
    record: dict[str, Any]
    size: tuple[int, int]
    metrics: dict[str, Any]
    sections: list[dict[str, Any]]
    neighbours: list[tuple[str, list[tuple[str, float]]]]
    analogies: list[tuple[tuple[str, str, str], list[tuple[str, float]]]]
    capitals: dict[str, Any]
    map: dict[str, Any]
    losses: list[dict[str, float]]


@dataclass(frozen=True)
class ShownImage:
    """An image as the page shows it: a data URI, where it is from, the truth and the answer.

    `note` says what else there is to say of it.
    """

    uri: str
    path: str
    label: str
    predicted: str
    score: float
    note: str = ""

    @property
    def right(self) -> bool:
        """Whether the answer is the truth."""
        return self.label == self.predicted


@dataclass(frozen=True)
class ImageSection:
    """What the classifier can do.

    Parameters
    ----------
    metrics : flat scores.
    images, classifier : records of both.
    labels : of the classifier.
    counts : images of each label in each split, by the split's name.
    confusion : counts, a row a true label.
    curve : of the training.
    tables : roc, calibration, coverage and summary, as the evaluation wrote them.
    mistakes, answered : test images, the wrong answers and some of the right ones.
    variants : one training image, distorted.
    explanation : what the answer to one test image rests on.
    explained : that image.
    """

    metrics: dict[str, Any]
    images: dict[str, Any]
    classifier: dict[str, Any]
    labels: list[str]
    counts: dict[str, dict[str, int]]
    confusion: list[list[int]]
    curve: list[dict[str, Any]]
    tables: dict[str, Any]
    mistakes: list[ShownImage]
    wrong: int
    answered: list[ShownImage]
    variants: list[ShownImage]
    explanation: dict[str, Any]
    explained: ShownImage

    @property
    def hidden(self) -> list[str]:
        """What the accuracy hides: the constant answer, the worst class, classes of few images."""
        recalls = recalls_of({label: {"right": row[number], "count": sum(row)} for number, (
            label, row) in enumerate(zip(self.labels, self.confusion, strict=True))})
        few = few_examples(recalls, "image")
        return [*hidden_by_accuracy(recalls), *([few] if few else [])]

    @property
    def score_bounds(self) -> tuple[float, float]:
        """The lowest and the highest score of an answer that the coverage tells of."""
        thresholds = [row["threshold"] for row in self.tables["coverage"]]
        return min(thresholds), max(thresholds)


@dataclass(frozen=True)
class TextSection:
    """What a classifier of texts can do.

    Parameters
    ----------
    collection : as params.yaml calls it.
    source : what its record says of the documents.
    summary : the evaluation's, with what cross-validation chose.
    mistakes : of its test, the first.
    """

    collection: str
    source: dict[str, Any]
    summary: dict[str, Any]
    mistakes: list[dict[str, Any]]

    @property
    def hidden(self) -> list[str]:
        """What the accuracy hides."""
        return hidden_by_accuracy(recalls_of(self.summary["labels"]))


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    `tokens` is the length of the encoded corpus; `costs` has a row for each stage in the order of
    dvc.yaml, its figures None where the stage has not run on this machine; `studies` are the
    searches that there are, a heading and what `Study.rows` gives of each.
    """

    words: list[WordSection]
    corpus: dict[str, Any]
    tokens: int
    images: ImageSection
    texts: list[TextSection]
    parameters: dict[str, Any]
    costs: list[dict[str, Any]]
    comparison: Comparison
    studies: list[tuple[str, dict[str, Any]]]


def gather(data: Path, models: Path, results: Path, parameters: Path) -> Report:
    """Read everything that the page shows."""
    return Report(
        words=[_word_section(model, models, results) for model in MODELS],
        corpus=read_json(data / "corpus.json"),
        tokens=len(np.load(data / "encoded" / "ids.npy", mmap_mode="r")),
        images=_image_section(data, models, results),
        texts=[_text_section(collection, data, results) for collection in COLLECTIONS],
        parameters=read_parameters(parameters),
        costs=stage_costs(parameters.with_name(STAGES_FILE.name), results / COSTS_FOLDER.name),
        comparison=compare_with_last_commit(results / "metrics", parameters),
        studies=[(heading, read_json(file)) for name, heading in STUDIES.items()
                 if (file := results / "tuning" / f"{name}.json").exists()],
    )


def stage_costs(stages: Path, costs: Path) -> list[dict[str, Any]]:
    """What each stage of a dvc.yaml took here, but for the report, which is being written."""
    known = read_costs(costs)
    unknown = dict.fromkeys(("seconds", "cpu_seconds", "peak_memory_mb", "finished"))
    definitions = yaml.safe_load(stages.read_text(encoding="utf-8"))["stages"]
    names = [name for stage, definition in definitions.items() if stage != "report"
             for name in _members(stage, definition)]
    return [{**unknown, **known.get(name, {}), "stage": name} for name in names]


def _members(stage: str, definition: Mapping[str, Any]) -> list[str]:
    """What DVC calls a stage: itself, or each member of its matrix."""
    if "matrix" not in definition:
        return [stage]
    [items] = definition["matrix"].values()
    return [f"{stage}@{item}" for item in items]


def _text_section(collection: str, data: Path, results: Path) -> TextSection:
    folder = results / "texts" / collection
    return TextSection(
        collection=collection,
        source=read_json(data / "texts" / f"{collection}.json")["source"],
        summary=read_json(folder / "summary.json"),
        mistakes=read_json(folder / "mistakes.json")[:SHOWN_MISTAKES],
    )


def _word_section(model: str, models: Path, results: Path) -> WordSection:
    vectors = load_vectors(models / "vectors" / model)
    folder = results / "words" / model
    return WordSection(
        model=model,
        record=read_json(models / "vectors" / model / "record.json"),
        size=(len(vectors), vectors.vector_size),
        metrics=read_json(results / "metrics" / f"{model}.json"),
        sections=read_json(folder / "sections.json"),
        neighbours=[(word, vectors.most_similar(positive=[word], topn=SHOWN_NEIGHBOURS))
                    for word in _shown_words(vectors)],
        analogies=[
            ((a, b, c), vectors.most_similar(positive=[b, c], negative=[a], topn=SHOWN_ANSWERS))
            for a, b, c in ANALOGIES if all(word in vectors for word in (a, b, c))
        ],
        capitals=read_json(folder / "capitals.json"),
        map=read_json(folder / "map.json"),
        losses=read_json(results / "training" / f"{model}.json"),
    )


def _shown_words(vectors: WordVectors) -> list[str]:
    """Words whose neighbours most readers can judge; of another language, frequent words."""
    known = [word for word in NEIGHBOURS_OF if word in vectors]
    ranks = np.geomspace(50, max(51, len(vectors) - 1), SHOWN_WORDS).astype(int)
    frequent = [vectors.index_to_key[rank] for rank in ranks if rank < len(vectors)]
    shown = known if len(known) >= SHOWN_WORDS // 2 else list(dict.fromkeys(known + frequent))
    return shown[:SHOWN_WORDS]


def _image_section(data: Path, models: Path, results: Path) -> ImageSection:
    labels = read_json(models / "classifier" / "labels.json")
    folder, pictures = results / "images", data / "images"
    predictions = read_json(folder / "predictions.json")
    wrong = sorted((p for p in predictions if p["label"] != p["predicted"]), key=_score,
                   reverse=True)
    right = [p for p in predictions if p["label"] == p["predicted"]]
    places = np.linspace(0, len(right) - 1, min(len(right), SHOWN_ANSWERED)).astype(int)
    shown = read_json(results / "explanation" / "explanation.json")
    return ImageSection(
        metrics=read_json(results / "metrics" / "images.json"),
        images=read_json(data / "images.json"),
        classifier=read_json(models / "classifier" / "record.json"),
        labels=labels,
        counts=_counts(read_json(data / "split.json")),
        confusion=_confusion(predictions, labels),
        curve=read_json(results / "training" / "images.json"),
        tables={name: read_json(folder / f"{name}.json")
                for name in ("roc", "calibration", "coverage", "summary")},
        mistakes=[_tested(p, pictures) for p in wrong[:SHOWN_MISTAKES]],
        wrong=len(wrong),
        answered=[_tested(right[place], pictures) for place in places],
        variants=_variants(results / "explanation"),
        explanation=shown,
        explained=ShownImage(
            as_it_is(results / "explanation" / stored_path(shown["file"], "explanation.json")),
            shown["path"], shown["label"], shown["answer"], shown["score"]),
    )


def _counts(split: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Images of each label by split."""
    counts = {name: dict.fromkeys(split["labels"], 0) for name in SPLITS}
    for image in split["images"]:
        counts[image["split"]][image["label"]] += 1
    return counts


def _confusion(predictions: Sequence[dict[str, Any]], labels: list[str]) -> list[list[int]]:
    """Counts, a row a true label."""
    counts = [[0] * len(labels) for _ in labels]
    for prediction in predictions:
        counts[labels.index(prediction["label"])][labels.index(prediction["predicted"])] += 1
    return counts


def _tested(prediction: dict[str, Any], images: Path) -> ShownImage:
    path = stored_path(prediction["path"], "predictions.json")
    return ShownImage(thumbnail(images / path), path,
                      prediction["label"], prediction["predicted"], _score(prediction))


def _score(prediction: dict[str, Any]) -> float:
    return prediction["scores"][prediction["predicted"]]


def _variants(folder: Path) -> list[ShownImage]:
    """The image and its variants; those that the head has learnt from say so."""
    table = read_json(folder / "variants.json")
    return [
        ShownImage(as_it_is(folder / stored_path(row["file"], "variants.json")), table["path"],
                   table["label"], row["answer"], row["score"],
                   row["kind"] + (", learnt from" if row["learnt"] else ""))
        for row in table["variants"]
    ]
