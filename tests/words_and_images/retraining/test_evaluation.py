import dataclasses
import json

import numpy as np
import pytest
from sklearn import metrics as reference

from words_and_images.common.errors import UserError
from words_and_images.neural.softmax import softmax
from words_and_images.retraining.evaluation import (
    ClassifyParameters,
    Evaluation,
    evaluate_head,
    metric_name,
    metric_names,
)
from words_and_images.retraining.head import RetrainParameters, retrain
from words_and_images.retraining.split import Example, Split


def four_images() -> Evaluation:
    """Two hot dogs and two others; the second hot dog is taken for something else."""
    probabilities = np.array([[0.95, 0.05], [0.45, 0.55], [0.15, 0.85], [0.25, 0.75]])
    return Evaluation(["hotdog", "nothotdog"], ["a", "b", "c", "d"], np.array([0, 0, 1, 1]),
                      probabilities)


def three_classes() -> Evaluation:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4]])
    return Evaluation(["a", "b", "c"], ["1", "2", "3"], np.array([0, 1, 2]), probabilities)


def many_images(count: int = 90, **options) -> Evaluation:
    """Four labels of which the last has no images; scores in steps, so that some tie."""
    generator = np.random.default_rng(5)
    targets = np.arange(count) % 3
    logits = generator.normal(0, 1, (count, 4)) + 2 * np.eye(4)[targets]
    return Evaluation(list("abcd"), [str(n) for n in range(count)], targets,
                      softmax(logits.round(1)), **options)


def test_accuracy_and_its_interval_are_wilsons():
    evaluation = four_images()
    assert (evaluation.correct, evaluation.count, evaluation.accuracy) == (3, 4, 0.75)
    # Wilson for 3 of 4, z = 1.96: (0.75 + 0.480 -+ 1.96 sqrt(0.046875 + 0.0600)) / 1.960
    assert evaluation.interval == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_rows_of_the_confusion_are_true_labels():
    assert four_images().confusion.tolist() == [[1, 1], [0, 2]]


