"""Word vectors: corpora, CBOW and skip-gram in NumPy, queries, evaluation and pictures."""

from word2vec.processor import choose_kernels

# Before anything imports numpy: OpenBLAS picks its kernels once, when it is loaded.
choose_kernels()
