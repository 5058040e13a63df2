import xml.etree.ElementTree

import numpy as np
import pytest

from word2vec.evaluation.plots import COUNTRIES_AND_CAPITALS, plot_pairs, read_plot_pairs
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError

PAIRS = [("france", "paris"), ("spain", "madrid"), ("italy", "rome"), ("atlantis", "poseidonis")]
WORDS = ["Paris", "france", "spain", "madrid", "italy", "rome"]


@pytest.fixture
def vectors() -> WordVectors:
    return WordVectors(WORDS, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))


def test_pairs_with_an_unknown_word_are_left_out_and_named(vectors, tmp_path):
    picture = plot_pairs(vectors, PAIRS, [tmp_path / "pairs.svg"])
    assert picture.pairs == tuple(PAIRS[:3])
    assert picture.left_out == (PAIRS[3],)
    assert picture.coordinates.shape == (3, 2, 2)


def test_coordinates_are_those_of_unit_vectors_along_their_spread(tmp_path):
    # All unit vectors lie in the plane of the last two axes, more spread along the last.
    matrix = np.float32([[0, 0, 1], [0, 0, -3], [0, 0.6, 0.8], [0, 1.2, -1.6]])
    vectors = WordVectors(["a", "b", "c", "d"], matrix)
    picture = plot_pairs(vectors, [("a", "b"), ("c", "d")], [])
    assert np.abs(picture.coordinates[:, :, 0]).round(5).tolist() == [[1, 1], [0.8, 0.8]]
    assert picture.explained.sum() == pytest.approx(1)


def test_words_are_drawn_as_they_stand_whatever_they_hold(tmp_path):
    words = ["$x^2$", "$\\frac{$", "a\x1b[31m", "b\u202ec", "<b>&", "d\x01"]
    vectors = WordVectors(words, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))
    pairs = [*zip(words[::2], words[1::2], strict=True), ("$\\sqrt{", "unknown")]
    path = tmp_path / "pairs.svg"
    assert len(plot_pairs(vectors, pairs, [path, tmp_path / "pairs.png"]).pairs) == 3
    drawn = path.read_text(encoding="utf-8")
    assert xml.etree.ElementTree.fromstring(drawn).tag.endswith("svg")
    for shown in ("$x^2$", "$\\frac{$", "a\\x1b[31m", "b\\u202ec", "&lt;b&gt;&amp;", "d\\x01"):
        assert f"<!-- {shown} -->" in drawn


def test_equal_vectors_give_equal_bytes(vectors, tmp_path):
    for name in ("one", "two"):
        plot_pairs(vectors, PAIRS, [tmp_path / f"{name}.svg", tmp_path / f"{name}.png"])
    for kind in ("svg", "png"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_without_two_known_pairs_the_picture_says_so(vectors, tmp_path):
    picture = plot_pairs(vectors, PAIRS[2:], [tmp_path / "pairs.svg"])
    assert picture.pairs == ()
    assert (tmp_path / "pairs.svg").stat().st_size > 0


def test_other_kinds_of_picture_are_refused(vectors, tmp_path):
    with pytest.raises(UserError, match="neither .svg nor .png"):
        plot_pairs(vectors, PAIRS, [tmp_path / "pairs.bmp"])


def test_the_list_of_capitals_names_each_place_once():
    places = [place for pair in COUNTRIES_AND_CAPITALS for place in pair]
    assert len(COUNTRIES_AND_CAPITALS) == 30 and len(set(places)) == 60


def test_pairs_of_ones_own_are_read_two_words_a_line(tmp_path):
    (tmp_path / "pairs.txt").write_text("walk walked\n\ngo went\n")
    assert read_plot_pairs(tmp_path / "pairs.txt") == [("walk", "walked"), ("go", "went")]
    (tmp_path / "pairs.txt").write_text("walk walked\ngo\n")
    with pytest.raises(UserError, match="line 2"):
        read_plot_pairs(tmp_path / "pairs.txt")
