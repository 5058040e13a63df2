
import numpy as np
import pytest

from word2vec.evaluation import evaluation as module
from word2vec.evaluation.evaluation import EvaluateParameters, evaluate, load_word_pairs, set_names
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.catalogue import load_catalogue
from words_and_images.common.errors import UserError

# Cosines with "a": b 0.8, c 0.6, d 0.
VECTORS = WordVectors(["a", "b", "c", "d"],
                      np.float32([[2, 0], [0.8, 0.6], [0.6, 0.8], [0, 5]]))


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
    assert metrics["animals_bound"] == 4 and metrics["animals_unknown_words"] == "skip"
    assert (metrics["animals_known"], metrics["animals_asked"]) == (3, 4)
    assert evaluation.sections() == [{
        "section": "s", "accuracy": 1.0, "correct": 1, "total": 1, "skipped": 1, "coverage": 0.5,
        "questions": "questions", "bound": 4, "method": "3cosadd", "unknown_words": "skip"}]


def test_scores_that_cannot_be_computed_are_left_out_and_named_with_the_reason(tmp_path):
    contents = {"q.txt": ": s\na b c zebra\n: gram1\n", "more.txt": ": t\nx y z zebra\n",
                "one.tsv": "a b 9\na zebra 7\n", "same.tsv": "a b 5\na c 5\n",
                "fine.tsv": "a b 9\na c 5\n"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    q, more, *pairs = (str(tmp_path / name) for name in contents)
    evaluation = evaluate(VECTORS, EvaluateParameters((q, more), tuple(pairs)))
    metrics = evaluation.metrics()
    assert metrics["not_computed"] == evaluation.not_computed() == {
        "analogies_accuracy": "no question has known words only",
        "analogies_semantic": "no question has known words only",
        "analogies_syntactic": "no question is asked",
        "more_accuracy": "no question has known words only",
        "one_spearman": "1 pair to compare; it takes two",
        "one_pearson": "1 pair to compare; it takes two",
        "same_spearman": "the judgements or the cosines do not vary",
        "same_pearson": "the judgements or the cosines do not vary"}
    assert not metrics["not_computed"].keys() & metrics.keys()
    assert None not in metrics.values() and metrics["fine_spearman"] == pytest.approx(1)
    known, empty = evaluation.sections()[:2]
    assert "accuracy" not in known and known["coverage"] == 0
    assert empty["not_computed"] == {"accuracy": "no question is asked",
                                     "coverage": "no question is asked"}


def test_impossible_evaluation_parameters_are_refused():
    with pytest.raises(UserError, match="restrict_vocab is 0"):
        EvaluateParameters(restrict_vocab=0)
    with pytest.raises(UserError, match="did you mean 3cosadd"):
        EvaluateParameters(method="3cosad")
    with pytest.raises(UserError, match="at least one set"):
        EvaluateParameters(questions=())
    with pytest.raises(UserError, match="names of the catalogue or files"):
        EvaluateParameters(word_pairs=("men", 3))


@pytest.fixture
def sets(tmp_path) -> dict[str, str]:
    """Files of questions and pairs."""
    contents = {"q.txt": ": s\na b c d\na b c zebra\n",
                "more.txt": ": one\na b d c\n: two\na b c d\n",
                "animals.tsv": "a b 9\na c 5\na d 1\na zebra 7\n",
                "old/animals.tsv": "a b 1\na c 5\na d 9\n"}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    return {name: str(tmp_path / name) for name in contents}


def test_the_first_questions_are_the_headline_and_others_go_by_their_names(sets):
    evaluation = evaluate(VECTORS, EvaluateParameters((sets["q.txt"], sets["more.txt"]), ()))
    metrics = evaluation.metrics()
    assert metrics["analogies_questions"] == "q" and metrics["analogies_asked"] == 2
    assert (metrics["more_asked"], metrics["more_total"], metrics["more_bound"]) == (2, 2, 4)
    assert metrics["more_accuracy"] == 1 and metrics["more_unknown_words"] == "skip"
    assert [(row["questions"], row["section"]) for row in evaluation.sections()] == [
        ("q", "s"), ("more", "more: one"), ("more", "more: two")]


def test_one_set_may_be_given_by_its_name_alone(sets):
    metrics = evaluate(VECTORS, EvaluateParameters(sets["q.txt"], sets["animals.tsv"])).metrics()
    assert metrics["analogies_total"] == 1 and metrics["animals_spearman"] == pytest.approx(1)


def test_files_of_one_name_do_not_overwrite_each_other(sets):
    pairs = (sets["animals.tsv"], sets["old/animals.tsv"])
    metrics = evaluate(VECTORS, EvaluateParameters(sets["q.txt"], pairs)).metrics()
    scores = {name: value for name, value in metrics.items() if name.endswith("spearman")}
    assert list(scores.values()) == [pytest.approx(1), pytest.approx(-1)]
    assert [name.endswith(end) for name, end in zip(
        scores, ("_animals_tsv_spearman", "_old_animals_tsv_spearman"), strict=True)] == [True] * 2


def test_names_of_sets_are_their_stems_and_where_these_are_taken_their_paths():
    assert set_names(["-"]) == {"-": "standard_input"}
    assert set_names(["msr", "own/towns.tsv"]) == {"msr": "msr", "own/towns.tsv": "towns"}
    assert set_names(["a/p.tsv", "b/p.tsv"]) == {"a/p.tsv": "a_p_tsv", "b/p.tsv": "b_p_tsv"}
    assert set_names(["men", "./men.tsv"]) == {"men": "men", "./men.tsv": "men_tsv"}
    assert set_names(["analogies.txt", "vocabulary.tsv"]) == {
        "analogies.txt": "analogies_txt", "vocabulary.tsv": "vocabulary_tsv"}
    for sources in (["men", "men"], ["a/b/p.tsv", "a_b/p.tsv"], ["analogies"]):
        with pytest.raises(UserError, match="is taken"):
            set_names(sources)


def test_a_folder_called_like_a_set_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "men").mkdir()
    monkeypatch.setattr(module, "wanted_files", lambda source: [("men.tsv", b"a b 1\n")])
    assert module.load_word_pairs("men") == [("a", "b", 1)]


def test_the_default_sets_are_in_the_catalogue():
    entries, parameters = load_catalogue(), EvaluateParameters()
    for name in (*parameters.questions, *parameters.word_pairs):
        assert entries[name].kind == "evaluation"


def test_a_file_that_is_called_as_a_set_of_the_catalogue_is_taken_and_a_folder_is_not(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "wanted_files", lambda _: [("a", b"cat dog 5\n")])
    (tmp_path / "men").mkdir()
    assert [pair[0] for pair in load_word_pairs("men")] == ["cat"]
    assert "set: men of the catalogue, as the path men is a folder" in capsys.readouterr().err
    (tmp_path / "rg65").write_text("sun moon 3\n")
    assert [pair[0] for pair in load_word_pairs("rg65")] == ["sun"]
    assert "warning: set: the path rg65, not rg65 of the catalogue" in capsys.readouterr().err
    assert [pair[0] for pair in load_word_pairs("catalogue:rg65")] == ["cat"]
    assert set_names(["catalogue:rg65"]) == {"catalogue:rg65": "rg65"}
