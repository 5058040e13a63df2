"""Documents of two classes that can be told apart, and a classifier of them."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest

WORDS = {"sport": ["ball", "goal", "team", "match", "win", "player", "coach", "league"],
         "food": ["bread", "cheese", "soup", "bake", "salt", "butter", "taste", "plate"]}
COMMON = ["the", "a", "of", "and", "in", "we", "it", "was"]


def rows_of(count: int = 30, seed: int = 3) -> list[tuple[str, str]]:
    """Pairs of label and text, no text twice."""
    generator = np.random.default_rng(seed)
    return [(label, " ".join([*generator.choice(words, 6), *generator.choice(COMMON, 4),
                              "abcdefghijklmnopqrstuvwxyz"[number % 26] * 2]))
            for number in range(count) for label, words in WORDS.items()]


@pytest.fixture(scope="session")
def rows():
    """30 documents a class, as pairs of label and text."""
    return rows_of()


@pytest.fixture(scope="session")
def write_folder():
    """A function that writes pairs of label and text into class folders."""
    def write(folder: Path, pairs: list[tuple[str, str]]) -> Path:
        for number, (label, text) in enumerate(pairs):
            (folder / label).mkdir(parents=True, exist_ok=True)
            (folder / label / f"{number:03}.txt").write_text(text, encoding="utf-8")
        return folder
    return write


@pytest.fixture(scope="session")
def documents(write_folder, rows, tmp_path_factory):
    """A folder of them."""
    return write_folder(tmp_path_factory.mktemp("data") / "documents", rows)


@pytest.fixture(scope="session")
def model(documents, tmp_path_factory):
    """The folder of a classifier."""
    from texts.documents import DocumentsParameters
    from texts.retraining import Recipe, retrain_classifier

    folder = tmp_path_factory.mktemp("models") / "classifier"
    retrain_classifier(Recipe(DocumentsParameters(str(documents))), folder)
    return folder


@pytest.fixture
def texts(capsys):
    """A function that runs the command: exit code, standard output and standard error."""
    from texts import command_line

    def run(*arguments: object) -> tuple[int, str, str]:
        before, sys.argv = sys.argv, ["texts", *map(str, arguments)]
        capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as ended:
                command_line.main()
        finally:
            sys.argv = before
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err
    return run


@pytest.fixture
def typed(monkeypatch):
    """A function that gives bytes to standard input."""
    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return give
