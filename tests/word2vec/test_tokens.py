import pytest

from word2vec.parameters import TOKENS
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
    ("m² ½ ٣ Ⅷ", ["m", "ⅷ"]),
    ("12 _ -", []),
    ("a\ud800b é", ["a", "b", "é"]),
])
def test_words_are_lower_cased_letters_of_any_alphabet(text, tokens):
    assert words(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), [
    ("हिन्दी में किताबें।", ["हिन्दी", "में", "किताबें"]),  # vowel signs and the virama are marks
    ("cafe\u0301 café", ["café", "café"]),  # NFC: one spelling for both
    ("x\u0301\u0302y z\u0323", ["x\u0301\u0302y", "ẓ"]),  # no single character for x and its marks
    ("İstanbul", ["i\u0307stanbul"]),
    ("اَلْعَرَبِيَّةُ", ["اَلْعَرَبِيَّةُ"]),
])
def test_marks_belong_to_the_word_they_follow(text, tokens):
    assert words(text) == tokens


@pytest.mark.parametrize("text", [
    "\u0301", "é \u0301\u0302 ", "é\n\u0301é", "é 2\u0301\u0301\u0301é"])
def test_a_mark_without_a_letter_before_it_is_no_word(text):
    assert set(words(text)) <= {"é"}


def test_joiners_stay_inside_a_word_and_nowhere_else():
    assert words("می\u200cخواهم\u200c و \u200dक्\u200dष") == ["می\u200cخواهم", "و", "क्\u200dष"]


def test_white_space_leaves_the_tokens_as_they_stand():
    assert whitespace("The\u00a0New_York,\n 2nd  ") == ["The", "New_York,", "2nd"]
    assert whitespace("a\tb\x1cc\x00d") == ["a", "b", "c", "d"]
    assert whitespace("e\u0301") == ["e\u0301"]


def test_a_byte_order_mark_belongs_to_no_token():
    for tokenise in (letters, words, whitespace):
        assert tokenise("\ufeffthe \ufeffé the") == [*tokenise("the"), *tokenise("é the")]


@pytest.mark.parametrize("text", ["One two\nthree", "Één ２wee\ndrie é", "\n\n", "", "é"])
@pytest.mark.parametrize("name", TOKENISERS)
def test_line_ends_stay_where_they_were_between_the_same_tokens(text, name):
    blanked = TOKENISERS[name](text).decode()
    lists = {"letters": letters, "words": words, "whitespace": whitespace}
    assert [line.split() for line in blanked.split("\n")] == [
        lists[name](line) for line in text.split("\n")]


def test_every_tokeniser_has_its_parameters_name():
    assert tuple(TOKENISERS) == TOKENS
