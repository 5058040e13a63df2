import math

import numpy as np
import pytest

from word2vec.corpus import numbering, phrases
from word2vec.corpus.numbering import number_documents
from word2vec.corpus.phrases import (
    Phrase,
    chosen_phrases,
    count_score,
    find_phrases,
    join_phrases,
    load_phrases,
    npmi,
    phrases_of,
    refuse_foreign_phrases,
    save_phrases,
    score_pairs,
)
from word2vec.parameters import EncodeParameters, PhraseParameters
from words_and_images.common.errors import UserError
from words_and_images.common.workspaces import temporary_files

TEXTS = ["new york is new", "in new york", "york", "is in york new"]


@pytest.fixture
def numbered(tmp_path):
    """A function that numbers documents of tokens between blanks."""

    def number(documents):
        folder = tmp_path / f"corpus{len(list(tmp_path.iterdir()))}"
        return number_documents(documents, folder, "whitespace")

    return number


@pytest.fixture(scope="module")
def tales():
    """Documents of 15 words of 120; each word is often followed by the next one of the list."""
    generator = np.random.default_rng(1)
    words = generator.integers(0, 120, (2000, 15))
    for place in range(1, 15):
        follows = generator.random(2000) < 0.3
        words[follows, place] = words[follows, place - 1] + 1
    return [" ".join(f"w{word}" for word in document) for document in words]


def texts(corpus):
    """The documents back from their numbers."""
    names = {number: word.decode() for word, number in corpus.words.items()}
    bounds = corpus.bounds
    return [" ".join(names[number] for number in corpus.tokens[start:end].tolist())
            for start, end in zip(bounds[:-1], bounds[1:], strict=True)]


def pairs(*names):
    return [Phrase(*name.split()) for name in names]


def joined(numbered, documents, *passes):
    return texts(join_phrases(numbered(documents), [pairs(*names) for names in passes]))


def scored(numbered, documents, **parameters):
    """Score and counts by name."""
    found = score_pairs(numbered(documents), PhraseParameters(**parameters))
    return {phrase.name: phrase for phrase in found}


def test_the_count_score_by_hand():
    # Twelve words, new 4, york 4, together 2: (2 - 1) / (4 * 4) * 12, and 2 / 16 * 12 without
    # a discount: one and a half times as often as by chance.
    counts = (np.array([2.0]), np.array([4.0]), np.array([4.0]))
    assert count_score(*counts, 12, 1).tolist() == [0.75]
    assert count_score(*counts, 12, 0).tolist() == [1.5]


def test_npmi_by_hand():
    # p(ab) = 1/4, p(a) = p(b) = 1/2: by chance, 0. p(a) = p(b) = p(ab) = 1/4: ln 4 / ln 4 = 1.
    # p(ab) = 1/16, p(a) = 1/8, p(b) = 1/8: ln(64 / 16) / ln 16 = 1/2.
    scores = npmi(np.array([4.0, 4, 1]), np.array([8.0, 4, 2]), np.array([8.0, 4, 2]), 16)
    np.testing.assert_allclose(scores, [0, 1, 0.5], atol=1e-15)


def test_pairs_and_their_words_are_counted_by_document(numbered):
    # new york 2, york new 1; is new, york is, in new, is in and in york 1; york | york is none.
    found = scored(numbered, TEXTS, passes=1, threshold=0, min_count=1, discount=0)
    assert {name: phrase.count for name, phrase in found.items()} == {
        "new_york": 2, "york_is": 1, "is_new": 1, "in_new": 1, "is_in": 1, "in_york": 1,
        "york_new": 1}
    assert (found["new_york"].first_count, found["new_york"].second_count) == (4, 4)
    assert found["new_york"].score == pytest.approx(2 / 16 * 12)
    assert list(found)[0] == "new_york"  # the most frequent first


