import numpy as np
import pytest

from benchmarks import styles
from benchmarks.styles import Drawing
from vision.drawings import STYLES, SUBJECTS
from words_and_images.retraining.head import RetrainParameters

QUICK = RetrainParameters(steps=20, hidden=0)


def test_each_style_has_as_many_drawings_of_each_label():
    drawings = styles.all_drawings(20)
    assert len(drawings) == len(set(drawings)) == 20 * len(STYLES) * len(SUBJECTS)
    assert {one.style for one in drawings} == set(STYLES)
    # Sixteen kinds of hot dogs: after the last one comes the first again.
    assert Drawing(0, 0, "far", 1) in drawings


def test_what_is_asked_about_shares_neither_style_nor_subject_with_what_was_learned(monkeypatch):
    drawings = styles.all_drawings(4)
    # The only feature is the drawing's place in the list, so that the head says what it was given.
    features = np.arange(len(drawings), dtype=np.float32).reshape(-1, 1, 1)
    asked: list[tuple[set[Drawing], set[Drawing]]] = []

    class Spy:
        def __init__(self, rows):
            self.learned = {drawings[int(row)] for row in rows.ravel()}

        def probabilities(self, rows):
            asked.append((self.learned, {drawings[int(row)] for row in rows.ravel()}))
            return np.full((len(rows), 2), 0.5, np.float32)

    monkeypatch.setattr(styles, "_head", lambda rows, targets, parameters: Spy(rows))
    scores = styles.foreign_scores(drawings, features, QUICK)
    assert not np.isnan(scores).any()
    for learned, others in asked:
        assert not {one.style for one in learned} & {one.style for one in others}
        subjects = [{(one.label, one.subject) for one in each} for each in (learned, others)]
        assert not subjects[0] & subjects[1]


def test_a_style_that_nothing_else_was_learned_from_has_no_scores():
    drawings = styles.all_drawings(4)
    features = np.random.default_rng(0).random((len(drawings), 1, 3)).astype(np.float32)
    scores = styles.foreign_scores(drawings, features, QUICK, ["studio"])
    studio = np.array([one.style == "studio" for one in drawings])
    assert np.isnan(scores[studio]).all()
    assert not np.isnan(scores[~studio]).any()


def test_the_figures_count_both_labels_by_hand():
    drawings = [Drawing(0, 0, "far", 0), Drawing(0, 1, "far", 0),
                Drawing(1, 0, "far", 0), Drawing(1, 1, "far", 0)]
    table = styles.figures(drawings, np.array([0.9, 0.4, 0.6, 0.1], np.float32))
    # One of two hot dogs found, one of two others told; three of the four pairs in order.
    assert table["far"] == table["all"] == pytest.approx(
        {"recall": 0.5, "others": 0.5, "balanced": 0.5, "auc": 0.75})


def test_a_drawing_is_written_the_same_every_time(tmp_path):
    one = Drawing(1, 2, "table", 0)
    assert one.write(tmp_path, 1).read_bytes() == one.write(tmp_path, 1).read_bytes()
