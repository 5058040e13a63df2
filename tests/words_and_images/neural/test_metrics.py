import numpy as np
import pytest
from scipy import stats
from sklearn import calibration
from sklearn import metrics as reference

from words_and_images.neural import metrics
from words_and_images.neural.softmax import softmax


@pytest.fixture(params=range(5))
def generator(request):
    return np.random.default_rng(request.param)


@pytest.fixture
def labelled(generator):
    """Labels and predictions of five classes: the fourth never occurs, the fifth is never true."""
    return generator.choice([0, 1, 2], 80), generator.choice([0, 1, 2, 4], 80)


@pytest.fixture
def scored(generator):
    """Zeros and ones, with scores of which many tie."""
    return generator.permutation(np.arange(60) % 3 == 0).astype(int), generator.integers(0, 9, 60)


@pytest.fixture
def chances(generator):
    """Labels, and probabilities of four classes."""
    return generator.permutation(np.arange(60) % 4), generator.dirichlet(np.ones(4), 60)


def test_confusion_matrix_of_worked_numbers():
    matrix = metrics.confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0])
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_confusion_matrix_agrees_with_scikit_learn(labelled):
    expected = reference.confusion_matrix(*labelled, labels=range(6))
    assert metrics.confusion_matrix(*labelled, classes=6).tolist() == expected.tolist()


def test_accuracy_agrees_with_scikit_learn(labelled):
    assert metrics.accuracy(*labelled) == reference.accuracy_score(*labelled)


def test_rates_by_class_and_averaged_agree_with_scikit_learn(labelled):
    matrix = metrics.confusion_matrix(*labelled, classes=5)
    pairs = [
        (metrics.precision, reference.precision_score),
        (metrics.recall, reference.recall_score),
        (metrics.f1, reference.f1_score),
    ]
    for ours, theirs in pairs:
        options = {"labels": range(5), "zero_division": np.nan}
        by_class = theirs(*labelled, average=None, **options)
        np.testing.assert_allclose(ours(matrix), by_class, rtol=1e-14)
        defined = ours(matrix)[~np.isnan(by_class)]
        assert len(defined) < 5  # the last class never occurs
        macro = theirs(*labelled, average="macro", **options)
        assert metrics.macro_average(defined) == pytest.approx(macro, rel=1e-14)
        micro = theirs(*labelled, average="micro", **options)
        assert metrics.micro_average(matrix) == pytest.approx(micro, rel=1e-14)


def test_rates_of_worked_numbers():
    matrix = [[3, 1], [2, 0]]
    assert metrics.precision(matrix) == pytest.approx([3 / 5, 0])
    assert metrics.recall(matrix) == pytest.approx([3 / 4, 0])
    assert metrics.f1(matrix) == pytest.approx([6 / 9, 0])
    assert metrics.micro_average(matrix) == 0.5


def test_rates_with_nothing_to_divide_by_are_no_numbers():
    never_occurs, never_answered = [[2, 0], [0, 0]], [[2, 0], [3, 0]]
    for rate in (metrics.precision, metrics.recall, metrics.f1):
        np.testing.assert_equal(rate(never_occurs), [1, np.nan])
    np.testing.assert_equal(metrics.precision(never_answered), [2 / 5, np.nan])
    assert metrics.recall(never_answered).tolist() == [1, 0]
    assert metrics.f1(never_answered).tolist() == [4 / 7, 0]


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("correct", "examples"), [(0, 10), (10, 10), (7, 10), (940, 1000)])
def test_accuracy_interval_agrees_with_scipy(correct, examples, confidence):
    ours = metrics.accuracy_interval(correct, examples, confidence)
    result = stats.binomtest(correct, examples).proportion_ci(confidence, method="wilson")
    assert ours == pytest.approx((result.low, result.high), rel=1e-12, abs=1e-15)


