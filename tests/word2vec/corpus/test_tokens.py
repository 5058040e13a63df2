import pytest

from word2vec.corpus.tokens import (
    TOKENISERS,
    blank_but_words,
    letters,
    lowered,
    spelling_of,
    tokeniser,
    whitespace,
    words,
)
from word2vec.parameters import TOKENS


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


@pytest.mark.parametrize(("text", "tokens"), [
    ("İstanbul I\u0307zmir ISPARTA ılık", ["istanbul", "izmir", "isparta", "ılık"]),
    ("ΟΔΟΣ Σ ὈΔΥΣΣΕΎΣ", ["οδος", "σ", "ὀδυσσεύς"]),  # a final sigma at the end of a word
    ("STRASSE STRAẞE Straße", ["strasse", "straße", "straße"]),
    ("Ĳssel ǅ ǈ", ["ĳssel", "ǆ", "ǉ"]),
    ("l'homme don’t п\u02bcять", ["l", "homme", "don", "t", "п\u02bcять"]),
    ("Donau\u00addampf\u00adschiff co\u00adoperate", ["donaudampfschiff", "cooperate"]),
    ("ភាសា\u200bខ្មែរ", ["ភាសា", "ខ្មែរ"]),  # the blank that is not seen
    ("ﬁnd oﬀ eﬃcient Auﬂage", ["find", "off", "efficient", "auflage"]),  # out of a PDF
    ("ＡＢＣ العـــربية", ["ａｂｃ", "العـــربية"]),
    ("Mu\u0308nchen München", ["münchen", "münchen"]),
])
def test_words_of_other_languages_are_spelled_in_one_way(text, tokens):
    assert words(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), [
    ("İstanbul ISPARTA Iğdır IRMAK", ["istanbul", "ısparta", "ığdır", "ırmak"]),
    ("I\u0307zmir", ["izmir"]),
    ("ISI İSİ", ["ısı", "isi"]),
    ("plain ascii Text", ["plain", "ascii", "text"]),
])
def test_turkish_keeps_its_two_i_apart(text, tokens):
    assert words(text, turkish=True) == tokens
    assert tokeniser("words", turkish=True)(text).decode().split() == tokens


def test_an_invisible_blank_parts_tokens_like_a_blank():
    assert whitespace("a\u200bb") == ["a", "b"]


@pytest.mark.parametrize("text", [
    "İstanbul Straße ΟΔΟΣ Mu\u0308nchen co\u00adop ﬁn", "plain", "ISPARTA"])
@pytest.mark.parametrize("turkish", [False, True])
def test_a_word_that_is_asked_is_spelled_as_one_that_is_read(text, turkish):
    spell = spelling_of("words", turkish)
    assert [spell(word) for word in text.split()] == words(text, turkish)
    assert spelling_of("letters")("Paris") == letters("Paris")[0]
    assert spelling_of("whitespace")("Mu\u0308nchen") == whitespace("Mu\u0308nchen")[0]


def test_what_is_lowered_stays_as_it_is():
    for text in ("İ I\u0307 ẞ Σ ǅ ﬃ i\u0307\u0301 \u00ad", "ΑΣ ΑΣ."):
        for turkish in (False, True):
            assert lowered(lowered(text, turkish), turkish) == lowered(text, turkish)


def test_each_character_has_one_kind_whenever_it_is_met():
    text = "Ünïted 東京 Ⅷ\u0301 \u0301x"
    assert blank_but_words(text) == blank_but_words(text)
    assert blank_but_words("x" + text)[1:] == blank_but_words(text)
