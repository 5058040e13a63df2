import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from benchmarks import images, images_contenders, images_once, images_tables, measuring
from benchmarks.images_contenders import PEER, SAVED_MODEL, Contenders
from vision.photos.split import write_split
from words_and_images.common.errors import UserError
from words_and_images.retraining.split import Example, Split

ROOT = Path(__file__).parents[2]
COLOURS = {"red": (200, 60, 40), "green": (60, 160, 90)}
SIZE = 32
ONCE = "benchmarks.images_once"


def write_photos(folder: Path, count: int, seed: int) -> Path:
    """Noisy pictures of one colour a class."""
    generator = np.random.default_rng(seed)
    for label, colour in COLOURS.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = generator.normal(colour, 60, (40, 40, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number:03}.png")
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    """A SavedModel that stands for a backbone: the mean colours of four quarters."""
    from vision.backbones.runtime import tf

    def features(pictures):
        pooled = tf.nn.avg_pool2d(pictures, SIZE // 2, SIZE // 2, "VALID")
        return tf.reshape(pooled, (-1, 12))

    module = tf.Module()
    module.__call__ = tf.function(
        features, input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)])
    folder = tmp_path_factory.mktemp("network") / "small"
    tf.saved_model.save(module, str(folder))
    return folder


def run_inside(command: list[str]) -> measuring.Measured:
    """Stands for `measuring.run`: the work in this process, which took 2 s and 4 CPU seconds."""
    with (contextlib.redirect_stdout(io.StringIO()) as printed, mock.patch("sys.argv", ["vision"]),
          contextlib.redirect_stderr(io.StringIO())):
        if command[2] == ONCE:
            print(json.dumps(images_once.WORK[command[3]](**json.loads(command[4]))))
        else:
            from vision.command_line import main
            sys.argv += command[3:]
            with contextlib.suppress(SystemExit):
                main()
    return measuring.Measured(2, 4, 100, printed.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_photos(folder / "photos", 40, seed=7)
    write_photos(folder / "others", 5, seed=8)
    return folder


@pytest.fixture(scope="module")
def run(folder, network) -> str:
    """What a run prints; its figures are in the folder."""
    with (mock.patch.dict(os.environ, WORDS_AND_IMAGES_CACHE=str(folder / "cache")),
          pytest.MonkeyPatch.context() as patch, contextlib.chdir(ROOT),
          mock.patch("sys.stdout", new_callable=io.StringIO) as printed):
        patch.setattr(images, "EFFICIENTNET", str(network))
        patch.setattr(images_contenders, "run", run_inside)
        images.compare(photos=str(folder / "photos"), heldout=str(folder / "others"), rounds=2,
                       count=6, starts=1, many=90, output=folder / "figures" / "images.json")
        return printed.getvalue()


@pytest.fixture
def figures(run, folder) -> dict[str, Any]:
    return json.loads((folder / "figures" / "images.json").read_text())


@pytest.fixture
def backbone(figures) -> dict[str, Any]:
    assert list(figures["backbones"]) == ["small"]
    return figures["backbones"]["small"]


def test_extraction_is_measured_by_all_in_turn(backbone):
    assert set(backbone["extraction"]) == {"int8", "float32", PEER, "looks"}
    for row in backbone["extraction"].values():
        assert row["photos"] == 6
        assert len(row["all_seconds"]) == 2
        assert row["photos_a_second"] == pytest.approx(6 / np.median(row["all_seconds"]))
        assert row["photos_a_cpu_second"] == pytest.approx(6 / np.median(row["all_cpu_seconds"]))
        assert row["peak_memory_mb"] == 100


def test_the_split_and_the_held_out_photos_are_counted_for_each(figures, backbone):
    assert sum(figures["split"].values()) == 80
    for row in backbone["retraining"].values():
        assert row["test"][1] == figures["split"]["test"]
        assert row["heldout"] == [10, 10]
        assert row["extraction"]["photos"] == 90


def test_cold_starts_are_whole_processes(backbone):
    assert backbone["cold_start"]["here"]["seconds"] == 2
    assert backbone["cold_start"][SAVED_MODEL]["tensorflow"]


def test_a_folder_is_filled_and_classified(backbone):
    assert backbone["folder"]["photos"] == 90
    assert backbone["folder"]["classify"]["photos_a_second"] == 45


def test_the_table_has_speeds_intervals_and_ratios(run, backbone):
    row = next(line for line in run.splitlines() if line.startswith("│ extraction, photos/s"))
    cells = [cell.strip() for cell in row.split("│")[2:6]]
    speeds = {name: backbone["extraction"][name]["photos_a_second"]
              for name in ("int8", "float32", PEER)}
    assert cells[:3] == [f"{speed:,.1f}" for speed in speeds.values()]
    assert cells[3] == f"{speeds[backbone['default']] / speeds[PEER]:.2f}"
    assert "100.0 % of 10" in run
    assert "(72.2 to 100.0 %)" in run


def test_the_picture_is_drawn(run, folder):
    assert (folder / "figures" / "images.png").read_bytes().startswith(b"\x89PNG")


def test_work_has_a_process_of_its_own(run, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    backbone = next(path.parent for path in sorted((folder / "cache").rglob("network.tflite")))
    photos = images_contenders.listed(sorted((folder / "others").rglob("*.png")), tmp_path / "list")
    taken = images_contenders.work("extract_here", photos=photos, backbone=str(backbone),
                                   looks=["whole"], output=str(tmp_path / "features.npy"))
    assert taken["photos"] == 10
    assert 0 < taken["seconds"] < taken["process_seconds"]
    assert np.load(tmp_path / "features.npy").shape == (10, 1, 12)


def test_a_photo_that_is_there_twice_is_extracted_twice(run, folder, tmp_path):
    backbone = next(path.parent for path in sorted((folder / "cache").rglob("network.tflite")))
    photo = next((folder / "others").rglob("*.png"))
    photos = images_contenders.listed([photo] * 3, tmp_path / "list")
    with mock.patch("vision.backbones.bottlenecks.features_of",
                    side_effect=lambda *_: np.ones((1, 12))) as extracted:
        images_once.extract_here(photos, str(backbone), ["whole"])
    assert extracted.call_count == 3 + 3  # the warm-up and the work


def made_split(path: Path, targets: list[int]) -> Split:
    parts = ("training", "training", "training", "validation", "test")
    split = Split(["a", "b", "c"], [
        Example(f"{number}.png", "abc"[target], f"{number:x}", parts[number % 5])
        for number, target in enumerate(targets)])
    write_split(split, path)
    return split


def test_the_heads_train_on_the_same_split_and_count_what_is_right(tmp_path):
    targets = np.arange(60) % 3
    split = made_split(tmp_path / "split.json", targets.tolist())
    features = np.eye(3, dtype=np.float32)[np.append(targets, [0, 1, 2, 2])]
    features += np.random.default_rng(1).normal(0, 0.1, features.shape).astype(np.float32)
    np.save(tmp_path / "features.npy", features[:, None])
    (tmp_path / "heldout.json").write_text("[0, 1, 2, 0]")  # the last one is wrong on purpose
    np.save(tmp_path / "variants.npy", features[split.rows("training")][:, None])
    given = {name: str(tmp_path / f"{name}.{suffix}") for name, suffix in (
        ("features", "npy"), ("split", "json"), ("heldout", "json"))}
    variants = {"variants": str(tmp_path / "variants.npy")}
    for retrain, more in ((images_once.retrain_here, variants), (images_once.retrain_sklearn, {})):
        taken = retrain(**given, **more)
        assert taken["test"] == [12, 12]
        assert taken["heldout"] == [3, 4]
        assert taken["seconds"] > 0
    assert len(split.rows("test")) == 12


@pytest.mark.parametrize("classes", [2, 3])
def test_scaling_and_regression_fold_into_one_layer(classes):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    generator = np.random.default_rng(2)
    features, targets = generator.normal(3, 2, (60, 5)), np.arange(60) % classes
    scaler = StandardScaler().fit(features)
    regression = LogisticRegression().fit(scaler.transform(features), targets)
    layer = images_once._dense_layer(scaler, regression)
    logits = features @ layer["weights"] + layer["bias"]
    powers = np.exp(logits)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True),
                               regression.predict_proba(scaler.transform(features)), atol=1e-5)


