"""Small texts of few different words, beside gensim: which words are nearest with the defaults.

Made texts in which it is known what is alike: sentences of ten words drawn within a group of like
words, and walks in a graph of communities. The score is the share of the three nearest words that
are of a word's own group; each figure is the median over seeds, with the lowest behind it.
"""

import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from word2vec.corpus import EncodedCorpus, encode
from word2vec.parameters import LOSSES, MODEL_PARAMETERS, EncodeParameters, TrainParameters

# word2vec comes first: it chooses OpenBLAS's kernels before NumPy loads it.
from word2vec.training import train
from words_and_images.common.commandline import run_application
from words_and_images.common.errors import percent
from words_and_images.common.files import write_json
from words_and_images.common.progress import be_quiet
from words_and_images.common.tables import table

Sentences = list[list[str]]
NEAREST = 3
LENGTH = 40  # words of a walk

application = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Text:
    """A kind of text.

    Parameters
    ----------
    name : in the table.
    epochs : passes over it.
    make : sentences, and each word's group, of a seed.
    """

    name: str
    epochs: int
    make: Callable[[int], tuple[Sentences, dict[str, int]]]


def groups(tokens: int, words: int, size: int, seed: int) -> tuple[Sentences, dict[str, int]]:
    """Sentences of ten words, each drawn within one of the groups of `size` words."""
    generator = np.random.default_rng(seed)
    kinds = generator.integers(words // size, size=tokens // 10)
    ids = kinds[:, np.newaxis] * size + generator.integers(size, size=(len(kinds), 10))
    return [[f"w{i}" for i in row] for row in ids], {f"w{i}": i // size for i in range(words)}


def walks(tokens: int, seed: int) -> tuple[Sentences, dict[str, int]]:
    """Walks over 200 nodes in ten communities, nine edges of ten within one."""
    generator = np.random.default_rng(seed)
    edges: list[set[int]] = [set() for _ in range(200)]
    for node, others in enumerate(edges):
        while len(others) < 5:
            near = node // 20 * 20 + int(generator.integers(20))
            other = near if generator.random() < 0.9 else int(generator.integers(200))
            if other != node:
                others.add(other)
                edges[other].add(node)
    neighbours = [sorted(others) for others in edges]
    sentences = [[f"n{node}" for node in _walk(neighbours, generator)]
                 for _ in range(tokens // LENGTH)]
    return sentences, {f"n{node}": node // 20 for node in range(200)}


def _walk(neighbours: list[list[int]], generator: np.random.Generator) -> list[int]:
    walk = [int(generator.integers(len(neighbours)))]
    while len(walk) < LENGTH:
        others = neighbours[walk[-1]]
        walk.append(others[int(generator.integers(len(others)))])
    return walk


TEXTS = (
    Text("2,000 words, 20 different", 5, lambda seed: groups(2000, 20, 5, seed)),
    Text("2,000 words, 48 different", 5, lambda seed: groups(2000, 48, 8, seed)),
    Text("2,000 words, 48, 100 epochs", 100, lambda seed: groups(2000, 48, 8, seed)),
    Text("20,000 words, 48 different", 5, lambda seed: groups(20_000, 48, 8, seed)),
    Text("200,000 words, 48 different", 5, lambda seed: groups(200_000, 48, 8, seed)),
    Text("walks over 200 nodes, 160,000", 5, lambda seed: walks(160_000, seed)),
)


def score(words: list[str], vectors: np.ndarray, group: dict[str, int]) -> float:
    """The share of the nearest words that are of a word's own group, 0 to 1."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarities = units @ units.T
    np.fill_diagonal(similarities, -2)
    of_row = np.array([group[word] for word in words])
    nearest = np.argsort(-similarities, axis=1)[:, :NEAREST]
    return float(np.mean(of_row[nearest] == of_row[:, np.newaxis]))


def here(text: Text, seed: int, model: str, loss: str) -> float:
    """The score of this project with its defaults."""
    sentences, group = text.make(seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "encoded"
        encode((" ".join(sentence) for sentence in sentences), place,
               EncodeParameters(tokens="whitespace", min_count=1, seed=seed))
        trained = train(
            EncodedCorpus.load(place), model,
            TrainParameters(loss=loss, epochs=text.epochs, seed=seed, threads=1),
            MODEL_PARAMETERS[model]())
    return score(trained.vocabulary.words, trained.tables.inputs, group)


def gensims(text: Text, seed: int, model: str, loss: str) -> float:
    """The score of gensim with its defaults; it has no full softmax, and samples in its place."""
    from gensim.models import Word2Vec

    sentences, group = text.make(seed)
    tree = loss == "hierarchical_softmax"
    trained = Word2Vec(sentences, sg=int(model == "skipgram"), hs=int(tree), seed=seed,
                       negative=0 if tree else 5, epochs=text.epochs, min_count=1, workers=1)
    return score(trained.wv.index_to_key, trained.wv.vectors, group)


def _told(scores: list[float]) -> str:
    return f"{percent(float(np.median(scores)))} ({percent(min(scores), 0)})"


@application.command()
def main(
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each kind.")] = 10,
    out: Annotated[Path, typer.Option(help="Where the figures are written.")] = Path(
        "results/benchmarks/small.json"),
) -> None:
    """Train on small texts, here and with gensim, and print the medians with the lowest."""
    be_quiet(True)
    warnings.simplefilter("ignore")
    cells, figures = [["text", "model", "loss", "here", "gensim"]], []
    for text in TEXTS:
        for model in MODEL_PARAMETERS:
            for loss in LOSSES:
                ours, theirs = ([of(text, seed, model, loss) for seed in range(1, seeds + 1)]
                                for of in (here, gensims))
                cells.append([text.name, model, loss, _told(ours), _told(theirs)])
                figures.append({"text": text.name, "model": model, "loss": loss, "here": ours,
                                "gensim": theirs})
    print(table(cells, sys.stdout))
    write_json(out, figures)


if __name__ == "__main__":
    run_application(application)
