"""What a training that is cut off leaves behind, so that the next one goes on from there."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import Vocabulary
from word2vec.folders import CHECKPOINT, INPUT_ROWS
from word2vec.parameters import SkipgramParameters, TrainParameters
from word2vec.training.tables import Floats
from word2vec.training.worker import Standing
from words_and_images.common.array_files import open_array
from words_and_images.common.files import read_json, refuse_unwritable, write_json
from words_and_images.common.own_files import (
    DamagedError,
    check,
    making,
    refuse_foreign,
    remove_own,
)
from words_and_images.common.processor import describe_kernels
from words_and_images.common.progress import say

# The modules that decide what a training makes of a text.
DECIDING = (
    "word2vec.corpus.subwords", "word2vec.corpus.token_stream", "word2vec.corpus.vocabulary",
    "word2vec.parameters", "word2vec.training.bands", "word2vec.training.batches",
    "word2vec.training.composition", "word2vec.training.huffman",
    "word2vec.training.losses", "word2vec.training.merging", "word2vec.training.models",
    "word2vec.training.suited_defaults", "word2vec.training.tables", "word2vec.training.updates",
    "word2vec.training.worker",
    "words_and_images.neural.softmax",
)


@dataclass(frozen=True)
class Kept:
    """The state after an epoch, or within one.

    Parameters
    ----------
    inputs, outputs : (words, dim) tables; with n-grams, these have rows behind the words' inputs.
    losses : of the epochs so far.
    within : how far the epoch behind these has come, if it has begun.
    """

    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    losses: list[float | None]
    within: Standing | None = None


class Checkpoint:
    """A folder with the state after the last finished epoch; its vectors can be asked like others.

    Parameters
    ----------
    folder : where.
    fingerprint : of all that decides the result (`fingerprint`). A state of another one is passed
        over.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder, self._fingerprint = folder, fingerprint

    def save(
        self, kept: Kept, vocabulary: Vocabulary, composed: Floats | None = None
    ) -> None:
        """Keep a state in the place of the one before.

        Parameters
        ----------
        kept : the state.
        vocabulary : the words.
        composed : (words, dim) their vectors, to be asked, where the inputs are rows of n-grams
            too.
        """
        within = kept.within
        with making(self.folder, CHECKPOINT) as temporary:
            temporary.mkdir(parents=True)
            np.save(temporary / "input_vectors.npy", kept.inputs if composed is None else composed)
            if composed is not None:
                np.save(temporary / INPUT_ROWS, kept.inputs)
            np.save(temporary / "output_vectors.npy", kept.outputs)
            vocabulary.save(temporary / "vocabulary.txt")
            write_json(temporary / "state.json",
                       {"fingerprint": self._fingerprint, "losses": kept.losses,
                        "within": within and {"rounds": within.rounds, "sums": within.sums.tolist(),
                                              "places": within.places.tolist()}})

    def load(self, fits: Callable[[Kept], bool] = lambda kept: True) -> Kept | None:
        """The state that is kept; None where there is none, or one of another training.

        None, with a warning, for one that is damaged, too, or does not fit the training by what
        `fits` says; UserError where something else stands in its place, and where none can be kept.
        """
        refuse_foreign(self.folder, CHECKPOINT)
        refuse_unwritable(self.folder)
        if not (self.folder / "state.json").exists():
            return None
        try:
            check(self.folder, CHECKPOINT)
            return self._read(fits)
        except DamagedError as error:
            say(f"warning: {error.reason}; beginning anew")
        except KeyError as error:
            say(f"warning: {self.folder} is broken ({error} is missing); beginning anew")
        except (OSError, ValueError, TypeError, OverflowError) as error:
            say(f"warning: {self.folder} is broken ({error}); beginning anew")
        return None

    def _read(self, fits: Callable[[Kept], bool]) -> Kept | None:
        state = read_json(self.folder / "state.json")
        if state["fingerprint"] != self._fingerprint:
            say(f"{self.folder} is of a training with other text, parameters, code or packages; "
                "beginning anew")
            return None
        rows = self.folder / INPUT_ROWS
        names = (rows if rows.exists() else self.folder / "input_vectors.npy",
                 self.folder / "output_vectors.npy")
        inputs, outputs = (open_array(name, np.float32, 2) for name in names)
        within = state["within"]
        kept = Kept(inputs, outputs, state["losses"], None if within is None else Standing(
            int(within["rounds"]), np.array(within["sums"], np.float64),
            np.array(within["places"], np.int64)))
        if not fits(kept):
            raise ValueError("what it holds is no state of this training")
        return kept

    def remove(self) -> None:
        """Leave nothing of it behind."""
        remove_own(self.folder, CHECKPOINT)


def fingerprint(
    corpus: EncodedCorpus, model: str, parameters: TrainParameters, own: SkipgramParameters,
    start: Any = None,
) -> str:
    """A digest of all that decides the result: text, parameters, start, code and packages."""
    from importlib.metadata import version  # not above: only trainings that are kept need it

    decided = {**asdict(parameters), **asdict(own)}
    del decided["threads"]
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((model, sorted(decided.items()), np.__version__, version("scipy"),
                        describe_kernels())).encode())
    for module in DECIDING:
        digest.update(Path(str(import_module(module).__file__)).read_bytes())
    tables = (start.inputs, start.outputs) if start else ()
    tokens = TokenStream.of(corpus)
    for begin in range(0, len(tokens), 1 << 22):
        digest.update(tokens.read(begin, min(begin + (1 << 22), len(tokens))).tobytes())
    for array in (corpus.bounds, corpus.vocabulary.counts, *tables):
        for begin in range(0, len(array), 1 << 22):
            digest.update(array[begin : begin + (1 << 22)].tobytes())
    return digest.hexdigest()
