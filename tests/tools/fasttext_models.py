"""fastText's .bin, written as its version 12 writes it."""

import struct

MAGIC, CBOW, SKIPGRAM, SUPERVISED = 793712314, 1, 2, 3


def fasttext_model(
    words, rows, *, counts=None, buckets=0, shortest=3, longest=6, model=SKIPGRAM, version=12,
    pruned=-1, quantised=0, kind=0, labels=0
):
    """The bytes of a model whose input matrix is `rows`: of the words, and then of the buckets."""
    dim = rows.shape[1]
    counts = counts or range(len(words), 0, -1)
    dictionary = b"".join(word.encode() + b"\0" + struct.pack("<qb", count, kind)
                          for word, count in zip(words, counts, strict=True))
    inputs = struct.pack("<b2q", quantised, *rows.shape) + rows.astype("<f4").tobytes()
    outputs = struct.pack("<b2q", 0, len(words), dim) + bytes(4 * len(words) * dim)
    return b"".join((
        struct.pack("<2i", MAGIC, version),
        struct.pack("<12id", dim, 5, 5, 1, 5, 1, 2, model, buckets, shortest, longest, 100, 1e-4),
        struct.pack("<3i2q", len(words), len(words) - labels, labels, sum(counts), pruned),
        dictionary, inputs, outputs))
