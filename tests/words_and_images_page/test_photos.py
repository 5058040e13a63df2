import io
import json
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from words_and_images.common.errors import UserError
from words_and_images.common.workers import cores
from words_and_images_page.limits import Limits
from words_and_images_page.photos import (
    PhotoModel,
    Shared,
    evaluation_sentence,
    find_examples,
    refuse_large,
    shown,
)

RANGES = [{"low": 0.6, "high": 0.7, "count": 1, "right": 1, "interval": [0.2065, 1.0]},
          {"low": 0.9, "high": 1.0, "count": 120, "right": 117, "interval": [0.929, 0.991]}]


def content_of(colour, size=(20, 10), kind="PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(
            ">I", zlib.crc32(name + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                                            0)) + chunk(b"IDAT", b"")


def test_a_photo_is_answered_with_label_score_and_what_the_evaluation_says(photo_model):
    found = photo_model(test={"score_ranges": RANGES}).answer(content_of("red"))
    assert (found.answer, found.sure) == ("HOT DOG", True)
    assert found.score == pytest.approx(1 / (1 + np.exp(-8)))
    assert found.sentence == ("Of 120 test images with a score of 0.9 to 1.0, 117 were right "
                              "(95 % interval 93 to 99 %). It holds for photos like those.")
    assert [label for label, _ in found.scores] == ["HOT DOG", "NOT HOT DOG"]


def test_below_the_threshold_the_answer_is_not_sure(photo_model):
    found = photo_model(not_sure=0.9, test={"score_ranges": RANGES}).answer(
        content_of((51, 0, 0)))
    assert (found.answer, found.sure) == ("NOT SURE", False)
    assert found.scores[0] == ("HOT DOG", pytest.approx(0.832, abs=1e-3))
    assert found.sentence.startswith("Scores below 0.9 are no answer. No test image had a score "
                                     "near 0.83")


@pytest.mark.parametrize("score, sentence", [
    (0.65, "Of 1 test image with a score of 0.6 to 0.7, 1 was right (95 % interval 21 to 100 %)."),
    (0.7, "Of 1 test image with a score of 0.6 to 0.7"),
    (1.0, "Of 120 test images with a score of 0.9 to 1.0"),
    (0.75, "No test image had a score near 0.75: the evaluation tells nothing about it.")])
def test_the_range_of_a_score_includes_its_upper_end(score, sentence):
    assert evaluation_sentence({"test": {"score_ranges": RANGES}}, score).startswith(sentence)


@pytest.mark.parametrize("images, end", [
    ({"name": "drawings"}, "of drawings with a score of 0.9 to 1.0, 117 were right (95 % interval "
     "93 to 99 %). Those were drawings: it says nothing of a photo."),
    ({"path": "/home/me/drawings"}, "It holds for photos like those.")])
def test_below_a_photo_stands_what_figures_of_drawings_say_of_it(images, end):
    record = {"images": images, "test": {"score_ranges": RANGES}}
    assert evaluation_sentence(record, 0.95).endswith(end)


@pytest.mark.parametrize("record", [{}, {"test": {"accuracy": 1.0}}, {"test": None}])
def test_a_record_without_ranges_says_that_the_evaluation_tells_nothing(record):
    assert "made by an older version" in evaluation_sentence(record, 0.9)


@pytest.mark.parametrize("label, text", [
    ("hotdog", "HOT DOG"), ("nothotdog", "NOT HOT DOG"), ("my_dog-house", "MY DOG HOUSE")])
def test_labels_are_shown_in_large_letters(label, text):
    assert shown(label) == text


@pytest.mark.parametrize("content, sentence", [
    (b"", "cannot be read as an image (the file is empty)"),
    (b"hello", "as an image (not a JPEG, PNG, GIF, WebP, BMP, TIFF, HEIC or AVIF image)"),
    (content_of("red")[:45], "cannot be read as an image"),
    (png_header(60_000, 60_000), "far too many pixels"),
    (png_header(10_000, 9_000), "This picture has 10,000 x 9,000 pixels; at most 50 million"),
    (b"x" * 20_000_001, "This file is larger than 20 MB; choose a smaller one.")])
@pytest.mark.parametrize("ask", [PhotoModel.answer, PhotoModel.explain])
def test_what_is_no_image_or_too_large_a_one_is_one_sentence(photo_model, ask, content, sentence):
    with pytest.raises(UserError) as caught:
        ask(photo_model(), content)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pixels_are_counted_before_they_are_decoded():  # of a header there is nothing to decode
    with pytest.raises(UserError, match="at most 0.0001 million"):
        refuse_large(png_header(8_000, 8_000), Limits(pixels=100))


@pytest.mark.parametrize("values", [{"megabytes": 0}, {"megabytes": float("nan")}, {"pixels": 0},
                                    {"pixels": 100_000_001}])
def test_limits_that_cannot_be_are_refused(values):
    with pytest.raises(UserError, match="--max-(megabytes|pixels) is"):
        Limits(**values)


