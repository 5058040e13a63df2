import numpy as np
import pytest

from word2vec.evaluation.word_pairs import evaluate_word_pairs, parse_pairs, read_pairs
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError

# Cosines with "a": b 0.8, c 0.6, d 0.
VECTORS = WordVectors(["a", "b", "c", "d"],
                      np.float32([[2, 0], [0.8, 0.6], [0.6, 0.8], [0, 5]]))
PAIRS = [("a", "b", 9.0), ("a", "c", 5.0), ("A", "D", 1.0), ("a", "zebra", 7.0)]


def test_correlations_are_worked_out_by_hand():
    scores = evaluate_word_pairs(VECTORS, PAIRS)
    # Judgements 4, 0, -4 and cosines 0.8, 0.6, 0 less their mean 7 / 15:
    # (4 / 3 + 28 / 15) / (sqrt(32) sqrt(26 / 75)) = 0.9608
    assert scores.pearson == pytest.approx(0.96077, abs=1e-5)
    assert scores.spearman == pytest.approx(1)
    assert (scores.asked, scores.known, scores.coverage) == (4, 3, 0.75)


def test_unknown_pairs_may_count_as_of_similarity_zero():
    scores = evaluate_word_pairs(VECTORS, PAIRS, unknown_words="wrong")
    # Ranks 4, 2, 1, 3 against 4, 3, 1.5, 1.5 (two zeros): covariance 3, squares 5 and 4.5.
    assert scores.spearman == pytest.approx(3 / np.sqrt(5 * 4.5))
    assert scores.known == 3 and scores.bound == 4


def test_case_matters_only_when_asked():
    assert evaluate_word_pairs(VECTORS, PAIRS, case_insensitive=False).known == 2


def test_the_bound_makes_rare_words_unknown():
    scores = evaluate_word_pairs(VECTORS, PAIRS, restrict_vocab=2)
    assert (scores.known, scores.bound) == (1, 2)


def test_what_does_not_vary_has_no_correlation():
    assert evaluate_word_pairs(VECTORS, PAIRS[:1]).spearman is None
    assert evaluate_word_pairs(VECTORS, [("a", "b", 1.0), ("a", "c", 1.0)]).pearson is None
    assert evaluate_word_pairs(VECTORS, [("x", "y", 1.0)]).spearman is None


@pytest.mark.parametrize("dummy, policy", [(False, "skip"), (True, "wrong")])
@pytest.mark.parametrize("bound", [30, 300_000])
@pytest.mark.parametrize("case_insensitive", [True, False])
def test_correlations_are_those_of_gensim(tmp_path, case_insensitive, bound, dummy, policy):
    gensim = pytest.importorskip("gensim.models")
    generator = np.random.default_rng(4)
    words = [f"{'wW'[i % 3 == 0]}{i}" for i in range(50)]
    keyed = gensim.KeyedVectors(6)
    keyed.add_vectors(words, generator.normal(size=(50, 6)).astype(np.float32))
    path = tmp_path / "pairs.tsv"
    path.write_text("# a comment\n" + "".join(
        f"W{i}\tw{j}\t{score}\n" for i, j, score in generator.integers(0, 55, (80, 3))))
    options = {"dummy4unknown": dummy, "restrict_vocab": bound,
               "case_insensitive": case_insensitive}
    theirs = keyed.evaluate_word_pairs(str(path), **options)
    (pearson, _), (spearman, _), unknown = theirs
    scores = WordVectors(words, keyed.vectors).evaluate_word_pairs(
        path, restrict_vocab=bound, unknown_words=policy, case_insensitive=case_insensitive)
    assert scores.pearson == pytest.approx(pearson, abs=1e-6)
    assert scores.spearman == pytest.approx(spearman, abs=1e-6)
    assert 1 - scores.coverage == pytest.approx(unknown / 100)
    for ours, reference in zip(WordVectors(words, keyed.vectors).evaluate_word_pairs(
            str(path), "\t", **options), theirs, strict=True):
        assert ours == pytest.approx(tuple(reference) if np.ndim(reference) else reference,
                                     abs=1e-6)