def test_precision_recall_and_f1_by_label_by_hand():
    rates = four_images().by_label()
    for values in rates.values():
        del values["recall_interval"]
    assert rates["hotdog"] == pytest.approx(
        {"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "count": 2})
    assert rates["nothotdog"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1, "f1": 4 / 5, "count": 2})


def test_the_recall_of_every_label_has_wilsons_interval():
    # 1 of 2, z^2 = 3.8415: (0.5 + 0.9604 -+ 1.96 sqrt(0.125 + 0.2401)) / 2.9207
    rates = four_images().by_label()
    assert rates["hotdog"]["recall_interval"] == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert rates["nothotdog"]["recall_interval"] == pytest.approx([0.3424, 1], abs=1e-4)


def test_scores_by_hand():
    scores = four_images().scores()
    expected = -(np.log(0.95) + np.log(0.45) + np.log(0.85) + np.log(0.75)) / 4
    assert scores["log_loss"] == pytest.approx(expected, rel=1e-5)
    # Every other image scores above every hot dog but b (0.55 < 0.75, 0.85): all four pairs right
    assert scores["auc"] == 1
    # Both scores of an image are off by the same: 2 (0.05^2 + 0.55^2 + 0.15^2 + 0.25^2) / 4
    assert scores["brier"] == pytest.approx(0.195)
    assert scores["balanced_accuracy"] == 0.75
    # Bins of 0.1: 0.55 (wrong), 0.75, 0.85 and 0.95 (right), each alone
    assert scores["calibration_error"] == pytest.approx((0.55 + 0.25 + 0.15 + 0.05) / 4)


def test_metrics_are_flat_numbers_with_the_label_in_the_name():
    metrics = four_images().metrics()
    assert metrics["test_accuracy"] == 0.75
    assert metrics["test_count"] == 4
    assert metrics["test_interval_low"] < 0.75 < metrics["test_interval_high"]
    assert metrics["recall_hotdog"] == metrics["worst_recall"] == 0.5
    assert metrics["constant_accuracy"] == 0.5
    assert all(isinstance(value, (int, float)) for value in metrics.values())


def test_the_report_has_the_same_with_structure():
    report = four_images().report()
    assert report["interval"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    assert (report["accuracy"], report["count"]) == (0.75, 4)
    assert report["constant_answer"] == {"label": "hotdog", "accuracy": 0.5}
    assert report["worst_class"] == {"label": "hotdog", "recall": 0.5}
    assert report["labels"] == four_images().by_label()
    assert report["areas"] == {"hotdog": 1, "nothotdog": 1}
    assert report["confusion"] == {"hotdog": {"hotdog": 1, "nothotdog": 1},
                                   "nothotdog": {"hotdog": 0, "nothotdog": 2}}


def test_more_than_two_labels_have_a_curve_each_and_the_mean_of_their_areas():
    evaluation = three_classes()
    # "a" is alone above the others but for the last image; of c, 0.4 beats 0.1 and 0.1
    assert evaluation.areas() == {"a": 1, "b": 1, "c": 1}
    assert evaluation.metrics()["auc"] == 1
    assert {row["label"] for row in evaluation.roc_rows()} == {"a", "b", "c"}


def test_areas_of_many_labels_agree_with_scikit_learn():
    evaluation = many_images()
    expected = [reference.roc_auc_score(evaluation.targets == n, evaluation.probabilities[:, n])
                for n in range(3)]
    assert list(evaluation.areas().values()) == pytest.approx(expected, rel=1e-12)
    assert evaluation.metrics()["auc"] == pytest.approx(np.mean(expected), rel=1e-12)


def test_a_label_without_images_is_said_and_not_counted_as_zero():
    evaluation = Evaluation(["a", "b"], ["1"], np.array([0]), np.array([[0.9, 0.1]]))
    assert evaluation.by_label()["b"] == {
        "precision": None, "recall": None, "f1": None, "recall_interval": None, "count": 0,
        "note": "no examples of it"}
    metrics = evaluation.metrics()
    assert metrics["recall_a"] == metrics["balanced_accuracy"] == 1
    assert not [name for name in metrics if name.endswith("_b")]
    assert "auc" not in metrics
    assert evaluation.roc_rows() == evaluation.precision_recall_rows() == []


def test_a_label_without_images_that_some_are_taken_for_has_no_rates_either():
    evaluation = Evaluation(["a", "b"], ["1", "2"], np.array([0, 0]),
                            np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert evaluation.by_label()["b"]["precision"] is None
    assert evaluation.by_label()["a"]["recall"] == 0.5


def test_a_label_that_is_never_given_has_no_precision_but_a_recall_of_zero():
    rates = three_classes().by_label()["c"]
    assert (rates["precision"], rates["recall"], rates["f1"]) == (None, 0, 0)
    assert "precision_c" not in three_classes().metrics()
    assert three_classes().metrics()["recall_c"] == 0


def test_no_images_at_all_are_refused_in_a_sentence():
    with pytest.raises(UserError, match="0 examples to evaluate"):
        Evaluation(["a", "b"], [], np.zeros(0, int), np.zeros((0, 2)))


def test_everything_can_be_written_as_json():
    evaluation = many_images(not_sure=0.5)
    tables = (evaluation.metrics(), evaluation.report(), evaluation.roc_rows(),
              evaluation.precision_recall_rows(), evaluation.coverage_rows(),
              evaluation.calibration_rows(), evaluation.predictions())
    assert all(json.dumps(table, allow_nan=False) for table in tables)


def test_the_curve_runs_from_corner_to_corner():
    rows = four_images().roc_rows()
    corners = [(row["false_positive_rate"], row["true_positive_rate"]) for row in rows]
    assert corners[0] == (0, 0) and corners[-1] == (1, 1)
    assert {row["label"] for row in rows} == {"hotdog"}


def test_predictions_name_image_truth_guess_and_scores():
    second = four_images().predictions()[1]
    assert (second["name"], second["label"], second["predicted"]) == ("b", "hotdog", "nothotdog")
    assert second["scores"] == pytest.approx({"hotdog": 0.45, "nothotdog": 0.55})
    assert four_images().confusion_rows()[1] == {"actual": "hotdog", "predicted": "nothotdog"}


def test_calibration_lists_only_bins_with_images():
    rows = four_images().calibration_rows()
    assert [row["count"] for row in rows] == [1, 1, 1, 1]
    assert [row["scores"] for row in rows] == ["as answered"] * 4
    assert (rows[0]["confidence"], rows[0]["accuracy"]) == (pytest.approx(0.55), 0)


def test_probabilities_before_temperature_scaling_are_measured_beside():
    given = four_images()
    sharper = given.probabilities**2 / (given.probabilities**2).sum(axis=1, keepdims=True)
    both = Evaluation(given.labels, given.names, given.targets, given.probabilities, sharper)
    alone = Evaluation(given.labels, given.names, given.targets, sharper)
    for name in ("log_loss", "brier", "calibration_error"):
        assert both.metrics()[name] == given.metrics()[name]
        assert both.metrics()[f"{name}_before_scaling"] == alone.metrics()[name]
        assert f"{name}_before_scaling" not in given.metrics()
    assert both.calibration_rows()[:4] == given.calibration_rows()
    before = [row for row in both.calibration_rows()
              if row["scores"] == "before temperature scaling"]
    assert [row["confidence"] for row in before] == [
        row["confidence"] for row in alone.calibration_rows()]


def test_coverage_by_hand_from_the_surest_image_to_all_of_them():
    # 0.95, 0.85 and 0.75 are right, 0.55 is not
    rows = four_images().coverage_rows()
    assert [row["threshold"] for row in rows] == pytest.approx([0.95, 0.85, 0.75, 0.55])
    assert [row["coverage"] for row in rows] == [0.25, 0.5, 0.75, 1]
    assert [row["accuracy"] for row in rows] == [1, 1, 1, 0.75]


def test_images_of_one_score_are_covered_together():
    halves = Evaluation(["a", "b"], list("123"), np.array([0, 1, 0]),
                        np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]]))
    assert halves.coverage_rows() == [
        {"threshold": 0.75, "coverage": pytest.approx(2 / 3), "accuracy": 0.5},
        {"threshold": 0.5, "coverage": 1, "accuracy": pytest.approx(2 / 3)}]


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.0, (1, 0.75)), (0.6, (0.75, 1)), (0.9, (0.25, 1)), (0.99, (0, None))])
def test_below_the_threshold_an_answer_counts_as_not_sure(threshold, expected):
    given = four_images()
    evaluation = Evaluation(given.labels, given.names, given.targets, given.probabilities,
                            not_sure=threshold)
    sure = evaluation.sure()
    assert (sure["coverage"], sure.get("covered_accuracy")) == expected
    assert evaluation.metrics()["coverage"] == evaluation.report()["coverage"] == expected[0]
    assert evaluation.metrics()["not_sure"] == threshold
    assert evaluation.accuracy == 0.75  # of all images, sure or not


