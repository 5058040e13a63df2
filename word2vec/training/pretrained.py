"""Beginning with foreign vectors: words in common take theirs, the others are drawn."""

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import numpy as np

from word2vec.corpus.vocabulary import Vocabulary
from word2vec.parameters import TrainParameters
from word2vec.training.models import Floats
from word2vec.training.tables import Tables, begin
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.vectors import open_vectors
from words_and_images.common.errors import UserError, counted
from words_and_images.common.progress import say
from words_and_images.common.streams import called

LENGTH = 2.0  # median of the vectors taken over: about what training from nothing ends with
EXAMPLES = 3


def begin_with(
    path: Path, vocabulary: Vocabulary, parameters: TrainParameters, any_dim: bool = False
) -> tuple[Tables, TrainParameters]:
    """Tables that begin with the vectors of a file or folder.

    The vectors are multiplied by one number, so that their median length is LENGTH: directions and
    relative lengths stay as they are, and no step overshoots because a file's vectors are long.
    Output vectors begin at zero.

    Parameters
    ----------
    path : what `load_vectors` reads. Only the vectors of the vocabulary's words are kept.
    vocabulary : of the text.
    parameters : of the training.
    any_dim : whether `dim` is to be that of the vectors.

    Returns
    -------
    tables : to begin with.
    parameters : with the dimension of the tables.

    Raises
    ------
    UserError
        Where it holds none of the words, vectors of another dimension, or nothing but zeros.
    """
    name = called(path)
    words, vectors = vectors_among(path, vocabulary.index)
    if not words:
        examples = ", ".join(map(repr, vocabulary.words[:EXAMPLES]))
        raise UserError(f"{name} has none of the {counted(len(vocabulary), 'word')} of the text, "
                        f"whose most frequent are {examples}; give vectors whose words are spelled "
                        "so, or read the text with other tokens.")
    dim = vectors.shape[1]
    if dim != parameters.dim and not any_dim:
        raise UserError(f"dim is {parameters.dim} and the vectors of {name} have "
                        f"{counted(dim, 'value')}; leave dim out, or set it to {dim}.")
    parameters = replace(parameters, dim=dim)
    tables = begin(len(vocabulary), parameters)
    tables.inputs[[vocabulary.index[word] for word in words]] = _scaled(name, vectors)
    say(f"{name} has {len(words):,} of the {counted(len(vocabulary), 'word')}; the others are "
        "drawn")
    return tables, parameters


def vectors_among(path: Path, wanted: Container[str]) -> tuple[list[str], Floats]:
    """The wanted ones of the words of a file or folder, and their vectors, (words, dim)."""
    vectors = open_vectors(path, ReadOptions(wanted=wanted))
    rows = [row for row, word in enumerate(vectors.index_to_key) if word in wanted]
    return [vectors.index_to_key[row] for row in rows], vectors.vectors[rows]


def _scaled(name: str, vectors: Floats) -> Floats:
    """The vectors with a median length of LENGTH, those of zeros left out of it."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not lengths.any():
        raise UserError(f"the vectors of {name} for words of the text are all zeros; give others.")
    return (vectors * (LENGTH / np.median(lengths[lengths > 0]))).astype(np.float32)
