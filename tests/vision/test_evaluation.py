import numpy as np
import pytest

from vision.evaluation import Evaluation, metric_name


def four_images() -> Evaluation:
    """Two hot dogs and two others; the second hot dog is taken for something else."""
    probabilities = np.array([[0.95, 0.05], [0.45, 0.55], [0.15, 0.85], [0.25, 0.75]])
    return Evaluation(["hotdog", "nothotdog"], ["a", "b", "c", "d"], np.array([0, 0, 1, 1]),
                      probabilities)


def three_classes() -> Evaluation:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4]])
    return Evaluation(["a", "b", "c"], ["1", "2", "3"], np.array([0, 1, 2]), probabilities)


def test_accuracy_and_its_interval_are_wilsons():
    evaluation = four_images()
    assert (evaluation.correct, evaluation.count, evaluation.accuracy) == (3, 4, 0.75)
    # Wilson for 3 of 4, z = 1.96: (0.75 + 0.480 -+ 1.96 sqrt(0.046875 + 0.0600)) / 1.960
    assert evaluation.interval == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_rows_of_the_confusion_are_true_labels():
    assert four_images().confusion.tolist() == [[1, 1], [0, 2]]


def test_precision_recall_and_f1_by_label_by_hand():
    rates = four_images().by_label()
    assert rates["hotdog"] == pytest.approx(
        {"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "count": 2})
    assert rates["nothotdog"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1, "f1": 4 / 5, "count": 2})


def test_scores_by_hand():
    scores = four_images().scores()
    expected = -(np.log(0.95) + np.log(0.45) + np.log(0.85) + np.log(0.75)) / 4
    assert scores["log_loss"] == pytest.approx(expected, rel=1e-5)
    # Every other image scores above every hot dog but b (0.55 < 0.75, 0.85): all four pairs right
    assert scores["auc"] == 1
    # Bins of 0.1: 0.55 (wrong), 0.75, 0.85 and 0.95 (right), each alone
    assert scores["calibration_error"] == pytest.approx((0.55 + 0.25 + 0.15 + 0.05) / 4)


def test_metrics_are_flat_numbers_with_the_label_in_the_name():
    metrics = four_images().metrics()
    assert metrics["test_accuracy"] == 0.75
    assert metrics["test_count"] == 4
    assert metrics["test_interval_low"] < 0.75 < metrics["test_interval_high"]
    assert metrics["recall_hotdog"] == 0.5
    assert all(isinstance(value, (int, float)) for value in metrics.values())


def test_the_report_has_the_same_with_structure():
    report = four_images().report()
    assert report["interval"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    assert report["confusion"] == {"hotdog": {"hotdog": 1, "nothotdog": 1},
                                   "nothotdog": {"hotdog": 0, "nothotdog": 2}}


def test_more_than_two_labels_have_no_single_area_but_a_curve_each():
    evaluation = three_classes()
    assert "auc" not in evaluation.metrics()
    assert {row["label"] for row in evaluation.roc_rows()} == {"a", "b", "c"}


def test_a_label_without_images_costs_neither_metrics_nor_curves():
    evaluation = Evaluation(["a", "b"], ["1"], np.array([0]), np.array([[0.9, 0.1]]))
    assert evaluation.metrics()["recall_b"] == 0
    assert "auc" not in evaluation.metrics()
    assert evaluation.roc_rows() == []


def test_the_curve_runs_from_corner_to_corner():
    rows = four_images().roc_rows()
    corners = [(row["false_positive_rate"], row["true_positive_rate"]) for row in rows]
    assert corners[0] == (0, 0) and corners[-1] == (1, 1)
    assert {row["label"] for row in rows} == {"hotdog"}


def test_predictions_name_image_truth_guess_and_scores():
    second = four_images().predictions()[1]
    assert (second["path"], second["label"], second["predicted"]) == ("b", "hotdog", "nothotdog")
    assert second["scores"] == pytest.approx({"hotdog": 0.45, "nothotdog": 0.55})
    assert four_images().confusion_rows()[1] == {"actual": "hotdog", "predicted": "nothotdog"}


def test_calibration_lists_only_bins_with_images():
    rows = four_images().calibration_rows()
    assert [row["count"] for row in rows] == [1, 1, 1, 1]
    assert rows[0] == pytest.approx({"confidence": 0.55, "accuracy": 0, "count": 1})


def test_a_label_in_a_metric_name_is_letters_and_digits():
    assert metric_name("hot dog & co") == "hot_dog_co"
