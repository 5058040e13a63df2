"""One classifier of texts, learnt and asked in a process of its own that `texts` starts.

Timed is the work alone: not the start of the interpreter, nor the reading of documents and vectors.
"""

import json
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.train_once import Clock

if TYPE_CHECKING:
    from word2vec.vectors.vectors import WordVectors

Figures = dict[str, Any]


class Part(NamedTuple):
    """Texts with their labels, and a hash of each, which copies have in common."""

    texts: list[str]
    labels: list[str]
    groups: list[str]

    def take(self, rows: Sequence[int]) -> "Part":
        """Those of some numbers."""
        return Part(*([column[row] for row in rows] for column in self))


def read_part(folder: str, name: str) -> Part:
    """A part that `texts` has written."""
    return Part(*json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8")))


def fit_here(
    folder: str, kind: str, seed: int, vectors: str | None = None, megabytes: float = 20.0,
    out: str | None = None,
) -> Figures:
    """This project's classifier of a kind, written to `out` if that is given."""
    from texts.classifier import Classifier

    training, test = read_part(folder, "training"), read_part(folder, "test")
    loaded = _vectors(vectors)
    clock = Clock()
    fitted = _fitted(training, kind, seed, loaded, megabytes)
    figures = clock.figures()
    clock = Clock()
    probabilities = fitted.model.probabilities(test.texts)
    asked = clock.figures()["cpu_seconds"]
    place = Path(out or Path(folder) / "model")
    Classifier(fitted.model).write(place)
    answers = [fitted.model.labels[best] for best in probabilities.argmax(axis=1)]
    return {**figures, **_answered(answers, test, asked), "chosen": fitted.model.kind,
            "tried": fitted.tried, "megabytes": size_of(place)}


def fit_sklearn(folder: str, learner: str, sublinear: bool, seed: int) -> Figures:
    """scikit-learn's tf-idf weights and a linear classifier on them."""
    training, test = read_part(folder, "training"), read_part(folder, "test")
    clock = Clock()
    made = sklearn_pipeline(learner, sublinear, seed).fit(training.texts, training.labels)
    figures = clock.figures()
    clock = Clock()
    answers = made.predict(test.texts)
    asked = clock.figures()["cpu_seconds"]
    return {**figures, **_answered(answers, test, asked),
            "megabytes": len(pickle.dumps(made)) / 1e6}


def sklearn_pipeline(learner: str, sublinear: bool, seed: int) -> Any:
    """All else by scikit-learn's defaults, but for the steps that logistic regression needs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    classifier = (LinearSVC(random_state=seed) if learner == "LinearSVC"
                  else LogisticRegression(max_iter=1000))
    return make_pipeline(TfidfVectorizer(sublinear_tf=sublinear), classifier)


def few_labels(folder: str, count: int, draws: int, vectors: str) -> Figures:
    """Accuracies of draws of a few documents a class: of all contenders on the same documents."""
    training, test = read_part(folder, "training"), read_part(folder, "test")
    loaded = _vectors(vectors)
    found: dict[str, list[float]] = {
        name: [] for name in ("LinearSVC", "LinearSVC, sublinear", "combined")}
    for draw in range(1, draws + 1):
        part = training.take(drawn(training.labels, count, draw))
        for name, sublinear in (("LinearSVC", False), ("LinearSVC, sublinear", True)):
            made = sklearn_pipeline("LinearSVC", sublinear, draw).fit(part.texts, part.labels)
            found[name].append(share_right(made.predict(test.texts), test))
        model = _fitted(part, "combined", draw, loaded).model
        best = model.probabilities(test.texts).argmax(axis=1)
        found["combined"].append(share_right([model.labels[label] for label in best], test))
    return {"documents": len(part.texts), "accuracies": found}


def drawn(labels: Sequence[str], count: int, seed: int) -> list[int]:
    """The rows of `count` documents of each class, or of all that it has."""
    import numpy as np

    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    seen: dict[str, int] = dict.fromkeys(labels, 0)
    rows = []
    for row in order.tolist():
        seen[labels[row]] += 1
        if seen[labels[row]] <= count:
            rows.append(row)
    return sorted(rows)


def classify_once(model: str, file: str) -> Figures:
    """What `texts classify` does, and whether TensorFlow was needed for it."""
    from texts.command_line import application

    application(["classify", model, file, "--quiet"], standalone_mode=False)
    return {"tensorflow": "tensorflow" in sys.modules}


def size_of(folder: Path) -> float:
    """Of all files, in 10^6 bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def share_right(answers: Sequence[str], part: Part) -> float:
    """Of a part."""
    pairs = zip(answers, part.labels, strict=True)
    return sum(answer == label for answer, label in pairs) / len(part.labels)


def _answered(answers: Sequence[str], part: Part, seconds: float) -> Figures:
    return {"accuracy": share_right(answers, part),
            "documents_a_second": len(part.texts) / seconds}


def _fitted(
    part: Part, kind: str, seed: int, vectors: "WordVectors | None", megabytes: float = 20.0
) -> Any:
    import numpy as np

    from texts.models import fit_model
    from texts.parameters import ModelParameters

    labels = sorted(set(part.labels))
    number = {label: index for index, label in enumerate(labels)}
    targets = np.array([number[label] for label in part.labels])
    return fit_model(part.texts, targets, labels, part.groups,
                     ModelParameters(kind=kind, seed=seed, megabytes=megabytes), vectors)


def _vectors(path: str | None) -> "WordVectors | None":
    if path is None:
        return None
    from word2vec.vectors.vectors import load_vectors

    return load_vectors(Path(path))


WORK: dict[str, Callable[..., Figures]] = {
    work.__name__: work for work in (fit_here, fit_sklearn, few_labels, classify_once)}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](**json.loads(sys.argv[2]))))