def test_accuracy_interval_is_of_95_percent_and_stays_within_zero_and_one():
    # z^2 / (n + z^2) = 3.8415 / 13.8415
    assert metrics.accuracy_interval(0, 10) == pytest.approx((0, 0.277533), abs=1e-6)
    assert metrics.accuracy_interval(10, 10) == pytest.approx((0.722467, 1), abs=1e-6)
    for examples in range(1, 50):
        assert metrics.accuracy_interval(0, examples)[0] >= 0
        assert metrics.accuracy_interval(examples, examples)[1] <= 1


def test_roc_curve_agrees_with_scikit_learn(scored):
    curve = metrics.roc_curve(*scored)
    false_positives, true_positives, thresholds = reference.roc_curve(
        *scored, drop_intermediate=False
    )
    np.testing.assert_allclose(curve.false_positive_rates, false_positives, rtol=1e-14)
    np.testing.assert_allclose(curve.true_positive_rates, true_positives, rtol=1e-14)
    assert curve.thresholds.tolist() == thresholds.tolist()


def test_roc_auc_agrees_with_scikit_learn_and_with_the_area_under_the_curve(scored):
    area = metrics.roc_auc(*scored)
    curve = metrics.roc_curve(*scored)
    assert area == pytest.approx(reference.roc_auc_score(*scored), rel=1e-13)
    trapezoids = np.trapezoid(curve.true_positive_rates, curve.false_positive_rates)
    assert area == pytest.approx(trapezoids, rel=1e-13)


def test_roc_auc_of_worked_numbers():
    # The pairs (1, 0): 0.5 above 0.2, 0.5 level with 0.5, 0.9 above both: 3.5 of 4
    assert metrics.roc_auc([0, 0, 1, 1], [0.2, 0.5, 0.5, 0.9]) == 3.5 / 4
    assert metrics.roc_auc([True, False], [1.0, 0.0]) == 1


def test_log_loss_agrees_with_scikit_learn(chances):
    labels, probabilities = chances
    expected = reference.log_loss(labels, probabilities)
    assert metrics.log_loss(labels, probabilities) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_rounding_of_a_softmax_is_no_reason_to_refuse_its_probabilities(dtype):
    rows = softmax(np.random.default_rng(2).normal(0, 4, (50, 1000))).astype(dtype)
    assert np.isfinite(metrics.log_loss(np.zeros(50, int), rows))
    assert metrics.log_loss([0], np.round(softmax(np.array([[1.0, 2, 3]])), 4)) > 0


def test_log_loss_of_certain_mistakes_is_large_but_finite():
    labels, probabilities = [0, 1, 1], [0.0, 1.0, 0.0]
    expected = reference.log_loss(labels, probabilities)
    assert metrics.log_loss(labels, probabilities) == pytest.approx(expected, rel=1e-13)
    # -ln(2^-52) / 3
    assert metrics.log_loss(labels, probabilities) == pytest.approx(52 * np.log(2) / 3, rel=1e-13)


def test_brier_score_of_many_classes_agrees_with_scikit_learn(chances):
    labels, probabilities = chances
    expected = reference.brier_score_loss(labels, probabilities)
    assert metrics.brier_score(labels, probabilities) == pytest.approx(expected, rel=1e-13)


def test_brier_score_of_two_classes_agrees_with_scikit_learn(generator):
    labels, probabilities = np.arange(30) % 2, generator.random(30)
    score = metrics.brier_score(labels, probabilities)
    assert score == pytest.approx(reference.brier_score_loss(labels, probabilities), rel=1e-13)
    both = np.stack([1 - probabilities, probabilities], axis=1)
    assert metrics.brier_score(labels, both) == pytest.approx(2 * score, rel=1e-13)


