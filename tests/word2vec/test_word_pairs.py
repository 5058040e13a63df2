import numpy as np
import pytest

from common.errors import UserError
from word2vec.evaluation import EvaluateParameters, evaluate
from word2vec.vectors import WordVectors
from word2vec.word_pairs import evaluate_word_pairs, parse_pairs, read_pairs

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
    assert scores.known == 3


def test_case_matters_only_when_asked():
    assert evaluate_word_pairs(VECTORS, PAIRS, case_insensitive=False).known == 2


def test_the_bound_makes_rare_words_unknown():
    assert evaluate_word_pairs(VECTORS, PAIRS, restrict_vocab=2).known == 1


def test_what_does_not_vary_has_no_correlation():
    assert evaluate_word_pairs(VECTORS, PAIRS[:1]).spearman is None
    assert evaluate_word_pairs(VECTORS, [("a", "b", 1.0), ("a", "c", 1.0)]).pearson is None
    assert evaluate_word_pairs(VECTORS, [("x", "y", 1.0)]).spearman is None


@pytest.mark.parametrize("dummy, policy", [(False, "skip"), (True, "wrong")])
def test_correlations_are_those_of_gensim(tmp_path, dummy, policy):
    gensim = pytest.importorskip("gensim.models")
    generator = np.random.default_rng(4)
    words = [f"w{i}" for i in range(50)]
    keyed = gensim.KeyedVectors(6)
    keyed.add_vectors(words, generator.normal(size=(50, 6)).astype(np.float32))
    path = tmp_path / "pairs.tsv"
    path.write_text("# a comment\n" + "".join(
        f"W{i}\tw{j}\t{score}\n" for i, j, score in generator.integers(0, 55, (80, 3))))
    (pearson, _), (spearman, _), unknown = keyed.evaluate_word_pairs(
        str(path), dummy4unknown=dummy)
    scores = WordVectors(words, keyed.vectors).evaluate_word_pairs(path, unknown_words=policy)
    assert scores.pearson == pytest.approx(pearson, abs=1e-6)
    assert scores.spearman == pytest.approx(spearman, abs=1e-6)
    assert 1 - scores.coverage == pytest.approx(unknown / 100)


def test_pairs_are_parsed_from_tabs_commas_and_blanks():
    text = "# comment\nlove\tsex\t6.77\n\nold,new,1.58\nsmart intelligent 9.2\r\n"
    assert parse_pairs(text, "p") == [
        ("love", "sex", 6.77), ("old", "new", 1.58), ("smart", "intelligent", 9.2)]


@pytest.mark.parametrize("line", ["a b", "a b c", "a b 1 2", "a b nan"])
def test_malformed_pairs_are_refused_with_their_line(line):
    with pytest.raises(UserError, match="p, line 2: .* is no pair"):
        parse_pairs(f"a b 1\n{line}\n", "p")


def test_files_without_pairs_are_refused(tmp_path):
    with pytest.raises(UserError, match="holds no word pairs"):
        parse_pairs("# nothing\n", "p")
    with pytest.raises(UserError, match="cannot be read"):
        read_pairs(tmp_path / "missing")


def test_an_evaluation_is_flat_numbers_with_their_rules(tmp_path):
    (tmp_path / "questions.txt").write_text(": s\na b c d\na b c zebra\n")
    (tmp_path / "animals.tsv").write_text("a b 9\na c 5\na d 1\na zebra 7\n")
    parameters = EvaluateParameters(
        str(tmp_path / "questions.txt"), (str(tmp_path / "animals.tsv"),), restrict_vocab=100)
    evaluation = evaluate(VECTORS, parameters)
    metrics = evaluation.metrics()
    assert metrics["analogies_total"] == 1 and metrics["analogies_coverage"] == 0.5
    assert metrics["vocabulary_bound"] == 4 and metrics["unknown_words"] == "skip"
    assert metrics["animals_spearman"] == pytest.approx(1) and metrics["animals_coverage"] == 0.75
    assert evaluation.sections() == [{
        "section": "s", "accuracy": 1.0, "correct": 1, "total": 1, "skipped": 1, "coverage": 0.5}]
    assert "1 of 2 questions" in evaluation.text()


def test_impossible_evaluation_parameters_are_refused():
    with pytest.raises(UserError, match="restrict_vocab is 0"):
        EvaluateParameters(restrict_vocab=0)
    with pytest.raises(UserError, match="did you mean 3cosadd"):
        EvaluateParameters(method="3cosad")
