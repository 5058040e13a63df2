"""Folds, and what heads say of examples that they have not seen."""

from collections import Counter

import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.retraining.cross_validation import cross_validate, heads_without
from words_and_images.retraining.folds import deal_folds, refuse_unseen
from words_and_images.retraining.head import Part, RetrainParameters

LABELS = ["a", "b"]


def test_every_class_is_spread_over_the_folds_and_groups_stay_whole():
    labels = ["a"] * 10 + ["b"] * 5
    groups = [f"{number:02}" for number in range(9)] + ["00"] + [f"{n:02}" for n in range(20, 25)]
    folds = deal_folds(labels, groups, 3)
    assert folds[9] == folds[0]
    assert Counter(folds[:9].tolist()) == {0: 3, 1: 3, 2: 3}
    assert sorted(Counter(folds[10:].tolist()).values()) == [1, 2, 2]


def test_the_same_images_come_into_the_same_folds_in_any_order():
    generator = np.random.default_rng(1)
    labels, groups = ["a", "b"] * 20, [f"{number:02}" for number in range(40)]
    order = generator.permutation(40)
    again = deal_folds([labels[row] for row in order], [groups[row] for row in order], 5)
    np.testing.assert_array_equal(again, deal_folds(labels, groups, 5)[order])


def test_fewer_groups_than_folds_are_one_sentence():
    with pytest.raises(UserError, match="^folds is 5 and there are 3 images that are no copies "
                                        "of each other; give fewer folds, from 2 on, or more "
                                        "images.$"):
        deal_folds(["a", "a", "b", "b"], ["1", "1", "2", "3"], 5, "image")
    assert deal_folds(["a", "b"], ["1", "2"], 2).tolist() == [0, 1]


def test_groups_are_dealt_from_the_rarest_class_on_to_where_least_is_by_hand():
    # b, the rarer, comes first, into 0; then each a to where fewer of it are, and fewer of all
    assert deal_folds(["a", "a", "a", "b"], ["1", "2", "3", "4"], 2).tolist() == [1, 0, 1, 0]


def test_classes_that_a_head_would_not_have_seen_are_named():
    labels = ["a", "a", "b", "b", "c"]
    folds = deal_folds(labels, ["1", "2", "3", "3", "4"], 2)
    with pytest.raises(UserError) as refused:
        refuse_unseen(labels, folds, "image")
    assert str(refused.value) == (
        "all that 'b' (2 images), 'c' (1 image) shows is in one part, and no model can know what "
        "it has not seen; give each class two or more images that are no copies of each other, or "
        "take it out.")
    refuse_unseen(labels[:2], folds[:2])


def test_a_group_of_two_classes_is_dealt_as_one_of_the_rarer():
    """The copy of an a is called b: it must not come where the only other b is."""
    for folds in (2, 3):
        found = deal_folds(["a", "a", "b", "b", "a"], ["1", "1", "1", "2", "3"], folds)
        assert found[2] != found[3]


def test_a_wrong_label_is_contradicted_by_heads_that_did_not_see_it(capsys):
    generator = np.random.default_rng(2)
    targets = np.arange(60) % 2
    centres = np.where(targets[:, None, None] == 0, -2.0, 2.0)
    features = (centres + generator.normal(size=(60, 2, 4))).astype(np.float32)
    wrong = targets.copy()
    wrong[7] = 1 - wrong[7]
    folds = np.arange(60) // 2 % 3
    found = cross_validate(features, wrong, folds, LABELS, RetrainParameters(steps=40, hidden=0))
    assert capsys.readouterr().err.startswith("training without a part each: 3 heads in ")
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found[7, wrong[7]] < 0.1
    right = np.delete(np.arange(60), 7)
    assert (found[right, wrong[right]] > 0.5).all()


def test_an_image_has_no_influence_on_what_is_said_of_its_fold():
    generator = np.random.default_rng(3)
    features = generator.normal(size=(30, 1, 4)).astype(np.float32)
    targets, folds = np.arange(30) % 2, np.arange(30) // 2 % 3
    parameters = RetrainParameters(steps=20, hidden=0)
    before = cross_validate(features, targets, folds, LABELS, parameters)
    turned = np.where(np.arange(30) == 4, 1 - targets, targets)
    after = cross_validate(features, turned, folds, LABELS, parameters)
    own = folds == folds[4]
    np.testing.assert_array_equal(after[own], before[own])
    assert (after[~own] != before[~own]).any()


def test_each_head_comes_with_the_rows_of_its_fold():
    features = np.random.default_rng(1).normal(size=(12, 1, 2)).astype(np.float32)
    folds, rows = np.array([0, 1, 2] * 4), np.arange(12)
    parts = [Part(features, rows, rows, rows % 2)]
    found = heads_without(parts, folds, LABELS, RetrainParameters(steps=1))
    assert [held.tolist() for held, _ in found] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]