def test_the_scripts_for_keras_extract_and_classify(folder, tmp_path, monkeypatch):
    import keras

    def small_inception(**options):
        assert options == {"include_top": False, "weights": "weights.h5", "pooling": "avg"}
        pictures = keras.Input((None, None, 3))
        return keras.Model(pictures, keras.layers.GlobalAveragePooling2D()(pictures))

    monkeypatch.setattr("keras.applications.inception_v3.InceptionV3", small_inception)
    monkeypatch.setattr(images_once, "BATCH_SIZE", 4)
    paths = sorted((folder / "others").rglob("*.png"))
    photos = images_contenders.listed(paths, tmp_path / "list")
    features = str(tmp_path / "features.npy")
    assert images_once.extract_keras(photos, "weights.h5", features)["photos"] == 10
    with Image.open(paths[0]) as picture:
        resized = picture.resize(images_once.KERAS_SIZE, Image.Resampling.NEAREST)
    mean = np.asarray(resized, np.float32).mean(axis=(0, 1)) / 127.5 - 1
    np.testing.assert_allclose(np.load(features)[0], mean, atol=1e-4)

    weights, bias = np.float32([[1, 2], [0, 1], [-1, 0]]), np.float32([0.5, 0])
    np.savez(tmp_path / "layer.npz", weights=weights, bias=bias)
    model = str(tmp_path / "classifier.keras")
    images_once.save_keras("weights.h5", str(tmp_path / "layer.npz"), model)
    answer = images_once.classify_keras(model, str(paths[0]))
    powers = np.exp(mean @ weights + bias)
    np.testing.assert_allclose(answer["scores"], powers / powers.sum(), atol=1e-4)
    assert answer["tensorflow"]


