"""The kinds of folders that are made of text, and what versions without a list wrote in them."""

from pathlib import Path

from words_and_images.common.own_files import Kind, check

_WORDS = ("input_vectors.npy", "vocabulary.txt")
_PHRASES = "phrases.txt"
SUBWORDS = "subword_vectors.npy"
INPUT_ROWS = "input_rows.npy"  # of a checkpoint whose words' vectors are composed

VECTORS = Kind(
    "word vectors", (*_WORDS, "output_vectors.npy", _PHRASES, "record.json"),
    (*_WORDS, "record.json"),
    "copy the folder again from where it is whole, or train or convert it anew", "record.json",
    sampled=True)
CHECKPOINT = Kind(
    "the checkpoint of a training", (*_WORDS, "output_vectors.npy", "state.json"),
    (*_WORDS, "state.json"), "delete the folder, and the training begins anew", "state.json",
    sampled=True)
ENCODED = Kind(
    "an encoded corpus", ("ids.npy", "bounds.npy", "vocabulary.txt", _PHRASES, "record.json"),
    ("ids.npy", "bounds.npy", "vocabulary.txt"), "make it again with `dvc repro`", "record.json",
    sampled=True)


def check_words(folder: Path) -> None:
    """Check what questions are asked of: the vectors of words, trained or of a checkpoint, and of
    n-grams.

    Raises
    ------
    UserError
        As `words_and_images.common.own_files.check`.
    """
    kind = VECTORS
    if (folder / CHECKPOINT.record).exists() and not (folder / VECTORS.record).exists():
        kind = CHECKPOINT
    check(folder, kind, (*_WORDS, SUBWORDS).__contains__)
