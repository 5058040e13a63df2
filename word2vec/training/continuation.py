"""Going on with vectors of an earlier training: on more text, and with its new words."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.phrases import Pass, parse_phrases, respelled
from word2vec.corpus.reading import PHRASES_FILE, Reading
from word2vec.corpus.tokens import spelling_of
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import VECTORS
from word2vec.parameters import (
    MODEL_PARAMETERS,
    EncodeParameters,
    PhraseParameters,
    TrainParameters,
)
from word2vec.training.tables import Tables, begin
from words_and_images.common.array_files import new_array, open_array
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import read_json
from words_and_images.common.own_files import check
from words_and_images.common.progress import say

REWRITTEN_AT_ONCE = 1 << 22  # tokens


@dataclass(frozen=True)
class Earlier:
    """What an earlier training wrote.

    Parameters
    ----------
    tables : its vectors.
    vocabulary : the words of their rows.
    record : model, parameters and corpus.
    reading : how its text was read; None where its folder does not say so.
    folder : where it is.
    """

    tables: Tables
    vocabulary: Vocabulary
    record: dict[str, Any]
    reading: Reading | None
    folder: Path

    @classmethod
    def load(cls, folder: Path) -> "Earlier":
        """Open the folder that training wrote.

        Raises
        ------
        UserError
            When it holds no such training: a file of vectors has no output vectors to go on with;
            when its vectors are composed of n-grams, as the rows of the words are not kept; and
            when its files are damaged, or not of one training.
        """
        try:
            inputs, outputs = (open_array(folder / f"{name}_vectors.npy", np.float32, 2)
                               for name in ("input", "output"))
            vocabulary = Vocabulary.load(folder / "vocabulary.txt")
            reading, record = Reading.load(folder), read_json(folder / "record.json")
            earlier = cls(Tables(inputs, outputs), vocabulary, record, reading, folder)
            shape = (len(vocabulary), earlier.decided["dim"])
            if record["model"] not in [*MODEL_PARAMETERS] or not isinstance(record["corpus"], dict):
                raise ValueError("record.json speaks of no training")
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{folder} is no folder that `word2vec train` wrote, with input and "
                            "output vectors; give one to go on with.") from None
        except (KeyError, TypeError):
            raise UserError(f"{folder} cannot be read (record.json speaks of no training); train "
                            "it anew.") from None
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{folder} cannot be read ({reason}); train it anew.") from None
        if not inputs.shape == outputs.shape == shape:
            raise UserError(f"{folder} holds tables of {inputs.shape} and {outputs.shape} values "
                            f"and its vocabulary and record speak of {shape}; train it anew.")
        check(folder, VECTORS)
        if lengths := record["parameters"].get("subwords"):
            raise UserError(f"{folder} was trained with subwords {lengths}, and of its words only "
                            "the composed vectors are kept; train with both texts anew.")
        if not earlier.tables.are_finite():
            raise UserError(f"{folder} holds values that are no numbers; train it anew.")
        return earlier

    @property
    def decided(self) -> dict[str, Any]:
        """The values that another training has to share to go on with this one."""
        parameters = self.record["parameters"]
        decided = {"model": self.record["model"], "dim": parameters["dim"],
                   "loss": parameters.get("loss", "negative_sampling")}
        if self.reading:
            decided |= {name: self.reading.encode[name] for name in ("tokens", "turkish")}
        return decided

    def agreed(self, asked: dict[str, Any], given: Collection[str] | None) -> dict[str, Any]:
        """The values to go on with: those of the earlier training.

        Parameters
        ----------
        asked : by the names of `decided`.
        given : which of them someone has chosen, the others being defaults; None for all. What is
            None is not chosen.

        Raises
        ------
        UserError
            When one of them was another in the earlier training, and for hierarchical softmax.
        """
        values = {**asked, **self.decided}
        for name, value in asked.items():
            chosen = value is not None and (given is None or name in given)
            if chosen and value != values[name]:
                raise UserError(f"{name} is {value} and was {values[name]} in the earlier "
                                f"training; go on with {name} {values[name]}.")
        if values["loss"] == "hierarchical_softmax":
            raise UserError("hierarchical_softmax cannot go on with other text: its output vectors "
                            "belong to the tree of the earlier counts; train with both texts anew.")
        return values

    def phrases(
        self, asked: PhraseParameters | list[Pass] | None, encode: EncodeParameters
    ) -> PhraseParameters | list[Pass]:
        """The phrases to join in more text: those that the earlier training joined.

        Parameters
        ----------
        asked : as `chosen_phrases` returns them; None where nothing is asked for.
        encode : how the text is read.

        Raises
        ------
        UserError
            Where others are asked for: words that were joined would be parted, or the other way.
        """
        if self.reading is None:
            return asked or []
        joined = parse_phrases(self.reading.phrases, str(self.folder / PHRASES_FILE))
        if asked is None or _same_phrases(asked, joined, encode):
            return joined
        pairs = sum(map(len, joined))
        raise UserError("phrases are to be joined in another way than in the earlier training, "
                        f"which joined {counted(pairs, 'pair') if pairs else 'none'}; leave "
                        "--phrases out: the same are joined again.")


def warn_of_unknown_reading(earlier: Earlier, encode: EncodeParameters) -> None:
    """Say it where a folder does not tell how its text was read."""
    if earlier.reading is None:
        say(f"warning: {earlier.folder} does not say how its text was read: an earlier version "
            f"wrote it, for which letters were the default; this text is read as {encode.tokens}. "
            "Give --tokens, --turkish and --phrases as they were then.")


def go_on(
    earlier: Earlier, corpus: EncodedCorpus, parameters: TrainParameters, folder: Path
) -> tuple[EncodedCorpus, Tables]:
    """Put a new corpus and the vectors of an earlier training together.

    The vocabulary is that of both, with the sum of their counts. Words of the earlier training
    keep their vectors; words that only the new text has begin as in a new training.

    Parameters
    ----------
    earlier : the earlier training.
    corpus : the new text.
    parameters : of the training that begins, with the earlier one's dim.
    folder : an empty one, where the ids of the corpus are written anew.
    """
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


def _same_phrases(
    asked: PhraseParameters | list[Pass], joined: list[Pass], encode: EncodeParameters
) -> bool:
    if isinstance(asked, PhraseParameters):
        return not asked.passes and not joined
    spelled = respelled(asked, spelling_of(str(encode.tokens), encode.turkish))
    return [_names(phrases) for phrases in spelled] == [_names(phrases) for phrases in joined]


def _names(phrases: Pass) -> set[tuple[str, str]]:
    return {(phrase.first, phrase.second) for phrase in phrases}


def _places(words: Vocabulary, among: Vocabulary) -> NDArray[np.int64]:
    """The ids of words in another vocabulary, which has them all."""
    return np.array([among.index[word] for word in words.words], np.int64)


def _rewritten(corpus: EncodedCorpus, vocabulary: Vocabulary, folder: Path) -> EncodedCorpus:
    """The corpus under the ids of another vocabulary."""
    places = _places(corpus.vocabulary, vocabulary).astype(np.int32)
    path = folder / "ids.npy"
    ids = new_array(path, np.int32, corpus.ids.shape)
    for begins in range(0, len(ids), REWRITTEN_AT_ONCE):
        part = slice(begins, begins + REWRITTEN_AT_ONCE)
        ids[part] = places[corpus.ids[part]]
    ids.flush()
    return EncodedCorpus(np.load(path, mmap_mode="r"), corpus.bounds, vocabulary)
