"""What the stages between documents and a classifier leave in folders."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from texts.bottlenecks import Bottlenecks
from texts.document import Document
from texts.folders import (
    BOTTLENECKS_FILE,
    FACTS_FILE,
    LABELS_FILE,
    MEANS_FILE,
    MODEL_FILE,
    TEXT_BOTTLENECKS,
    TEXT_MODEL,
)
from texts.models import Fitted, Prepared, TextModel, model_from
from texts.ngrams import checked
from word2vec.folders import VECTORS
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.array_files import open_array, opened_arrays
from words_and_images.common.errors import UserError
from words_and_images.common.files import read_json, read_record, replacing, write_json
from words_and_images.common.own_files import DamagedError, check, making, remedy_for
from words_and_images.common.parameters import briefly
from words_and_images.retraining.split import Split


def write_documents(documents: Iterable[Document], path: Path) -> None:
    """One JSON object a line: name, label, text, and the part of a divided set."""
    import json

    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for each in documents:
            row = {"name": each.name, "label": each.label, "text": each.text}
            file.write(json.dumps(row | ({"split": each.split} if each.split else {}),
                                  ensure_ascii=False) + "\n")


def read_documents(path: Path) -> list[Document]:
    """What `write_documents` wrote; UserError for anything else."""
    import json

    try:
        with path.open(encoding="utf-8") as file:
            return [_document(**json.loads(line)) for line in file]
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path} holds no documents ({briefly(str(error))}); make it again with "
                        "`dvc repro`.") from None


def _document(name: str, label: str, text: str, split: str | None = None) -> Document:
    """TypeError for what is no text."""
    for value in (name, label, text, split or ""):
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is no text")
    return Document(name, label, text, split)


def texts_of(documents: Sequence[Document], split: Split) -> list[str]:
    """The texts in the split's order; UserError where these are not its documents."""
    if [each.name for each in documents] != [example.name for example in split.examples]:
        raise UserError("the documents are not those of the split; divide them again with "
                        "`dvc repro`.")
    return [each.text for each in documents]


def write_bottlenecks(prepared: Prepared, folder: Path) -> None:
    """Write a folder of its own, whole or not at all."""
    with making(folder, TEXT_BOTTLENECKS) as temporary:
        temporary.mkdir()
        np.savez(temporary / BOTTLENECKS_FILE, **prepared.bottlenecks.arrays())  # type: ignore[arg-type]
        np.save(temporary / MEANS_FILE, prepared.means)


def read_bottlenecks(folder: Path) -> Prepared:
    """What `write_bottlenecks` wrote; UserError for anything else."""
    check(folder, TEXT_BOTTLENECKS)
    try:
        with opened_arrays(folder / BOTTLENECKS_FILE) as arrays:
            bottlenecks = Bottlenecks.from_arrays(arrays)
        means = np.array(open_array(folder / MEANS_FILE, np.float32, 2))
        return Prepared(bottlenecks, checked(means, np.float32, (None, len(bottlenecks.common))))
    except (OSError, ValueError, KeyError) as error:
        raise DamagedError(f"{folder} is broken ({briefly(str(error))})",
                           remedy_for(folder, TEXT_BOTTLENECKS)) from None


def write_model(fitted: Fitted, folder: Path) -> None:
    """Write a folder of its own, whole or not at all."""
    with making(folder, TEXT_MODEL) as temporary:
        temporary.mkdir()
        np.savez(temporary / MODEL_FILE, **fitted.model.arrays())  # type: ignore[arg-type]
        write_json(temporary / LABELS_FILE, fitted.model.labels)
        write_json(temporary / FACTS_FILE, fitted.facts())


def read_model(folder: Path) -> tuple[TextModel, dict[str, Any]]:
    """The model of `write_model`, and what cross-validation found; UserError for anything else."""
    check(folder, TEXT_MODEL)
    try:
        with opened_arrays(folder / MODEL_FILE) as arrays:
            model = model_from(arrays, read_json(folder / LABELS_FILE))
        return model, read_json(folder / FACTS_FILE)
    except (OSError, ValueError, KeyError) as error:
        raise DamagedError(f"{folder} is broken ({briefly(str(error))})",
                           remedy_for(folder, TEXT_MODEL)) from None


def about_vectors(source: Path, vectors: WordVectors) -> dict[str, Any]:
    """What the record of a classifier says of its word vectors, and of the text they are from."""
    path = source / VECTORS.record
    # Vectors of a file, and those that were not trained here, tell of no text.
    corpus = read_record(path).get("corpus", {}) if path.is_file() else {}
    return {"path": str(source), "words": len(vectors), "dim": int(vectors.vectors.shape[1]),
            **({"origins": corpus["origins"]} if corpus.get("origins") else {})}
