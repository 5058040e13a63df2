"""Tables and files of word vectors in, answers out: neighbours, analogies, similarities, and other
files."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from word2vec.vectors.lookup import (
        SPELLING_BOUND,
        UnknownWordError,
        WordTable,
        near_spellings,
    )
    from word2vec.vectors.vectors import Similar, WordVectors, load_vectors, open_vectors
else:
    __getattr__, __dir__ = on_demand(__name__)
