import numpy as np
import pytest

from word2vec.evaluation import analogies
from word2vec.evaluation.analogies import evaluate_word_analogies, parse_questions, read_questions
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError

# king - man + woman lands on queen exactly; noise stands aside.
WORDS = ["man", "woman", "king", "queen", "noise", "rare"]
VECTORS = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, -1], [0, 0, -1]],
                   np.float32)
QUESTIONS = """: family
man woman king queen
woman man queen king
man woman king unicorn
: gram1-nothing
man king woman noise
man king rare woman
"""


def royal() -> WordVectors:
    return WordVectors(WORDS, VECTORS)


def score(text: str = QUESTIONS, vectors: WordVectors | None = None, **options):
    return evaluate_word_analogies(vectors or royal(), parse_questions(text, "q"), **options)


def test_answers_are_counted_by_section():
    scores = score()
    family, grammar = scores.sections
    assert (family.section, family.correct, family.total, family.skipped) == ("family", 2, 2, 1)
    assert (grammar.correct, grammar.total, grammar.skipped) == (0, 2, 0)
    assert family.accuracy == 1


def test_totals_tell_meaning_from_grammar():
    scores = score()
    assert (scores.semantic.correct, scores.semantic.total) == (2, 2)
    assert (scores.syntactic.correct, scores.syntactic.total) == (0, 2)
    assert scores.overall.accuracy == 0.5
    assert scores.overall.coverage == 0.8


def test_unknown_words_are_left_out_or_wrong_as_asked():
    assert score(unknown_words="wrong").overall.total == 5
    assert score(unknown_words="wrong").overall.accuracy == 0.4
    assert score(unknown_words="wrong").overall.coverage == 0.8
    with pytest.raises(UserError, match="did you mean skip"):
        score(unknown_words="skp")


def test_the_bound_cuts_questions_and_answers():
    scores = score(restrict_vocab=4)
    assert scores.bound == 4
    assert scores.overall.known == 2
    assert score(restrict_vocab=10**9).bound == len(WORDS)


def test_words_of_the_question_are_no_answers():
    # b - a + c is nearest to c itself when a and b are the same
    scores = score(": s\nman man king king\nman man king woman\n")
    assert scores.overall.correct == 0


def test_with_no_candidate_left_nothing_is_right():
    assert score(": s\nman woman king man\n", restrict_vocab=3).overall.correct == 0


def test_case_is_ignored_only_when_asked():
    text = ": s\nMan Woman King Queen\n"
    assert score(text).overall.correct == 1
    assert score(text, case_insensitive=False).overall.known == 0


def test_any_spelling_of_the_answer_is_right_and_none_of_the_question():
    words = ["man", "woman", "king", "KING", "Queen", "queen"]
    vectors = VECTORS[[0, 1, 2, 3, 4, 3]]
    # KING lies where queen does but is a spelling of a word asked; queen is one of Queen.
    scores = score(": s\nman woman king queen\n", WordVectors(words, vectors))
    assert scores.overall.correct == 1


@pytest.mark.parametrize("method", analogies.METHODS)
def test_the_blocks_answer_as_single_queries_do(method, monkeypatch):
    generator = np.random.default_rng(8)
    words = [f"w{i}" for i in range(60)]
    vectors = WordVectors(words, generator.normal(size=(60, 5)).astype(np.float32))
    asked = generator.integers(0, 60, (300, 4))
    asked[:200, :2] = asked[0, :2]  # many questions about one pair
    monkeypatch.setattr(analogies, "BLOCK_FLOATS", 60 * 3 * 50)
    units = vectors.unit_vectors()
    found = analogies.answer(units, asked, np.arange(60), method)
    ask = vectors.most_similar if method == "3cosadd" else vectors.most_similar_cosmul
    expected = [ask([words[b], words[c]], [words[a]], topn=1)[0][0] for a, b, c, _ in asked]
    assert [words[row] for row in found] == expected


def related_words(generator, spell) -> WordVectors:
    """60 pairs of words whose difference is alike, the i-th called wi and w(i + 60)."""
    pairs = generator.normal(size=(60, 8)) + np.array([np.zeros(8), np.ones(8)])[:, None]
    matrix = (pairs.reshape(120, 8) + 0.3 * generator.normal(size=(120, 8))).astype(np.float32)
    return WordVectors([spell(i) for i in range(120)], matrix)


