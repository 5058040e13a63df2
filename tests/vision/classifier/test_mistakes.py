import numpy as np
import pytest
from PIL import Image

from vision.classifier.mistakes import draw_mistakes, find_mistakes, mistake_rows
from words_and_images.retraining.evaluation import Evaluation

LABELS = ["hotdog", "a very long label that no caption has room for", "хот-дог"]
COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200))


def evaluation(scores, targets=None, paths=None) -> Evaluation:
    probabilities = np.array(scores, np.float32)
    targets = np.zeros(len(scores), int) if targets is None else np.array(targets)
    paths = paths or [f"class/{number}.png" for number in range(len(scores))]
    return Evaluation(LABELS, paths, targets, probabilities)


def five_images() -> Evaluation:
    """All are hot dogs; 0 is right, 3 is the most confident mistake, then 1, 2 and 4."""
    return evaluation([[0.8, 0.1, 0.1], [0.3, 0.7, 0], [0.4, 0, 0.6], [0.1, 0.9, 0], [0.4, 0.6, 0]])


@pytest.fixture
def photos(tmp_path):
    """A folder with a picture of one colour for each image."""
    (tmp_path / "photos" / "class").mkdir(parents=True)
    for number, colour in enumerate(COLOURS):
        picture = Image.new("RGB", (60, 40), colour)
        picture.save(tmp_path / "photos" / "class" / f"{number}.png")
    return tmp_path / "photos"


def sheet_of(path):
    with Image.open(path) as sheet:
        assert sheet.format == "PNG"
        return np.asarray(sheet.convert("RGB"))


def colours_of(sheet):
    """Numbers of the pictures on a sheet, from left to right."""
    found = {}
    for number, colour in enumerate(COLOURS):
        columns = np.flatnonzero((sheet == colour).all(axis=2).any(axis=0))
        if len(columns):
            found[number] = columns[0]
    return sorted(found, key=found.__getitem__)


def test_mistakes_are_listed_with_the_most_confident_first():
    assert [mistake.row for mistake in find_mistakes(five_images())] == [3, 1, 2, 4]
    assert mistake_rows(five_images())[0] == {
        "path": "class/3.png", "label": "hotdog", "predicted": LABELS[1],
        "score": pytest.approx(0.9)}


def test_mistakes_of_one_score_are_in_the_order_of_their_paths():
    scores = [[0.2, 0.8, 0]] * 3
    mistakes = find_mistakes(evaluation(scores, paths=["c", "a", "b"]))
    assert [mistake.path for mistake in mistakes] == ["a", "b", "c"]


def test_the_sheet_shows_the_mistakes_and_nothing_else(photos, tmp_path):
    draw_mistakes(five_images(), photos, tmp_path / "sheet.png")
    assert colours_of(sheet_of(tmp_path / "sheet.png")) == [3, 1, 2, 4]


def test_files_can_be_given_one_by_one(photos, tmp_path):
    files = sorted((photos / "class").iterdir())
    draw_mistakes(five_images(), photos, tmp_path / "folder.png")
    draw_mistakes(five_images(), files, tmp_path / "files.png")
    draw_mistakes(five_images(), [file.read_bytes() for file in files], tmp_path / "contents.png")
    for name in ("files.png", "contents.png"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "folder.png").read_bytes()


def test_at_most_so_many_are_shown_and_the_others_counted(photos, tmp_path):
    draw_mistakes(five_images(), photos, tmp_path / "all.png", most=4)
    draw_mistakes(five_images(), photos, tmp_path / "two.png", most=2)
    shortened = sheet_of(tmp_path / "two.png")
    assert colours_of(shortened) == [3, 1]
    # The line below: ink in the margin's strip, which the whole sheet does not have
    assert shortened[-50:-20].min() < 200
    assert sheet_of(tmp_path / "all.png")[-30:].min() > 200


def test_without_mistakes_the_sheet_says_so(tmp_path):
    right = evaluation([[0.8, 0.1, 0.1]])
    draw_mistakes(right, tmp_path, tmp_path / "none.png")
    sheet = sheet_of(tmp_path / "none.png")
    assert sheet.min() < 60  # ink
    assert sheet.shape[0] < 150 < sheet.shape[1]


def test_the_margins_are_empty_whatever_the_labels(photos, tmp_path):
    draw_mistakes(five_images(), photos, tmp_path / "sheet.png")
    sheet = sheet_of(tmp_path / "sheet.png")
    for margin in (sheet[:30], sheet[-30:], sheet[:, :30], sheet[:, -30:]):
        assert len(np.unique(margin.reshape(-1, 3), axis=0)) == 1


def test_a_picture_that_has_gone_leaves_a_place_that_says_so(photos, tmp_path):
    draw_mistakes(five_images(), photos, tmp_path / "before.png")
    (photos / "class" / "1.png").unlink()
    draw_mistakes(five_images(), photos, tmp_path / "sheet.png")
    sheet = sheet_of(tmp_path / "sheet.png")
    assert colours_of(sheet) == [3, 2, 4]
    assert sheet.shape == sheet_of(tmp_path / "before.png").shape


def test_the_same_mistakes_give_the_same_bytes(photos, tmp_path):
    for name in ("a.png", "b.png"):
        draw_mistakes(five_images(), photos, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_answers_are_compared_once_and_not_once_a_mistake(monkeypatch):
    counted = []
    predicted = Evaluation.predicted
    monkeypatch.setattr(Evaluation, "predicted", property(
        lambda self: counted.append(1) or predicted.fget(self)))
    find_mistakes(five_images())
    assert len(counted) <= 2