def test_precision_and_recall_at_every_threshold_by_hand():
    # Scores of "hotdog": 0.95 yes, 0.45 yes, 0.25 no, 0.15 no
    rows = [row for row in four_images().precision_recall_rows() if row["label"] == "hotdog"]
    assert [row["recall"] for row in rows] == [0.5, 1, 1, 1]
    assert [row["precision"] for row in rows] == pytest.approx([1, 1, 2 / 3, 1 / 2])


def test_precision_and_recall_at_every_threshold_agree_with_scikit_learn():
    evaluation = many_images()
    rows = evaluation.precision_recall_rows()
    assert {row["label"] for row in rows} == {"a", "b", "c"}
    for number, label in enumerate("abc"):
        precisions, recalls, _ = reference.precision_recall_curve(
            evaluation.targets == number, evaluation.probabilities[:, number])
        ours = [(row["recall"], row["precision"]) for row in rows if row["label"] == label]
        theirs = list(zip(recalls[:-1][::-1], precisions[:-1][::-1], strict=True))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_label_in_a_metric_name_is_letters_and_digits():
    assert metric_name("hot dog & co") == "hot_dog_co"


def test_labels_that_would_share_a_metric_name_are_numbered():
    assert metric_names(["hot dog", "hot-dog", "hot_dog_2", "б/в"]) == {
        "hot dog": "hot_dog", "hot-dog": "hot_dog_2", "hot_dog_2": "hot_dog_2_2", "б/в": "б_в"}
    assert list(metric_names(["a b", "a-b", "a/b", "a+b"]).values()) == [
        "a_b", "a_b_2", "a_b_3", "a_b_4"]


