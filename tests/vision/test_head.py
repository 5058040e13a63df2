import json

import numpy as np
import pytest

from common.errors import UserError
from vision.head import Head, RetrainParameters, retrain
from vision.split import Split, SplitImage

QUICK = RetrainParameters(steps=60, batch_size=20)


def two_clouds(count: int = 120) -> tuple[np.ndarray, Split]:
    """Bottlenecks of two classes four deviations apart in the first of five features."""
    generator = np.random.default_rng(3)
    features = generator.normal(5, 2, (count, 5)).astype(np.float32)
    images = []
    for row in range(count):
        label = ("hotdog", "pizza")[row % 2]
        features[row, 0] += 8 * (row % 2)
        split = ("test", "validation", "training", "training", "training")[row // 2 % 5]
        images.append(SplitImage(f"{label}/{row:03}.jpg", label, f"{row:064x}", split))
    return features, Split(["hotdog", "pizza"], images)


def test_two_separate_clouds_are_told_apart_on_images_never_seen():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    test = split.rows("test")
    guesses = head.probabilities(features[test]).argmax(axis=1)
    assert np.mean(guesses == split.targets[test]) > 0.9


def test_test_images_have_no_influence():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    features[split.rows("test")] = 1e6
    again = retrain(features, split, QUICK)
    np.testing.assert_array_equal(head.layer.weights, again.layer.weights)


def test_validation_images_change_the_curve_but_not_the_head():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    features[split.rows("validation")] += 3
    again = retrain(features, split, QUICK)
    np.testing.assert_array_equal(head.layer.weights, again.layer.weights)
    assert head.history[-1].validation_loss != again.history[-1].validation_loss


def test_features_are_standardised_by_the_training_images_alone():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    training = features[split.rows("training")]
    np.testing.assert_allclose(head.standardiser.mean, training.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(head.standardiser.deviation, training.std(axis=0), rtol=1e-5)


def test_an_image_has_the_same_scores_alone_as_among_others():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    together = head.probabilities(features)
    alone = np.concatenate([head.probabilities(row[None]) for row in features])
    np.testing.assert_array_equal(together, alone)


def test_the_folded_layer_gives_the_same_probabilities_of_raw_bottlenecks():
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    np.testing.assert_allclose(head.folded().probabilities(features), head.probabilities(features),
                               atol=1e-5)


def test_the_same_seed_gives_the_same_head_and_another_another():
    features, split = two_clouds()
    first, second = (retrain(features, split, QUICK).layer.weights for _ in range(2))
    other = retrain(features, split, RetrainParameters(steps=60, batch_size=20, seed=2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other.layer.weights)


def test_a_head_survives_saving_and_loading_bit_by_bit(tmp_path):
    features, split = two_clouds()
    head = retrain(features, split, QUICK)
    head.save(tmp_path / "head")
    loaded = Head.load(tmp_path / "head")
    assert loaded.labels == ["hotdog", "pizza"]
    np.testing.assert_array_equal(loaded.probabilities(features), head.probabilities(features))


def test_the_history_has_both_curves_and_ends_at_the_last_step(tmp_path):
    features, split = two_clouds()
    retrain(features, split, QUICK).save(tmp_path / "head")
    history = json.loads((tmp_path / "head" / "history.json").read_text())
    assert history[-1]["step"] == 60
    assert history[-1]["training_loss"] < history[0]["training_loss"]
    assert set(history[0]) == {"step", "training_loss", "training_accuracy", "validation_loss",
                               "validation_accuracy"}


def test_a_folder_without_a_head_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no trained head"):
        Head.load(tmp_path)


def test_bottlenecks_of_other_images_are_refused():
    features, split = two_clouds()
    with pytest.raises(UserError, match="119 bottlenecks for 120 images"):
        retrain(features[1:], split, QUICK)


def test_parameters_out_of_range_are_told_at_once():
    with pytest.raises(UserError, match="steps is 0"):
        RetrainParameters(steps=0)
    with pytest.raises(UserError, match="learning_rate is -1"):
        RetrainParameters(learning_rate=-1)
    with pytest.raises(UserError, match="did you mean cosine"):
        RetrainParameters(schedule="cosin")