def test_the_rounds_take_turns():
    seen: list[str] = []
    ways = {name: lambda name=name: seen.append(name) or {"seconds": 1.0} for name in "ab"}
    assert images_contenders.in_turn("", ways, 2) == {"a": [{"seconds": 1}] * 2,
                                                      "b": [{"seconds": 1}] * 2}
    assert seen == ["a", "b", "a", "b"]


def test_a_peer_of_keras_is_run_with_its_weights(tmp_path):
    contenders = Contenders("inception_v3", {"int8": tmp_path, "float32": tmp_path},
                            Path("weights.h5"), (299, 299), ("whole",), tmp_path)
    with mock.patch.object(images_contenders, "work") as work:
        contenders.extract(PEER, "photos.json")
    work.assert_called_once_with("extract_keras", photos="photos.json", weights="weights.h5",
                                 output=None)
    assert (contenders.peer, contenders.default) == ("Keras", "int8")


def test_a_drop_is_of_int8_against_float32():
    trained = {"int8": {"test": [95, 100], "heldout": None},
               "float32": {"test": [97, 100], "heldout": None},
               PEER: {"test": [94, 100], "heldout": None}}
    rows = images_tables.accuracy_rows({"default": "int8", "retraining": trained})
    assert [row[0] for row in rows] == ["test split, right", "  drop of int8, points"]
    assert rows[0][1:] == ["95.0 % of 100\n(88.8 to 97.8 %)", "97.0 % of 100\n(91.5 to 99.0 %)",
                           "94.0 % of 100\n(87.5 to 97.2 %)", "+1.0 points"]
    assert rows[1][1] == "2.0"


def test_held_out_photos_of_another_class_are_refused(folder, tmp_path):
    write_photos(tmp_path / "photos", 20, seed=1)
    (tmp_path / "photos" / "red").rename(tmp_path / "photos" / "blue")
    plan = images.Plan(str(folder / "photos"), str(tmp_path / "photos"), None, 1, 1, 1, 1)
    with pytest.raises(UserError, match="heldout has photos of blue, and photos has green, red"):
        images.collect(plan, tmp_path / "run")


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"rounds": 0}, "rounds is 0"), ({"many": 0}, "many is 0"),
    ({"photos": "nowhere"}, "photos is nowhere"), ({"heldout": "nowhere"}, "heldout is nowhere"),
    ({"weights": "nowhere.h5"}, "weights is nowhere.h5"),
    ({"output": Path("images.png")}, "ends in .json"),
])
def test_wrong_options_are_refused_before_any_work(wrong, sentence, tmp_path):
    given = {"output": tmp_path / "images.json", **wrong}
    with (mock.patch.dict(os.environ), mock.patch.object(images, "measure") as measure,
          pytest.raises(UserError, match=sentence)):
        images.compare(**given)
    measure.assert_not_called()
