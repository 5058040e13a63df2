"""What the card of a folder of word vectors says."""

from collections.abc import Mapping
from typing import Any

from words_and_images.common.errors import counted
from words_and_images.common.model_card import (
    ModelCard,
    bullets,
    code_block,
    data_section,
    terms,
    values_block,
)

MODELS = {"skipgram": "skip-gram", "cbow": "CBOW"}


def vectors_card(record: Mapping[str, Any], words: int, first: str, dim: int) -> ModelCard:
    """The card of trained vectors.

    Parameters
    ----------
    record : of the folder.
    words : how many there are.
    first : one of them, for the example.
    dim : values a vector.
    """
    model = record["model"]
    made = {name: record[name] for name in ("encode", "parameters") if record.get(name)}
    return ModelCard(
        f"Word vectors: {words:,} words by {MODELS[model]}",
        {"pipeline_tag": "feature-extraction", "tags": ["word2vec", "word-vectors", model]},
        {
            "What it is": [f"{counted(words, 'word')}, {counted(dim, 'value')} each, trained by "
                           f"{MODELS[model]} (word2vec)."],
            "Data and their terms": data_section(_data(record["corpus"])),
            "Figures": ["Nothing was measured of these vectors when they were written: no "
                        "analogies, no judgements of people. `word2vec evaluate` measures that.",
                        *_losses(record["losses"])],
            "Limits": [bullets(*_limits(record))],
            "Loading it": [code_block(
                "from word2vec.vectors import load_vectors",
                'vectors = load_vectors("vectors")  # the path of this folder',
                f"print(vectors.most_similar({first!r}, topn=5))")],
            "How it was made": [values_block(made)],
        })


def _data(corpus: Mapping[str, Any], what: str = "text") -> list[str]:
    lines = [terms(what, origin) for origin in corpus.get("origins") or [
        {"name": corpus.get("source")}]]
    if "documents" in corpus:
        lines.append(f"{counted(corpus['documents'], 'document')} in all.")
    if "pretrained" in corpus:
        lines.append(terms("vectors that training began with", {"name": corpus["pretrained"]}))
    return [*lines, *(_data(corpus["earlier"], "text of an earlier training")
                      if "earlier" in corpus else ())]


def _losses(losses: list[float | None]) -> list[str]:
    if not losses:
        return []
    told = ", ".join("none" if loss is None else f"{loss:.4f}" for loss in losses)
    return [f"The loss of training, epoch by epoch: {told}. It is what training lowers, and tells "
            "nothing of other text or other parameters."]


def _limits(record: Mapping[str, Any]) -> list[str]:
    lines = ["A word has one vector, whatever it means from case to case.",
             "What the text has of prejudice and error is in the vectors too."]
    if "subword_lengths" in record:
        return ["A word that is not in vocabulary.txt has a vector of its n-grams alone.", *lines]
    return ["A word that is not in vocabulary.txt as it is spelled there has no vector.", *lines]