@pytest.mark.parametrize("bins", [1, 5, 10])
def test_calibration_bins_agree_with_scikit_learn(generator, bins):
    correct = generator.integers(0, 2, 200)
    # Rounded, so that some lie on an edge; above 0.3, so that some bins are empty
    confidences = np.round(generator.uniform(0.3, 1, 200), 1)
    table = metrics.calibration_bins(correct, confidences, bins)
    filled = table.count > 0
    accuracy, confidence = calibration.calibration_curve(correct, confidences, n_bins=bins)
    np.testing.assert_allclose(table.accuracy[filled], accuracy, rtol=1e-13)
    np.testing.assert_allclose(table.confidence[filled], confidence, rtol=1e-13)
    assert np.isnan(table.accuracy[~filled]).all()
    assert np.isnan(table.confidence[~filled]).all()
    assert table.count.sum() == 200
    assert len(table.edges) == bins + 1


def test_calibration_bins_and_error_of_worked_numbers():
    correct, confidences = [True, False, True, True], [0.0, 0.5, 0.9, 1.0]
    table = metrics.calibration_bins(correct, confidences, bins=2)
    assert table.edges.tolist() == [0, 0.5, 1]
    assert table.count.tolist() == [2, 2]
    assert table.confidence == pytest.approx([0.25, 0.95])
    assert table.accuracy.tolist() == [0.5, 1]
    # (2 * 0.25 + 2 * 0.05) / 4
    error = metrics.expected_calibration_error(correct, confidences, bins=2)
    assert error == pytest.approx(0.15)


def test_empty_bins_do_not_count_as_errors():
    error = metrics.expected_calibration_error([1, 1, 0], [0.95, 0.95, 0.05])
    assert error == pytest.approx(0.05)


def test_correlations_agree_with_scipy(generator):
    a = generator.normal(size=40)
    b = a + generator.normal(size=40)
    assert metrics.pearson(a, b) == pytest.approx(stats.pearsonr(a, b).statistic, rel=1e-12)
    assert metrics.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, rel=1e-12)


def test_correlations_with_ties_agree_with_scipy(generator):
    a, b = generator.integers(0, 6, 40), generator.integers(0, 4, 40)
    assert metrics.pearson(a, b) == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-13)
    assert metrics.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-13)
    assert metrics.average_ranks(a).tolist() == stats.rankdata(a).tolist()


def test_rank_correlation_asks_only_for_the_order():
    a = np.array([1.0, 2.0, 3.0, 4.0])
    assert metrics.spearman(a, np.exp(a)) == pytest.approx(1)
    assert metrics.spearman(a, -(a**3)) == pytest.approx(-1)
    assert metrics.average_ranks([30, 10, 30, 20]).tolist() == [3.5, 1, 3.5, 2]


