"""The score from which the first look is enough."""

import math
from dataclasses import replace

import numpy as np
import pytest

from words_and_images.retraining import first_look
from words_and_images.retraining import head as head_module
from words_and_images.retraining.first_look import enough_of
from words_and_images.retraining.head import RetrainParameters, retrain
from words_and_images.retraining.split import Example, Split


def probabilities(*of_first_label):
    return np.array([[each, 1 - each] for each in of_first_label])


@pytest.fixture
def few(monkeypatch):
    """A few images are enough, and one of ten may be lost."""
    monkeypatch.setattr(first_look, "LEAST_EXAMPLES", 1)
    monkeypatch.setattr(first_look, "LOSS", 0.1)


def test_the_score_is_the_lowest_that_loses_no_more_than_allowed_by_hand(few):
    # All have label 0. All looks together are always right; the first is wrong at the scores 0.8,
    # 0.7 and 0.6, of ten images: one may be lost, so 0.75 is the lowest before the second.
    first = probabilities(0.99, 0.98, 0.97, 0.95, 0.9, 0.2, 0.75, 0.3, 0.4, 0.55)
    full = probabilities(*[0.9] * 10)
    assert enough_of(first, full, np.zeros(10, int)) == pytest.approx(0.75)


def test_what_the_first_look_wins_makes_up_for_what_it_loses(few):
    first = probabilities(0.95, 0.9, 0.2, 0.25)  # right, right, wrong at 0.8 and 0.75
    full = probabilities(0.4, 0.4, 0.9, 0.9)  # wrong, wrong, right, right
    assert enough_of(first, full, np.zeros(4, int)) == pytest.approx(0.75)


def test_images_of_one_score_come_together(few):
    first, full = probabilities(0.9, 0.1, 0.1, 0.9), probabilities(*[0.9] * 4)
    # Two of four are lost at 0.9, and the order among them is nobody's choice.
    assert enough_of(first, full, np.zeros(4, int)) == math.inf


def test_a_first_look_that_is_as_good_answers_all(few):
    first = probabilities(0.9, 0.6)
    assert enough_of(first, first, np.zeros(2, int)) == pytest.approx(0.6)


def test_of_few_images_nothing_is_concluded():
    first = probabilities(*[0.9] * 199)
    assert enough_of(first, first, np.zeros(199, int)) == math.inf
    assert enough_of(*[probabilities(*[0.9] * 200)] * 2, np.zeros(200, int)) == pytest.approx(0.9)


def clouds(count=300, looks=3, noise=1.0):
    """Two classes, whose first look is noisier than the others."""
    generator = np.random.default_rng(3)
    targets = np.arange(count) % 2
    signal = np.where(targets, 2.0, -2.0)[:, np.newaxis, np.newaxis]
    deviations = np.full((1, looks, 1), noise)
    deviations[:, 0] *= 2
    features = signal + deviations * generator.normal(size=(count, looks, 4))
    names = ("training", "training", "training", "validation", "test")
    images = [Example(f"{row:03}.jpg", "ab"[row % 2], f"{row:064x}", names[row // 2 % 5],
                         f"g{row // 4}" if row < 40 else None) for row in range(count)]
    return features.astype(np.float32), Split(["a", "b"], images)


QUICK = RetrainParameters(steps=60, batch_size=20, hidden=0)


def test_it_is_found_by_heads_that_have_not_seen_what_they_answer(monkeypatch):
    features, split = clouds()
    learned, asked = [], []
    fit_heads = head_module.fit_heads

    def fitted(examples, *arguments):
        learned.extend(examples)
        asked.append(fit_heads(examples, *arguments))
        return asked[0]

    monkeypatch.setattr(head_module, "fit_heads", fitted)
    monkeypatch.setattr(head_module, "enough_of", lambda *given: asked.append(given) or 0.5)
    retrain(features, split, QUICK)
    heads, (first, full, targets) = asked
    known = [*split.rows("training").tolist(), *split.rows("validation").tolist()]
    seen = [{row for part in each.seen for row in part.rows.tolist()} for each in learned]
    assert seen[0] == {*split.rows("training").tolist()} and seen[1] == {*known}
    held = [[row for row in known if row not in rows] for rows in seen[2:]]
    assert len(held) == 5 and sorted(row for rows in held for row in rows) == sorted(known)
    answers = [(head.probabilities(features[rows, :1]), head.probabilities(features[rows]))
               for head, rows in zip(heads[2:], held, strict=True)]
    np.testing.assert_array_equal(first, np.concatenate([by_first for by_first, _ in answers]))
    np.testing.assert_array_equal(full, np.concatenate([by_all for _, by_all in answers]))
    np.testing.assert_array_equal(targets, split.targets[np.concatenate(held)])


def test_it_is_enough_from_its_very_score_on():
    features, split = clouds()
    head = retrain(features, split, replace(QUICK, first_look=False))
    score = float(head.probabilities(features[:1, :1]).max())
    assert replace(head, first_look=score).is_sure(features[0, 0])
    assert not replace(head, first_look=np.nextafter(score, 1)).is_sure(features[0, 0])


def test_a_head_of_several_looks_learns_when_the_first_is_enough(capsys):
    features, split = clouds()
    head = retrain(features, split, QUICK)
    assert 0.5 <= head.first_look < 1
    assert f"the first look alone answers from a score of {head.first_look:.3f} on" in (
        capsys.readouterr().err)
    rows = split.rows("test")
    first, full = (replace(head, first_look=math.inf).probabilities(features[rows, :count])
                   for count in (1, 3))
    sure = first.max(axis=1) >= head.first_look
    assert sure.sum() > 0
    np.testing.assert_array_equal(head.probabilities(features[rows]),
                                  np.where(sure[:, np.newaxis], first, full))


def test_the_test_images_do_not_decide_when_the_first_look_is_enough():
    features, split = clouds()
    expected = retrain(features, split, QUICK).first_look
    features[split.rows("test")] = 1e3
    assert retrain(features, split, QUICK).first_look == expected


@pytest.mark.parametrize(("looks", "count", "parameters"), [
    (1, 300, QUICK), (3, 200, QUICK), (3, 300, replace(QUICK, first_look=False))])
def test_without_other_looks_or_enough_images_or_the_wish_all_looks_answer(
        looks, count, parameters):
    features, split = clouds(count, looks)
    assert retrain(features, split, parameters).first_look == math.inf


def test_variants_of_held_out_images_are_held_out_too():
    # Variants that say the label outright: a head that had seen those of an image would be sure.
    features, split = clouds(noise=3.0)
    training = split.rows("training")
    variants = features[training][:, :1]
    plain = retrain(features, split, QUICK)
    varied = retrain(features, split, QUICK, variants)
    assert varied.first_look >= 0.5 and abs(varied.first_look - plain.first_look) < 0.4