def related_questions(generator, path) -> None:
    lines = []
    for section in ("one", "gram-two"):
        lines.append(f": {section}")
        for i, j in generator.integers(0, 65, (300, 2)):
            lines.append(f"w{i} W{i + 60} w{j} w{j + 60}")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("dummy, policy", [(False, "skip"), (True, "wrong")])
@pytest.mark.parametrize("bound", [40, 110, 10_000])
@pytest.mark.parametrize("case_insensitive", [True, False])
@pytest.mark.parametrize("spell", [
    "w{}".format, lambda i: f"{'wW'[i % 2]}{i}",
    lambda i: f"{'wW'[i % 2]}{i // 2 + 30 * (i % 3)}"], ids=["lower", "mixed", "spelt twice"])
def test_scores_are_those_of_gensim(tmp_path, spell, case_insensitive, bound, dummy, policy):
    gensim = pytest.importorskip("gensim.models")
    generator = np.random.default_rng(2)
    vectors = related_words(generator, spell)
    # Neither takes a word twice.
    rows = [vectors.index_to_key.index(word) for word in dict.fromkeys(vectors.index_to_key)]
    vectors = WordVectors([vectors.index_to_key[row] for row in rows], vectors.vectors[rows])
    path = tmp_path / "questions.txt"
    related_questions(generator, path)
    keyed = gensim.KeyedVectors(8)
    keyed.add_vectors(vectors.index_to_key, vectors.vectors)
    accuracy, theirs = keyed.evaluate_word_analogies(
        str(path), restrict_vocab=bound, dummy4unknown=dummy, case_insensitive=case_insensitive)
    ours = vectors.evaluate_word_analogies(
        path, bound, unknown_words=policy, case_insensitive=case_insensitive)
    if case_insensitive and bound > 40:
        assert 0 < ours.overall.correct < ours.overall.total
    score, sections = vectors.evaluate_word_analogies(path, bound, case_insensitive, dummy)
    # Where no question counts gensim says 0, which is no accuracy.
    counts = ours.overall.total > 0
    np.testing.assert_equal([score, ours[0]], [accuracy if counts else np.nan] * 2)
    assert sections == theirs == ours[1]
    for section, reference in zip([*ours.sections, ours.overall], theirs, strict=True):
        assert section.correct == len(reference["correct"])
        assert section.total == len(reference["correct"]) + len(reference["incorrect"])


@pytest.mark.parametrize("options, sentence", [
    ({"similarity_function": "most_similar_cosmul"}, "say method='3cosmul'"),
    ({"restrict_vocab": True}, "restrict_vocab is True; it must be a whole number"),
    ({"restrict_vocab": 0}, "restrict_vocab is 0"),
    ({"case_insensitive": "3cosmul"}, "case_insensitive is '3cosmul'; it must be True or False"),
    ({"dummy4unknown": 1}, "dummy4unknown is 1; it must be True or False"),
])
def test_rules_that_cannot_be_are_refused(options, sentence):
    with pytest.raises(UserError, match=sentence):
        royal().evaluate_word_analogies(parse_questions(QUESTIONS, "q"), **options)


def test_a_bound_of_none_is_all_words():
    questions = parse_questions(QUESTIONS, "q")
    scores = royal().evaluate_word_analogies(questions, None, method="3cosmul")
    assert scores.bound == len(WORDS) and scores.method == "3cosmul"


@pytest.mark.parametrize("text, line", [
    ("a b c d\n", "line 1"), (": s\n\na b c\n", "line 3"), (": s\na b c d e\n", "line 2")])
def test_malformed_questions_are_refused_with_their_line(text, line):
    with pytest.raises(UserError, match=f"q, {line}: .* is no question"):
        parse_questions(text, "q")


def test_a_byte_order_mark_is_no_word(tmp_path):
    (tmp_path / "q.txt").write_bytes(b"\xef\xbb\xbf: s\r\na b c d\r\n")
    assert read_questions(tmp_path / "q.txt")[0].questions == (("a", "b", "c", "d"),)


def test_a_file_without_questions_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no questions"):
        parse_questions(": s\n", "q")
    with pytest.raises(UserError, match="cannot be read"):
        read_questions(tmp_path / "missing.txt")
    (tmp_path / "latin.txt").write_bytes(b": s\nA \xe9 c d\n")
    with pytest.raises(UserError, match="not UTF-8 at byte 6"):
        read_questions(tmp_path / "latin.txt")
