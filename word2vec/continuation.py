"""Going on with vectors of an earlier training: on more text, and with its new words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.errors import UserError
from common.files import read_json
from word2vec.encoded_corpus import EncodedCorpus
from word2vec.parameters import TrainParameters
from word2vec.training import Tables, begin
from word2vec.vocabulary import Vocabulary

REWRITTEN_AT_ONCE = 1 << 22  # tokens


@dataclass(frozen=True)
class Earlier:
    """What an earlier training wrote.

    Parameters
    ----------
    tables : its vectors.
    vocabulary : the words of their rows.
    record : model, parameters and corpus.
    """

    tables: Tables
    vocabulary: Vocabulary
    record: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "Earlier":
        """Open the folder that training wrote.

        Raises
        ------
        UserError
            When it holds no such training: a file of vectors has no output vectors to go on with.
        """
        try:
            inputs, outputs = (np.load(folder / f"{name}_vectors.npy", mmap_mode="r")
                               for name in ("input", "output"))
            vocabulary = Vocabulary.load(folder / "vocabulary.txt")
            return cls(Tables(inputs, outputs), vocabulary, read_json(folder / "record.json"))
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder} is no folder that `word2vec train` wrote, with input and "
                            "output vectors; give one to go on with.") from None


def go_on(
    earlier: Earlier, corpus: EncodedCorpus, model: str, parameters: TrainParameters, folder: Path
) -> tuple[EncodedCorpus, Tables]:
    """Put a new corpus and the vectors of an earlier training together.

    The vocabulary is that of both, with the sum of their counts. Words of the earlier training
    keep their vectors; words that only the new text has begin as in a new training.

    Parameters
    ----------
    earlier : the earlier training.
    corpus : the new text.
    model, parameters : of the training that begins.
    folder : an empty one, where the ids of the corpus are written anew.

    Raises
    ------
    UserError
        When model, dim or loss are not those of the earlier training.
    """
    _refuse_others(earlier.record, model, parameters)
    vocabulary = unite(earlier.vocabulary, corpus.vocabulary)
    tables = begin(len(vocabulary), parameters)
    rows = _places(earlier.vocabulary, vocabulary)
    tables.inputs[rows], tables.outputs[rows] = earlier.tables.inputs, earlier.tables.outputs
    return _rewritten(corpus, vocabulary, folder), tables


def unite(first: Vocabulary, second: Vocabulary) -> Vocabulary:
    """The words of both by the falling sum of their counts, equal ones in alphabetical order."""
    counts = dict(zip(first.words, first.counts.tolist(), strict=True))
    for word, count in zip(second.words, second.counts.tolist(), strict=True):
        counts[word] = counts.get(word, 0) + count
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return Vocabulary(words, np.array([counts[word] for word in words], np.int64))


def _refuse_others(record: dict[str, Any], model: str, parameters: TrainParameters) -> None:
    asked = {"model": model, "dim": parameters.dim, "loss": parameters.loss}
    before = {"model": record["model"], "loss": "negative_sampling", **record["parameters"]}
    for name, value in asked.items():
        if before[name] != value:
            raise UserError(f"{name} is {value} and was {before[name]} in the earlier training; go "
                            f"on with {name} {before[name]}.")
    if parameters.loss == "hierarchical_softmax":
        raise UserError("hierarchical_softmax cannot go on with other text: its output vectors "
                        "belong to the tree of the earlier counts; train with both texts anew.")


def _places(words: Vocabulary, among: Vocabulary) -> NDArray[np.int64]:
    """The ids of words in another vocabulary, which has them all."""
    return np.array([among.index[word] for word in words.words], np.int64)


def _rewritten(corpus: EncodedCorpus, vocabulary: Vocabulary, folder: Path) -> EncodedCorpus:
    """The corpus under the ids of another vocabulary."""
    places = _places(corpus.vocabulary, vocabulary).astype(np.int32)
    path = folder / "ids.npy"
    ids = np.lib.format.open_memmap(path, "w+", np.int32, corpus.ids.shape)
    for begins in range(0, len(ids), REWRITTEN_AT_ONCE):
        part = slice(begins, begins + REWRITTEN_AT_ONCE)
        ids[part] = places[corpus.ids[part]]
    ids.flush()
    return EncodedCorpus(np.load(path, mmap_mode="r"), corpus.bounds, vocabulary)
