"""Word vectors: corpora, CBOW and skip-gram in NumPy, queries, evaluation and pictures."""

from typing import TYPE_CHECKING, Any

from word2vec.processor import choose_kernels

if TYPE_CHECKING:
    from word2vec.from_python import Word2Vec

__all__ = ["Word2Vec"]

# Before anything imports numpy: OpenBLAS picks its kernels once, when it is loaded.
choose_kernels()


def __getattr__(name: str) -> Any:
    """What costs an import of NumPy, when someone asks for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from word2vec.from_python import Word2Vec

    return Word2Vec
