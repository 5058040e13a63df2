"""fastText's classifier, in the Python that has it: this module needs nothing but fasttext.

Its training reads a file of its own form, `__label__LABEL TEXT` a line, and counts words in it;
both are part of what is timed, as tf-idf weights are where others have these.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.train_once import Clock

MARK = "__label__"
HELD_OUT = 5  # every so many-th document of the training part chooses lr and epochs
RATES, EPOCHS = (0.5, 1.0), (25, 50, 100)


def read_rows(folder: str, name: str) -> list[tuple[str, str]]:
    """Labels without blanks, and texts of one line."""
    texts, labels, _ = json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8"))
    return [(label.replace(" ", "_"), " ".join(text.split()))
            for text, label in zip(texts, labels, strict=True)]


def train(rows: list[tuple[str, str]], place: str, **parameters: Any) -> Any:
    """A model of some rows, by one thread."""
    import fasttext

    file = Path(place) / "rows.txt"
    file.write_text("".join(f"{MARK}{label} {text}\n" for label, text in rows), encoding="utf-8")
    return fasttext.train_supervised(str(file), thread=1, verbose=0, **parameters)


def share_right(model: Any, rows: list[tuple[str, str]]) -> float:
    """Of the best answers, those that are right."""
    answers, _ = model.predict([text for _, text in rows])
    right = sum(answer[0] == MARK + label for answer, (label, _) in zip(answers, rows, strict=True))
    return right / len(rows)


def tune(folder: str, place: str) -> dict[str, Any]:
    """lr and epochs that are best on a part of the training documents, with pairs of words."""
    rows = read_rows(folder, "training")
    random.Random(1).shuffle(rows)
    held, kept = rows[::HELD_OUT], [row for number, row in enumerate(rows) if number % HELD_OUT]
    tried = [{"lr": rate, "epoch": epochs, "accuracy": share_right(
                train(kept, place, wordNgrams=2, lr=rate, epoch=epochs, seed=1), held)}
             for rate in RATES for epochs in EPOCHS]
    best = max(tried, key=lambda each: each["accuracy"])
    return {"lr": best["lr"], "epoch": best["epoch"], "wordNgrams": 2, "tried": tried}


def fit(folder: str, place: str, parameters: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train, ask, and weigh the file of the model."""
    rows, test = read_rows(folder, "training"), read_rows(folder, "test")
    # It learns in the order of its file, and collections come class by class: it would forget.
    random.Random(seed).shuffle(rows)
    clock = Clock()
    model = train(rows, place, seed=seed, **parameters)
    figures = clock.figures()
    clock = Clock()
    accuracy = share_right(model, test)
    asked = clock.figures()["cpu_seconds"]
    file = Path(place) / "model.bin"
    model.save_model(str(file))
    return {**figures, "accuracy": accuracy, "documents_a_second": len(test) / asked,
            "megabytes": os.path.getsize(file) / 1e6}


WORK = {"tune": tune, "fit": fit}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        print(json.dumps(WORK[sys.argv[1]](**json.loads(sys.argv[2]), place=own)))