@pytest.mark.parametrize(("min_count", "names"), [(1, 7), (2, 1), (3, 0), (99, 0)])
def test_pairs_below_min_count_are_none(numbered, min_count, names):
    assert len(scored(numbered, TEXTS, passes=1, threshold=0, discount=0,
                      min_count=min_count)) == names


def test_only_what_scores_above_the_threshold_is_joined(numbered):
    for threshold, expected in ((1.49, {"new_york"}), (1.5, set())):
        found = scored(numbered, TEXTS, passes=1, threshold=threshold, min_count=2, discount=0)
        assert set(found) == expected


@pytest.mark.parametrize("at_once", [50, 300, 1000])
@pytest.mark.parametrize("pieces", [1, 30, 1 << 20])
def test_counts_do_not_depend_on_what_is_held(numbered, tales, monkeypatch, at_once, pieces):
    parameters = {"passes": 1, "threshold": 1, "min_count": 3, "discount": 0}
    whole = scored(numbered, tales[:50], **parameters)
    monkeypatch.setattr(phrases, "PAIRS_AT_ONCE", at_once)
    monkeypatch.setattr(numbering, "TOKENS_AT_ONCE", pieces)
    assert scored(numbered, tales[:50], **parameters) == whole
    assert len(whole) > 5


def test_pairs_are_joined_from_left_to_right(numbered):
    names = ("a b", "b c", "c d")
    assert joined(numbered, ["a b c d e", "b c d", "x a b", "a c"], names) == [
        "a_b c_d e", "b_c d", "x a_b", "a c"]
    assert joined(numbered, ["a a a a a", "a", "a a b a a a"], ("a a",)) == [
        "a_a a_a a", "a", "a_a b a_a a"]


def test_pairs_are_never_joined_across_documents(numbered, monkeypatch):
    documents = ["new", "york", "a new", "york a", "new york"]
    for at_once in (1, 2, 1000):
        monkeypatch.setattr(numbering, "TOKENS_AT_ONCE", at_once)
        assert joined(numbered, documents, ("new york",)) == [*documents[:-1], "new_york"]


def test_a_second_pass_joins_what_the_first_made(numbered):
    assert joined(numbered, ["the new york times", "new york"], ("new york",),
                  ("new_york times",)) == ["the new_york_times", "new_york"]
    assert joined(numbered, ["a b c d"], ("a b", "c d"), ("a_b c_d",)) == ["a_b_c_d"]


def test_pairs_of_unknown_words_are_passed_over(numbered):
    assert joined(numbered, ["new york"], ("old york", "new town")) == ["new york"]
    assert joined(numbered, [], ("new york",)) == []
    assert joined(numbered, ["new york"], (), ("new york",)) == ["new_york"]


def test_words_with_the_joint_in_them_are_the_words_that_arise(numbered):
    # new_york stands in the text already; a_b c and a b_c become the same word.
    corpus = join_phrases(numbered(["new_york new york", "a_b c a b_c _ _"]),
                          [pairs("new york", "a_b c", "a b_c", "_ _")])
    assert texts(corpus) == ["new_york new_york", "a_b_c a_b_c ___"]
    assert corpus.counts()[corpus.words[b"new_york"]] == 2
    assert corpus.counts()[corpus.words[b"a_b_c"]] == 2


def test_passes_go_on_where_the_one_before_ended(numbered):
    documents = ["new york times", "new york times", "times of the new", "the york of"] * 20
    found, corpus = find_phrases(numbered(documents), PhraseParameters(
        passes=5, threshold=1.5, min_count=20))
    # Pass 1: of 260 words new has 60 and york 60; (40 - 5) / 3600 * 260 = 2.5.
    assert [{phrase.name for phrase in phrases} for phrases in found][0] >= {"new_york"}
    assert any(phrase.name == "new_york_times" for phrase in found[1])
    assert texts(corpus)[0] == "new_york_times"
    assert len(found) < 5  # the last pass found none
    assert texts(join_phrases(numbered(documents), found)) == texts(corpus)