def test_taken_apart_the_scores_have_p_values():
    (pearson, chance), spearman, unknown = evaluate_word_pairs(VECTORS, PAIRS)
    # One degree of freedom: 2 arctan(1 / t) / pi with t = r / sqrt(1 - r^2) is 2 arccos(r) / pi.
    assert pearson == pytest.approx(0.96077, abs=1e-5)
    assert chance == pytest.approx(2 * np.arccos(pearson) / np.pi)
    assert spearman == (pytest.approx(1), pytest.approx(0, abs=1e-7)) and unknown == 25
    assert evaluate_word_pairs(VECTORS, PAIRS)[2] == 25
    assert np.isnan(evaluate_word_pairs(VECTORS, PAIRS[:1])[0]).all()
    assert evaluate_word_pairs(VECTORS, PAIRS[:2])[0] == (pytest.approx(1), 1)


def test_a_delimiter_that_is_given_is_the_only_one(tmp_path):
    assert parse_pairs("a, b|c|1\n", "p", "|") == [("a, b", "c", 1)]
    with pytest.raises(UserError, match="is no pair"):
        parse_pairs("a,b,1\n", "p", "\t")
    with pytest.raises(UserError, match="delimiter is 30"):
        parse_pairs("a,b,1\n", "p", 30)
    (tmp_path / "latin.txt").write_bytes(b"\xe9t\xe9 b 2\n")
    assert read_pairs(tmp_path / "latin.txt", encoding="latin-1") == [("été", "b", 2)]
    with pytest.raises(UserError, match="encoding is 'skip'; "):
        read_pairs(tmp_path / "latin.txt", encoding="skip")


def test_similarities_of_very_long_and_very_short_vectors_count():
    vectors = WordVectors(VECTORS.index_to_key, VECTORS.vectors * np.float32(
        [[1e20], [1e-30], [1e30], [1]]))
    assert evaluate_word_pairs(vectors, PAIRS).pearson == pytest.approx(0.96077, abs=1e-5)


def test_pairs_are_parsed_from_tabs_commas_and_blanks():
    text = "# comment\nlove\tsex\t6.77\n\nold,new,1.58\nsmart intelligent 9.2\r\n"
    assert parse_pairs(text, "p") == [
        ("love", "sex", 6.77), ("old", "new", 1.58), ("smart", "intelligent", 9.2)]


def test_fields_are_parted_by_one_kind_of_separator():
    # RG-65 has two tabs here and there; phrases stand in tables.
    text = "cushion\t\tpillow\t\t3.84\nviolent video games\tvideo\t0.7\na;b;1\nc , d , 2\n"
    assert parse_pairs(text, "p") == [("cushion", "pillow", 3.84),
                                      ("violent video games", "video", 0.7), ("a", "b", 1),
                                      ("c", "d", 2)]


def test_a_header_is_passed_over_and_told(capsys):
    text = "Word 1,Word 2,Human (mean)\nlove,sex,6.77\n"
    assert parse_pairs(text, "p") == [("love", "sex", 6.77)]
    assert capsys.readouterr().err == (
        "p, line 1: 'Word 1,Word 2,Human (mean)' is taken for a header.\n")
    with pytest.raises(UserError, match="p, line 1: 'a b c' is no pair"):
        parse_pairs("a b c\n", "p")


def test_parts_of_speech_are_taken_off_where_every_word_has_one():
    lemmas = "sun-n sunlight-n 50\nride-v red-j 3\n"
    assert parse_pairs(lemmas, "p") == [("sun", "sunlight", 50), ("ride", "red", 3)]
    assert parse_pairs(lemmas + "x-n y 1\n", "p")[0] == ("sun-n", "sunlight-n", 50)


@pytest.mark.parametrize("line", ["a b", "a b c", "a b 1 2", "a b nan"])
def test_malformed_pairs_are_refused_with_their_line(line):
    with pytest.raises(UserError, match="p, line 2: .* is no pair"):
        parse_pairs(f"a b 1\n{line}\n", "p")


def test_files_without_pairs_are_refused(tmp_path):
    with pytest.raises(UserError, match="holds no word pairs"):
        parse_pairs("# nothing\n", "p")
    with pytest.raises(UserError, match="cannot be read"):
        read_pairs(tmp_path / "missing")
    (tmp_path / "latin.tsv").write_bytes(b"a b 1\n\xe9t\xe9 b 2\n")
    with pytest.raises(UserError, match="not UTF-8 at byte 6"):
        read_pairs(tmp_path / "latin.tsv")
    (tmp_path / "mark.tsv").write_bytes(b"\xef\xbb\xbfa b 1\r\n")
    assert read_pairs(tmp_path / "mark.tsv") == [("a", "b", 1)]
