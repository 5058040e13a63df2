import ast
import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from written_cards import front_matter, loading_code

from word2vec.parameters import EncodeParameters, OwnParameters, TrainParameters
from word2vec.train_text import Recipe, train_text
from word2vec.training.card import vectors_card
from word2vec.vectors import load_vectors

TEXT = "the king and the queen of the land\n" * 20
RECIPE = Recipe("cbow", EncodeParameters(min_count=2), TrainParameters(dim=4, epochs=1, step=128),
                OwnParameters(sample=0.0))


@pytest.fixture
def trained(tmp_path):
    """A function that trains on a text of that name; the folder."""
    def train(name: str, out: str = "vectors", text: str = TEXT, **changes) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        train_text(str(tmp_path / name), tmp_path / out, replace(RECIPE, **changes))
        return tmp_path / out
    return train


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_code_of_the_card_loads_the_folder_and_asks_it(trained, monkeypatch, capsys):
    folder = trained("text.txt")
    code = loading_code(card_of(folder))
    monkeypatch.chdir(folder.parent)
    exec(code)
    assert len(code.splitlines()) == 3
    assert str(load_vectors(folder).most_similar("the", topn=5)) in capsys.readouterr().out


def test_the_card_tells_words_terms_and_that_nothing_was_measured(trained):
    text = card_of(trained("- *a*: b.txt"))
    assert "6 words, 4 values each, trained by CBOW" in text
    assert "- text: \\- \\*a\\*: b.txt. Its terms are those of where it is from" in text
    assert "Nothing was measured of these vectors" in text and "%" not in text
    assert front_matter(text) == {
        "license": "other", "license_name": "terms-of-the-sources",
        "library_name": "words-and-images", "pipeline_tag": "feature-extraction",
        "tags": ["word2vec", "word-vectors", "cbow"]}
    made = yaml.safe_load(text.rpartition("```yaml\n")[2].removesuffix("```\n"))
    assert (made["encode"]["min_count"], made["parameters"]["dim"]) == (2, 4)


def test_the_same_training_elsewhere_gives_the_same_card(trained, tmp_path):
    (tmp_path / "other").mkdir()
    first, second = trained("text.txt"), trained("other/text.txt", "again")
    assert card_of(first) == card_of(second)
    assert str(tmp_path) not in card_of(first)


def test_what_training_went_on_from_is_told_by_name(trained):
    first = trained("first.txt")
    text = card_of(trained("second.txt", "second", earlier=first))
    assert "- text: second.txt. Its" in text
    assert "- text of an earlier training: first.txt. Its" in text
    text = card_of(trained("second.txt", "third", pretrained=first))
    assert "- vectors that training began with: vectors. Its" in text


def test_words_that_are_code_or_markup_stay_words():
    record = {"model": "skipgram", "losses": [None, 1.5], "corpus": {"source": "a"},
              "subword_lengths": "3-6"}
    for word in ("it's", "```", "\\", "\u202e", "\udcff", "')#"):
        code = loading_code(vectors_card(record, 1, word, 4).text())
        asked, = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)
                  and ast.unparse(node.func) == "vectors.most_similar"]
        assert ast.literal_eval(asked.args[0]) == word
    assert "epoch by epoch: none, 1.5000." in vectors_card(record, 1, "a", 4).text()
    assert "has a vector of its n-grams alone" in vectors_card(record, 1, "a", 4).text()


def test_a_folder_without_a_card_opens_and_is_replaced(trained, tmp_path):
    folder = trained("text.txt")
    os.remove(folder / "README.md")
    assert "king" in load_vectors(folder)
    assert card_of(trained("text.txt"))
