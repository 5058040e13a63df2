"""Names that gensim gave up or that have no meaning here, and what to use instead.

The other names of its KeyedVectors are methods of `word2vec.vectors.WordVectors`.
"""

from typing import TYPE_CHECKING, Any

RESIZING = "words and vectors always fit here; add_vectors(words, vectors) adds both"
LOGGING = "nothing is logged here; the evaluations return the scores"
INSTEAD = {
    "accuracy": "use evaluate_word_analogies(path)",
    "add_lifecycle_event": "a folder's record.json tells how its vectors were made",
    "expandos": "use get_vecattr(word, attribute) and set_vecattr(word, attribute, value)",
    "index2entity": "use index_to_key",
    "index2word": "use index_to_key",
    "init_sims": "lengths are computed when they are needed; for replace=True use "
                 "unit_normalize_all()",
    "log_accuracy": LOGGING,
    "log_evaluate_word_pairs": LOGGING,
    "mapfile_path": "load_vectors(folder) maps a folder",
    "next_index": RESIZING,
    "resize_vectors": RESIZING,
    "similarity_unseen_docs": "use n_similarity(words, words) or wmdistance(words, words)",
    "syn0": "use vectors",
    "syn0norm": "use get_normed_vectors()",
    "vectors_norm": "use get_normed_vectors()",
    "vocab": "use key_to_index for the rows, get_vecattr(word, 'count') for the counts, and "
             "word in vectors",
    "word_vec": "use get_vector(word, norm=...)",
    "words_closer_than": "use closer_than(word, word)",
    "wv": "these are the word vectors themselves; leave .wv out",
}


class FormerNames:
    """Tells who asks for such a name what to use."""

    if not TYPE_CHECKING:  # to a type checker every name would be known

        def __getattr__(self, name: str) -> Any:
            if name in INSTEAD:
                raise AttributeError(f"{type(self).__name__} has no {name}: {INSTEAD[name]}.")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