@pytest.mark.parametrize(("ours", "theirs"), [("count", "default"), ("npmi", "npmi")])
def test_counts_scores_and_joined_text_are_those_of_gensim(numbered, tales, ours, theirs):
    gensim = pytest.importorskip("gensim.models.phrases")
    threshold = 20.0 if ours == "count" else 0.5
    sentences = [document.split() for document in tales]
    corpus = numbered(tales)
    # gensim takes min_count for the discount too, and multiplies not by the words of the text but
    # by how many different words and pairs it has.
    probe = gensim.Phrases(sentences, min_count=5, threshold=0.1, scoring=theirs)
    scale = len(probe.vocab) / probe.corpus_word_count if ours == "count" else 1.0
    model = gensim.Phrases(sentences, min_count=5, threshold=threshold * scale, scoring=theirs)
    parameters = PhraseParameters(1, ours, threshold, min_count=5, discount=5)
    passes, corpus = find_phrases(corpus, parameters)

    scores = {phrase.name: phrase.score * scale for phrase in passes[0]}
    expected = model.export_phrases()
    assert 20 < len(expected) < len(model.vocab) / 10
    assert scores == pytest.approx(expected, rel=1e-12)
    for phrase in passes[0]:
        counts = (phrase.count, phrase.first_count, phrase.second_count)
        assert counts == tuple(model.vocab[name]
                               for name in (phrase.name, phrase.first, phrase.second))
    assert texts(corpus) == [" ".join(model[sentence]) for sentence in sentences]


def test_saved_phrases_load_with_their_passes(tmp_path, numbered):
    # Among them words that look like headings and comments.
    first = [Phrase("new", "york", 5, 9, 7, 123.456), Phrase("#", "pass", 4, 4, 4, 1e6)]
    second = [Phrase("new_york", "times", 3, 5, 3, 0.25)]
    save_phrases([first, second], tmp_path / "phrases.txt")
    text = (tmp_path / "phrases.txt").read_text()
    assert text.splitlines()[0].startswith("# pass 1: 2 pairs of words; score, count")
    assert text.splitlines()[1] == "new york\t123.456\t5\t9\t7"
    loaded = load_phrases(str(tmp_path / "phrases.txt"))
    assert [[phrase.name for phrase in phrases] for phrases in loaded] == [
        ["new_york", "#_pass"], ["new_york_times"]]


def test_no_phrases_are_a_file_too(tmp_path):
    save_phrases([], tmp_path / "phrases.txt")
    assert (tmp_path / "phrases.txt").read_text() == "# no phrases\n"
    assert load_phrases(tmp_path / "phrases.txt") == []


def test_a_list_of_ones_own_needs_only_the_words(tmp_path):
    (tmp_path / "own.txt").write_text("\ufeffnew york\r\n# my towns\n\nlos angeles\n# pass 2\n"
                                      "new_york times\n", encoding="utf-8")
    assert load_phrases(tmp_path / "own.txt") == [
        pairs("new york", "los angeles"), pairs("new_york times")]


@pytest.mark.parametrize("line", ["new york times", "paris"])
def test_a_line_that_is_not_two_words_is_named(tmp_path, line):
    (tmp_path / "own.txt").write_text(f"new york\n{line}\n")
    with pytest.raises(UserError, match=f"own.txt, line 2: '{line}' is not two words; .*# pass"):
        load_phrases(tmp_path / "own.txt")


def test_a_choice_is_a_number_of_passes_or_a_file(tmp_path):
    assert chosen_phrases("2") == PhraseParameters(passes=2)
    (tmp_path / "own.txt").write_text("new york\n")
    assert chosen_phrases(str(tmp_path / "own.txt")) == [pairs("new york")]
    with pytest.raises(UserError, match="missing.txt cannot be read .no such file"):
        chosen_phrases("missing.txt")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UserError, match="photo.jpg is not UTF-8 at byte"):
        chosen_phrases(str(tmp_path / "photo.jpg"))


