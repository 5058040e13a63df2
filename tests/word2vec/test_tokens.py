import pytest

from word2vec.tokens import TOKENISERS, letters, whitespace, words


@pytest.mark.parametrize(("text", "tokens"), [
    ("The Cat, the HAT!", ["the", "cat", "the", "hat"]),
    ("it's 2nd-best", ["it", "s", "nd", "best"]),
    ("A\tb\r\nc\x0bd", ["a", "b", "c", "d"]),
    ("café 東京 z", ["caf", "z"]),
    ("a\ud800b", ["a", "b"]),
    ("@[`{AZaz", ["azaz"]),
    ("", []),
    ("12 34 -", []),
])
def test_letters_are_lower_cased_runs_of_a_to_z(text, tokens):
    assert letters(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), [
    ("The Straße, ÉTÉ 2nd", ["the", "straße", "été", "nd"]),
    ("Москва_и東京 café", ["москва", "и東京", "café"]),
    ("snake_case x2y", ["snake", "case", "x", "y"]),
    ("12 _ -", []),
])
def test_words_are_lower_cased_letters_of_any_alphabet(text, tokens):
    assert words(text) == tokens


def test_white_space_leaves_the_tokens_as_they_stand():
    assert whitespace("The\u00a0New_York,\n 2nd  ") == ["The", "New_York,", "2nd"]


def test_every_tokeniser_has_its_parameters_name():
    assert {"letters": letters, "words": words, "whitespace": whitespace} == TOKENISERS
