"""What is learnt of documents, of every kind: answers, what is told, sizes, seeds and arrays."""

import io
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

from texts.models import (
    ENOUGH,
    Fitted,
    TextModel,
    best_of,
    fit_model,
    model_from,
    share_of_bottlenecks,
    share_of_cost,
)
from texts.parameters import AUTO, KINDS, ModelParameters
from texts.split import sha256_of
from word2vec.vectors.vectors import WordVectors
from words_and_images.common.errors import UserError, percent

LABELS = ["food", "sport"]


def fit(pairs, kind=AUTO, vectors=None, **parameters) -> Fitted:
    texts = [text for _, text in pairs]
    labels = sorted({label for label, _ in pairs})
    return fit_model(texts, np.array([labels.index(label) for label, _ in pairs]), labels,
                     [sha256_of(text) for text in texts], ModelParameters(kind, **parameters),
                     vectors)


def vectors_for(texts) -> WordVectors:
    """Vectors of all words but the last, at random."""
    words = sorted({word for text in texts for word in text.split()})[:-1]
    table = np.random.default_rng(5).normal(size=(len(words), 16))
    return WordVectors(words, table.astype(np.float32))


def stored(model: TextModel) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **model.arrays())  # type: ignore[arg-type]
    return stream.getvalue()


def many(count: int, wrong: float = 0.0, seed: int = 7) -> list[tuple[str, str]]:
    """Documents of 30 rare words and 3 that tell the label, a share of them under the other one."""
    generator = np.random.default_rng(seed)
    pairs = []
    for number in range(count):
        told = LABELS[(number + (generator.random() < wrong)) % 2]
        rare = [f"w{''.join(map(chr, generator.integers(97, 123, 8)))}" for _ in range(20)]
        common = [f"c{chr(97 + letter)}" for letter in generator.integers(0, 26, 10)]
        own = [f"{LABELS[number % 2]}{chr(97 + letter)}" for letter in generator.integers(0, 9, 3)]
        pairs.append((told, " ".join([*rare, *common, *own])))
    return pairs


@pytest.fixture(scope="module")
def vectors(rows) -> WordVectors:
    return vectors_for([text for _, text in rows])