@pytest.fixture
def trained():
    """A split of 60 images, noisy bottlenecks of two looks, and a head with a temperature."""
    generator = np.random.default_rng(3)
    labels, splits = ["a", "b"], ["training", "validation", "test"]
    images = [Example(f"{labels[n % 2]}/{n}", labels[n % 2], "", splits[n // 2 % 3])
              for n in range(60)]
    split = Split(labels, images)
    features = generator.normal(split.targets[:, None, None], 1, (60, 2, 4)).astype(np.float32)
    head = retrain(features, split, RetrainParameters(steps=50, l2=0, temperature=True))
    assert head.temperature != 1
    return head, features, split


def test_a_head_is_evaluated_on_the_test_images_alone(trained):
    head, features, split = trained
    evaluation = evaluate_head(head, features, split, ClassifyParameters(0.75))
    rows = split.rows("test")
    assert list(evaluation.names) == [split.examples[row].name for row in rows]
    assert np.array_equal(evaluation.probabilities, head.probabilities(features[rows]))
    assert (evaluation.not_sure, evaluation.labels) == (0.75, split.labels)
    assert evaluation.uncalibrated == pytest.approx(softmax(head.logits(features[rows])))
    assert not np.allclose(evaluation.uncalibrated, evaluation.probabilities)


def test_without_a_temperature_nothing_is_told_of_before(trained):
    head = dataclasses.replace(trained[0], temperature=1.0)
    assert evaluate_head(head, *trained[1:], ClassifyParameters()).uncalibrated is None


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_a_threshold_that_is_no_score_is_refused(threshold):
    with pytest.raises(UserError, match=f"^not_sure is {threshold}; it must be from 0 to 1.$"):
        ClassifyParameters(threshold)
    assert [ClassifyParameters(bound).not_sure for bound in (0, 1)] == [0, 1]


def test_score_ranges_by_hand():
    # Scores 0.95, 0.92 (wrong) and 0.6: two images from 0.9 to 1, one of them right; one from 0.5
    # to 0.6, right. Wilson's interval of 1 in 2 is 0.0945 to 0.9055, of 1 in 1 0.2065 to 1.
    probabilities = np.array([[0.95, 0.05], [0.92, 0.08], [0.4, 0.6]])
    evaluation = Evaluation(["a", "b"], ["x", "y", "z"], np.array([0, 1, 1]), probabilities)
    low, high = evaluation.score_ranges()
    assert {name: low[name] for name in ("low", "high", "count", "right")} == {
        "low": 0.5, "high": 0.6, "count": 1, "right": 1}
    assert {name: high[name] for name in ("low", "high", "count", "right")} == {
        "low": 0.9, "high": 1.0, "count": 2, "right": 1}
    assert low["interval"] == pytest.approx([0.2065, 1], abs=1e-4)
    assert high["interval"] == pytest.approx([0.0945, 0.9055], abs=1e-4)
    summary = evaluation.summary()
    assert summary["accuracy"] == pytest.approx(2 / 3) and summary["count"] == 3
    assert summary["score_ranges"] == [low, high]


def missing(targets, probabilities, **options) -> tuple[dict, dict]:
    """The metrics of some answers, and what is not computed of them."""
    evaluation = Evaluation(["a", "b"], [str(n) for n in range(len(targets))], np.array(targets),
                            np.array(probabilities), noun="image", **options)
    metrics = evaluation.metrics()
    assert evaluation.report().get("not_computed") == metrics.get("not_computed")
    assert not np.isnan([value for value in metrics.values() if isinstance(value, float)]).any()
    return metrics, metrics.get("not_computed", {})


def test_images_of_one_class_have_no_area_and_the_other_class_no_rates():
    metrics, absent = missing([0, 0], [[0.9, 0.1], [0.2, 0.8]])
    none = "no images of it"
    assert absent == {"auc": "all images have one label", "precision_b": none, "recall_b": none,
                      "f1_b": none}
    assert not absent.keys() & metrics.keys() and metrics["recall_a"] == 0.5


def test_a_label_that_is_never_answered_has_no_precision():
    metrics, absent = missing([0, 1], [[0.9, 0.1], [0.8, 0.2]])
    assert absent == {"precision_b": "no image was answered with it"}
    assert (metrics["recall_b"], metrics["f1_b"], metrics["auc"]) == (0, 0, 1)


def test_one_image_and_none_answered():
    metrics, absent = missing([0], [[0.6, 0.4]], not_sure=0.7)
    assert absent["covered_accuracy"] == "no image has a score of 0.7"
    assert (metrics["coverage"], metrics["test_accuracy"]) == (0, 1)


def test_nothing_is_named_where_all_is_computed():
    assert missing([0, 1], [[0.9, 0.1], [0.2, 0.8]])[1] == {}