def test_only_files_of_phrases_are_written_over(tmp_path):
    refuse_foreign_phrases(str(tmp_path / "new.txt"))
    for place, reason in (("-", "standard output"), (tmp_path, "is a folder and a file is to be")):
        with pytest.raises(UserError, match=reason):
            refuse_foreign_phrases(place)
    for passes in ([], [pairs("new york")]):
        save_phrases(passes, tmp_path / "phrases.txt")
        refuse_foreign_phrases(tmp_path / "phrases.txt")
    (tmp_path / "notes.txt").write_text("new york\n")
    with pytest.raises(UserError, match=r"notes\.txt exists and holds no phrases; name a new file"):
        refuse_foreign_phrases(tmp_path / "notes.txt")


def test_without_a_pass_the_documents_are_not_read():
    def documents():
        raise AssertionError
        yield

    assert phrases_of(documents(), EncodeParameters(), PhraseParameters()) == []


def test_the_files_that_finding_needs_are_removed(tmp_path):
    with temporary_files(tmp_path / "phrases.txt") as folder:
        found = phrases_of(["new york"] * 9, EncodeParameters(), PhraseParameters(1, threshold=0))
        assert list(folder.iterdir()) == []
    assert [phrase.name for phrase in found[0]] == ["new_york"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("values", "told"), [
    ({"passes": -1}, "passes is -1; it must be 0 or more"),
    ({"scoring": "pmi"}, "scoring is 'pmi'; did you mean npmi"),
    ({"threshold": -1.0}, "threshold is -1.0; it must be from 0 to below inf with count"),
    ({"threshold": math.nan}, "threshold is nan; it must be"),
    ({"threshold": 10.0, "scoring": "npmi"}, "threshold is 10.0; it must be from -1 to below 1"),
    ({"min_count": 0}, "min_count is 0; it must be at least 1"),
    ({"discount": -1.0}, "discount is -1.0; it must be 0 or more"),
])
def test_parameters_out_of_range_are_named(values, told):
    with pytest.raises(UserError, match=told):
        PhraseParameters(**values)


def test_each_scoring_has_its_own_threshold():
    assert PhraseParameters().least_score == 200
    assert PhraseParameters(scoring="npmi").least_score == 0.6
    assert PhraseParameters(threshold=0).least_score == 0


def test_two_words_may_stand_between_tabs(tmp_path):
    (tmp_path / "own.txt").write_text("new\tyork\nlos angeles\t9.5\t3\n don\tquijote\r\n")
    assert load_phrases(tmp_path / "own.txt") == [
        pairs("new york", "los angeles", "don quijote")]


@pytest.mark.parametrize("line", ["new_york\t672.8", "new_york\t-0.3", "new\tyork\ttimes",
                                  "new\t", "new\tyork city", "a b c\t9.5"])
def test_tabs_that_do_not_part_two_words_are_refused(tmp_path, line):
    (tmp_path / "own.txt").write_text(f"new york\n{line}\n")
    with pytest.raises(UserError, match="own.txt, line 2: .* is not two words; "):
        load_phrases(tmp_path / "own.txt")


def test_a_file_without_phrases_is_told_where_someone_chose_it(tmp_path, capsys):
    for content in ("# no phrases\n", ""):
        (tmp_path / "none.txt").write_text(content)
        assert chosen_phrases(str(tmp_path / "none.txt")) == []
        assert "none.txt holds no phrases; nothing is joined." in capsys.readouterr().err


def test_phrases_are_found_in_words_of_any_alphabet(tmp_path):
    found = phrases_of(["Neue Straße"] * 9, EncodeParameters(), PhraseParameters(1, threshold=0))
    assert [phrase.name for phrase in found[0]] == ["neue_straße"]


def test_a_long_line_that_is_not_two_words_is_told_by_its_beginning(tmp_path):
    (tmp_path / "own.txt").write_text("[" * 100_000)
    with pytest.raises(UserError, match="is not two words") as caught:
        load_phrases(tmp_path / "own.txt")
    assert len(str(caught.value)) < 1000