@pytest.mark.parametrize("correlation", [metrics.pearson, metrics.spearman])
def test_what_does_not_vary_has_no_correlation(correlation):
    assert correlation([0.1, 0.1, 0.1], [1, 2, 3]) is None
    assert correlation([1, 2, 3], [0.1, 0.1, 0.1]) is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy([0, 1], [0]), r"one length, not \(2,\) and \(1,\)"),
        (lambda: metrics.confusion_matrix([0, 1], [0, 2], 2), "below 2 classes, not 2"),
        (lambda: metrics.precision([[1, 2, 3]]), r"must be square, not \(1, 3\)"),
        (lambda: metrics.accuracy_interval(3, 2), "not 3 of 2"),
        (lambda: metrics.accuracy_interval(0, 0), "not 0 of 0"),
        (lambda: metrics.accuracy_interval(0.97, 100), "a count between 0 and .* not 0.97 of 100"),
        (lambda: metrics.accuracy_interval(1, 2, 95), "between 0 and 1, not 95"),
        (lambda: metrics.roc_curve([1, 1], [0.1, 0.2]), "both 0 and 1, not only 1"),
        (lambda: metrics.roc_auc([0, 0], [0.1, 0.2]), "both 0 and 1, not only 0"),
        (lambda: metrics.roc_auc([0, 2], [0.1, 0.2]), "0 or 1, not 2"),
        (lambda: metrics.roc_auc([0, 1], [0.1, np.nan]), "not nan"),
        (lambda: metrics.log_loss([0, 2], [[0.5, 0.5], [0.5, 0.5]]), "more than 2 classes"),
        (lambda: metrics.brier_score([0], [[0.5, 0.5], [0.5, 0.5]]), r"shape \(1, classes\)"),
        (lambda: metrics.log_loss([0, 1], [[2, -1], [0.5, 0.5]]), r"in \[0, 1\], not -1.0 to 2.0"),
        (lambda: metrics.brier_score([0, 1], [5, -3]), r"must lie in \[0, 1\], not -4.0 to 5.0"),
        (lambda: metrics.log_loss([0, 1], [[0.5, 0.5], [0.6, 0.5]]), "sum to 1, not 1.1 in row 1"),
        (lambda: metrics.log_loss([0], [[-0.5, 1, 0.5]]), r"in \[0, 1\], not -0.5 to 1.0"),
        (lambda: metrics.log_loss([0], [[0, 1.5, 0]]), r"in \[0, 1\], not 0.0 to 1.5"),
        (lambda: metrics.log_loss([0, 1], [[0.9, 0.1], [0.5, 0.25]]), "not 0.75 in row 1"),
        (lambda: metrics.log_loss([0, 1, 2], np.ones(3)), r"more than 2 classes, not \(3,\)"),
        (lambda: metrics.accuracy_interval(1, 2, 0), "between 0 and 1, not 0"),
        (lambda: metrics.accuracy_interval(1, 2, 1), "between 0 and 1, not 1"),
        (lambda: metrics.log_loss([0], [[0.5, 0.4]]), "sum to 1, not 0.9 in row 0"),
        (lambda: metrics.log_loss([0], [[0.5, np.nan]]), r"finite numbers, not nan at \(0, 1\)"),
        (lambda: metrics.brier_score([0], [[0.2, 0.7]]), "sum to 1, not 0.89"),
        (lambda: metrics.calibration_bins([1], [np.nan]), "not nan to nan"),
        (lambda: metrics.macro_average([1, np.nan]), r"finite numbers, not nan at \(1,\)"),
        (lambda: metrics.macro_average([]), "at least one class, not of none"),
        (lambda: metrics.micro_average([[0, 0], [0, 0]]), "at least one example, not none"),
        (lambda: metrics.average_ranks([[1, 2]]), r"a vector, not \(1, 2\)"),
        (lambda: metrics.calibration_bins([1], [1.5]), "not 1.5 to 1.5"),
        (lambda: metrics.calibration_bins([1], [0.5], 0), "1 or more, not 0"),
        (lambda: metrics.pearson([1], [2]), "2 or more pairs"),
        (lambda: metrics.spearman([1, np.nan], [2, 3]), "without nan"),
        (lambda: metrics.pearson([[1, 2]], [[2, 3]]), "vectors of one length"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_two_pairs_correlate():
    assert metrics.pearson([0, 1], [5, 3]) == pytest.approx(-1)
    assert metrics.spearman([0, 1], [3, 5]) == pytest.approx(1)


def test_calibration_has_ten_bins_unless_told():
    correct, confidences = [0, 1, 1], [0.05, 0.095, 0.99]  # 11 bins would part the first two
    assert metrics.expected_calibration_error(correct, confidences) == pytest.approx(
        metrics.expected_calibration_error(correct, confidences, 10), abs=0)
    assert metrics.expected_calibration_error(correct, confidences, 11) != pytest.approx(
        metrics.expected_calibration_error(correct, confidences, 10))


def test_small_integers_do_not_overflow():
    counts = [[200, 100], [3, 4]]
    for metric in (metrics.precision, metrics.recall, metrics.f1):
        np.testing.assert_array_equal(metric(np.array(counts, np.uint8)), metric(counts))
