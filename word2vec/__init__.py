"""Word vectors: corpora, CBOW and skip-gram in NumPy, queries, evaluation and pictures."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand
from words_and_images.common.processor import choose_kernels

if TYPE_CHECKING:
    from word2vec.from_python import Word2Vec
else:
    __getattr__, __dir__ = on_demand(__name__)

# Before anything imports numpy: OpenBLAS picks its kernels once, when it is loaded.
choose_kernels()