def test_a_map_is_a_png_with_a_sentence(photo_model):
    picture = Image.new("RGB", (60, 60))
    picture.paste("red", (0, 40, 20, 60))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    found = photo_model().explain(stream.getvalue())
    assert Image.open(io.BytesIO(found.png)).format == "PNG"
    assert found.sentence.startswith("HOT DOG rests most on the bottom left: covered there, its")


def test_no_more_networks_run_at_once_than_there_are_cores(photo_model):
    running, most, lock = 0, 0, threading.Lock()
    model = photo_model()
    inner = model.classifier.backbone

    class Counting:
        record = inner.record

        def features(self, images):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.005)
            with lock:
                running -= 1
            return inner.features(images)

    shared = PhotoModel("x", replace(model.classifier, backbone=Shared(Counting())))
    contents = [content_of("red"), content_of("blue")] * 10
    with ThreadPoolExecutor(10) as pool:
        answers = [found.answer for found in pool.map(shared.answer, contents)]
    assert answers == ["HOT DOG", "NOT HOT DOG"] * 10
    assert 1 <= most <= cores()


def test_the_record_tells_backbone_images_and_test(photo_model):
    model = photo_model(
        backbone={"name": "lite"}, images={"path": "/home/me/pets", "about": "my pets"},
        test={"accuracy": 0.975, "count": 40, "interval": [0.87, 0.996]})
    assert model.made_of == "the backbone lite, trained on pets (my pets)"
    assert model.tested == "39 of 40 test images right (95 % interval 87 to 100 %)"
    model.record["test"]["labels"] = {"cat": {"right": 34, "count": 34},
                                      "dog": {"right": 5, "count": 6}}
    assert model.tested.endswith("; always answering cat would be right for 85.0 %; worst class "
                                 "dog 83.3 % (5 of 6)")


def test_only_what_is_known_of_the_making_is_said(photo_model):
    assert photo_model().made_of == ("a backbone that is not recorded, its training images are not "
                                     "recorded")
    assert photo_model().tested == "its test is not recorded"


def test_a_classifier_that_tensorflow_runs_is_refused(tmp_path):
    for name in ("labels.json", "head.npz", "record.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "backbone").mkdir()
    record = {"name": "x", "height": 4, "width": 4, "feature_width": 3, "pixel_scaling": "x",
              "source": "x", "licence": "", "citation": "", "fingerprint": "0",
              "inference": "tensorflow"}
    (tmp_path / "backbone" / "record.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="runs in TensorFlow, which the page does without"):
        PhotoModel.load(tmp_path, "x", Limits())


def test_examples_are_test_images_of_each_label_in_turn(tmp_path):
    entries = []
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        for number in range(10):
            path = f"{label}/{number}.png"
            (tmp_path / path).write_bytes(content_of("red"))
            entries.append({"path": path, "label": label,
                            "split": "test" if number < 6 else "training"})
    entries.append({"path": "dog/gone.png", "label": "dog", "split": "test"})
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"images": entries}))
    found = [str(path.relative_to(tmp_path)) for path in find_examples(split, tmp_path, most=4)]
    assert found == ["cat/1.png", "dog/1.png", "cat/4.png", "dog/4.png"]


@pytest.mark.parametrize("form", ["TIFF", "HEIF", "AVIF"])
def test_photos_of_phones_and_scanners_are_answered_like_the_same_png(photo_model, form):
    pillow_heif.register_heif_opener()  # to write HEIC
    answers = []
    for each in ("PNG", form):
        stream = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(stream, each)
        answers.append(photo_model().answer(stream.getvalue()))
        assert photo_model().explain(stream.getvalue()).png.startswith(b"\x89PNG")
    assert answers[0].answer == answers[1].answer
    assert answers[0].score == pytest.approx(answers[1].score, abs=0.02)


def test_no_example_is_of_a_kind_that_browsers_do_not_show(tmp_path):
    (tmp_path / "cat").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "cat" / "a.png", "TIFF")
    (tmp_path / "cat" / "b").write_bytes(content_of("red"))
    entries = [{"path": f"cat/{name}", "label": "cat", "split": "test"} for name in ("a.png", "b")]
    (tmp_path / "split.json").write_text(json.dumps({"images": entries}))
    assert find_examples(tmp_path / "split.json", tmp_path) == [tmp_path / "cat" / "b"]


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_without_a_split_there_are_no_examples(tmp_path, content):
    (tmp_path / "split.json").write_text(content)
    assert find_examples(tmp_path / "split.json", tmp_path) == []
    assert find_examples(tmp_path / "none.json", tmp_path) == []


def test_no_example_lies_outside_the_images_folder(tmp_path):
    images = tmp_path / "images"
    (images / "cat").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(content_of("red"))
    (images / "cat" / "own.png").write_bytes(content_of("red"))
    (images / "cat" / "link.png").symlink_to(tmp_path / "secret.png")
    names = ("../secret.png", str(tmp_path / "secret.png"), "cat/../../secret.png",
             "cat/link.png", "cat/own.png")
    entries = [{"path": name, "label": "cat", "split": "test"} for name in names]
    (tmp_path / "split.json").write_text(json.dumps({"images": entries}))
    assert find_examples(tmp_path / "split.json", images) == [images / "cat" / "own.png"]