@pytest.fixture(scope="module")
def models(rows, vectors) -> dict[str, Fitted]:
    """Learnt of the first 40 of the toy documents."""
    return {kind: fit(rows[:40], kind, vectors) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_learns_the_documents_and_is_the_one_asked_for(models, rows, kind):
    fitted = models[kind]
    assert fitted.model.kind == kind and list(fitted.tried) == [kind]
    found = fitted.model.probabilities([text for _, text in rows[40:]])
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    right = [LABELS[number] == label
             for number, (label, _) in zip(found.argmax(axis=1), rows[40:], strict=True)]
    assert np.mean(right) >= 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_has_the_same_bits_alone_as_among_others(models, rows, kind):
    texts = [*(text for _, text in rows), "", "nobody knows"]
    together = models[kind].model.probabilities(texts)
    for text, row in zip(texts, together, strict=True):
        assert models[kind].model.probabilities([text]).tobytes() == row.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_no_texts_have_no_answers(models, kind):
    model = models[kind].model
    assert model.probabilities([]).shape == model.log_odds([]).shape == (0, 2)
    assert model.unknown([]).shape == (0,)


def test_the_best_kind_is_right_most_often_and_of_few_documents_gives_the_right_label_most():
    tried = {"tfidf": {"accuracy": 0.90, "log_loss": 0.3},
             "learnt": {"accuracy": 0.89, "log_loss": 0.2},
             "combined": {"accuracy": 0.90, "log_loss": 0.25}}
    assert best_of(tried, ENOUGH) == "combined"  # of two that are right as often
    assert best_of(tried, ENOUGH - 1) == "learnt"


def test_vectors_weigh_less_and_margins_cost_more_the_more_documents_a_label_has():
    assert [share_of_bottlenecks(count) for count in (1, 10, 80, 1000)] == [
        0.7, 0.7, pytest.approx(0.35), 0.3]
    assert [share_of_cost(count) for count in (1, 50, 100, 1000)] == [0.01, 0.5, 1, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_share_of_unknown_words_is_told(models, kind):
    found = models[kind].model.unknown(["the ball", "the xylophone", "xylophone", ""])
    np.testing.assert_array_equal(found, [0, 0.5, 1, np.nan])


@pytest.mark.parametrize("with_vectors", [False, True])
def test_auto_keeps_the_kind_of_the_lowest_loss_and_tells_all(rows, vectors, capsys, with_vectors):
    fitted = fit(rows, vectors=vectors if with_vectors else None)
    facts = fitted.facts()
    best = min(facts["tried"], key=lambda kind: facts["tried"][kind]["log_loss"])
    assert set(facts["tried"]) == (set(KINDS) if with_vectors else {"tfidf", "learnt"})
    assert facts["kind"] == fitted.model.kind == best and facts["held_out"] == 60
    assert facts["temperature"] == fitted.model.temperature
    told = re.fullmatch(r"right for 60 documents held out: (.*); (\w+) is kept\n",
                        capsys.readouterr().err)
    assert told and told[2] == best and told[1].startswith(f"{best} ")
    for kind, each in facts["tried"].items():
        assert f"{kind} {percent(each['accuracy'])} (log loss {each['log_loss']:.3f})" in told[1]


def test_the_only_kind_is_told_without_a_choice(rows, capsys):
    fit(rows, "tfidf")
    assert re.fullmatch(r"right for 60 documents held out: tfidf \d+\.\d % \(log loss \d\.\d+\)\n",
                        capsys.readouterr().err)


@pytest.mark.parametrize("kind", ["vectors", "combined"])
def test_kinds_of_vectors_without_any_are_refused(rows, kind):
    with pytest.raises(UserError, match=rf"^kind is '{kind}', which stands on word vectors; name "
                                        r"some with --vectors, or give another kind\.$"):
        fit(rows, kind)


@pytest.mark.parametrize("kind", ["auto", "vectors", "combined"])
def test_vectors_of_none_of_the_words_are_refused(rows, kind):
    other = WordVectors(["мяч", "хлеб"], np.eye(2, dtype=np.float32))
    words = len({word for _, text in rows for word in text.split()})
    with pytest.raises(UserError, match=rf"^the vectors have none of the documents' {words} words; "
                                        r"give vectors of the same language, or --kind tfidf\.$"):
        fit(rows, kind, other)


def test_vectors_of_none_of_the_words_do_not_matter_where_none_are_used(rows):
    other = WordVectors(["мяч", "хлеб"], np.eye(2, dtype=np.float32))
    assert stored(fit(rows, "tfidf", other).model) == stored(fit(rows, "tfidf").model)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("megabytes", [0.08, 0.04])
def test_a_model_takes_no_more_room_than_asked_and_hardly_changes(kind, megabytes):
    pairs = many(200)
    vectors = vectors_for([text for _, text in pairs])
    whole = fit(pairs, kind, vectors).model
    small = fit(pairs, kind, vectors, megabytes=megabytes).model
    assert len(stored(small)) <= megabytes * 1e6 < len(stored(whole))
    assert len(stored(small)) > megabytes * 1e6 * 0.8  # and makes use of it
    if kind != "vectors":  # which are at random here
        texts = [text for _, text in many(100, seed=8)]
        answers = [model.probabilities(texts).argmax(axis=1) for model in (whole, small)]
        assert (answers[0] == answers[1]).mean() >= 0.95


def test_pairs_of_which_no_word_says_anything_take_no_more_room_than_asked():
    # The labels are told by the order of words that both have: pairs bring both of their words.
    generator = np.random.default_rng(2)
    words = [f"{chr(97 + first)}{chr(97 + second)}{'x' * 20}"
             for first in range(26) for second in range(20)]
    pairs = []
    for _ in range(100):
        ways = [(words[place], words[place + 1])
                for place in 2 * generator.integers(0, len(words) // 2, 8)]
        pairs += [("food", ", the ".join(" ".join(way) for way in ways)),
                  ("sport", ", the ".join(" ".join(way[::-1]) for way in ways))]
    assert len(stored(fit(pairs, "tfidf", megabytes=0.02).model)) <= 20_000


@pytest.mark.parametrize("kind", KINDS)
def test_where_hardly_anything_fits_something_is_kept(rows, vectors, kind):
    model = fit(rows, kind, vectors, megabytes=1e-6).model
    assert np.isfinite(model.probabilities([text for _, text in rows])).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(models, rows, vectors, kind):
    assert stored(fit(rows[:40], kind, vectors).model) == stored(models[kind].model)


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_other_numbers(models, rows, vectors, kind):
    assert stored(fit(rows[:40], kind, vectors, seed=2).model) != stored(models[kind].model)


@pytest.mark.parametrize("kind", KINDS)
def test_log_odds_agree_with_the_probabilities(models, rows, kind):
    model = replace(models[kind].model, temperature=5 * models[kind].model.temperature)
    texts = [text for _, text in rows[40:]]
    probabilities = model.probabilities(texts).astype(np.float64)
    np.testing.assert_allclose(model.log_odds(texts), np.log(probabilities / (1 - probabilities)),
                               atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_log_odds_are_finite_where_probabilities_are_1(models, rows, kind):
    model = replace(models[kind].model, temperature=1e-3)
    texts = [text for _, text in rows]
    assert (model.probabilities(texts).max(axis=1) == 1).any()
    odds = model.log_odds(texts)
    assert np.isfinite(odds).all()
    np.testing.assert_allclose(odds[:, 0], -odds[:, 1])  # of two labels


def test_log_odds_of_three_labels_worked_by_hand():
    class Fixed:
        def scores(self, texts):
            return np.array([[2, 0, 0], [2000, 0, -6]], np.float32)

    model = TextModel("tfidf", ["a", "b", "c"], Fixed(), 2.0)  # type: ignore[arg-type]
    # Scores halved: 1 against log(1 + 1), 0 against log(e + 1); 1000 against log(1 + e^-3).
    found = model.log_odds(["", ""])
    np.testing.assert_allclose(found[0], [1 - np.log(2), *[-np.log(np.e + 1)] * 2])
    np.testing.assert_allclose(found[1], [1000 - np.log1p(np.exp(-3)), -1000, -1003])


@pytest.mark.parametrize("kind", ["tfidf", "combined"])
def test_probabilities_are_as_sure_as_they_are_right(kind):
    pairs = many(300, wrong=0.2)
    fitted = fit(pairs, kind, vectors_for([text for _, text in pairs]))
    assert 0.6 < fitted.tried[kind]["accuracy"] < 0.9
    unseen = many(300, wrong=0.2, seed=9)
    found = fitted.model.probabilities([text for _, text in unseen])
    right = np.mean([LABELS[number] == label
                     for number, (label, _) in zip(found.argmax(axis=1), unseen, strict=True)])
    assert found.max(axis=1).mean() == pytest.approx(right, abs=0.06)
    assert fitted.tried[kind]["log_loss"] < np.log(2)


def test_copies_are_held_out_together(rows):
    # Labels that nothing tells: who had seen the copy of a document would know its label.
    labels = np.random.default_rng(4).integers(0, 2, 60)
    pairs = [(LABELS[label], text) for label, (_, text) in zip(labels, rows, strict=True)] * 2
    assert fit(pairs, "tfidf").tried["tfidf"]["accuracy"] < 0.75


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_come_back_with_the_same_bits(models, rows, kind):
    model = models[kind].model
    with np.load(io.BytesIO(stored(model)), allow_pickle=False) as arrays:
        again = model_from(arrays, LABELS)
    assert (again.kind, again.labels, again.temperature) == (kind, LABELS, model.temperature)
    texts = [*(text for _, text in rows), "", "nobody knows"]
    for ask in ("probabilities", "log_odds", "unknown"):
        assert getattr(again, ask)(texts).tobytes() == getattr(model, ask)(texts).tobytes()
    assert stored(again) == stored(model)


@pytest.mark.parametrize(("kind", "other"), itertools.permutations(KINDS, 2))
def test_arrays_of_another_kind_are_refused(models, kind, other):
    arrays = models[kind].model.arrays() | {"kind": np.array(other)}
    with pytest.raises((KeyError, ValueError)):
        model_from(arrays, LABELS)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_other_labels_are_refused(models, kind):
    with pytest.raises((KeyError, ValueError)):
        model_from(models[kind].model.arrays(), [*LABELS, "music"])


@pytest.mark.parametrize("broken", [
    {"kind": np.array("forest")}, {"kind": np.array(["tfidf", "tfidf"])},
    {"text_temperature": np.array(0.0)}, {"text_temperature": np.array(-1.0)},
    {"text_temperature": np.array(np.inf)}, {"text_temperature": np.array(np.nan)},
    {"text_temperature": np.zeros(2)}, {"share": np.array(np.nan)}, {"share": np.array("half")},
    {"share": np.zeros(2)}, {"bias": np.array([0, np.inf], np.float32)},
    {"scales": np.zeros((1, 1), np.float32)}, {"weights": np.zeros((1, 2), np.uint8)},
])
def test_broken_arrays_are_refused(models, broken):
    with pytest.raises(ValueError):
        model_from(models["combined"].model.arrays() | broken, LABELS)


@pytest.mark.parametrize("name", ["kind", "text_temperature", "words", "known", "weights", "share"])
def test_missing_arrays_are_refused(models, name):
    arrays = models["combined"].model.arrays()
    del arrays[name]
    with pytest.raises(KeyError, match=name):
        model_from(arrays, LABELS)


@pytest.mark.parametrize(("name", "value"), [
    ("kind", "forest"), ("cost", 0), ("visits", 0), ("megabytes", 0), ("seed", -1)])
def test_parameters_that_cannot_be_are_refused(name, value):
    with pytest.raises(UserError, match=f"^{name} is "):
        ModelParameters(**{name: value})
