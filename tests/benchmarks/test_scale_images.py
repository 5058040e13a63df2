import contextlib
import io
import json
import sys
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from benchmarks import (
    images_contenders,
    images_once,
    measuring,
    scale_images,
    scale_once,
    scale_picture,
    scale_tables,
)
from vision.photos.split import find_groups
from words_and_images.common.errors import UserError

pytest.importorskip("distributed", reason="Dask is an extra")

WORK = images_once.WORK | scale_once.WORK
COUNT = 60  # images: few, but some of each label for each split


def run_inside(command: list[str]) -> measuring.Measured:
    """Stands for `measuring.run`: the work in this process, which took 2 s and 100 MB."""
    with (contextlib.redirect_stdout(io.StringIO()) as printed,
          contextlib.redirect_stderr(io.StringIO())):
        print(json.dumps(WORK[command[3]](**json.loads(command[4]))))
    return measuring.Measured(2, 4, 100, printed.getvalue())


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> dict[str, Any]:
    """Of a run with the stand-in as the backbone of the extractions, too."""
    folder = tmp_path_factory.mktemp("scale")
    scale_images.make_up(folder / "mine", COUNT)
    scale_once.write_stand_in(str(folder / "network"))
    plan = scale_images.Plan(str(folder / "mine"), str(folder / "network"), 40, [COUNT], 1, 2)
    with (mock.patch.dict("os.environ", WORDS_AND_IMAGES_CACHE=str(folder / "cache")),
          pytest.MonkeyPatch.context() as patch):
        patch.setattr(scale_images, "LEAST", COUNT)
        for module in (images_contenders, scale_images):
            patch.setattr(module, "run", run_inside)
        (folder / "work").mkdir()
        return {"images": scale_images.measure(plan, folder / "work")}


def test_both_engines_extract_the_same_photos_to_the_same_bytes(figures):
    images = figures["images"]
    assert (images["photos"], images["count"], images["backbone"]) == ("mine", 40, "network")
    [row] = images["engines"]
    assert row["workers"] == 1 and row["same"]
    for engine in scale_images.ENGINES:
        assert row[engine] == pytest.approx(40 / np.median(40 / np.array(row[f"all_{engine}"])))
        assert len(row[f"all_{engine}"]) == 2
    assert row["cost"] == pytest.approx(row["local"] / row["dask"] - 1)
    # Features of 1,280 numbers come back, and a file of a kilobyte or two goes there.
    assert 4 * 1280 + 500 < row["moved_bytes_a_photo"] < 4 * 1280 + 20_000


def test_a_retraining_is_told_step_by_step(figures):
    [row] = figures["images"]["counts"]
    assert (row["images"], row["seconds"], row["peak_memory_mb"]) == (COUNT, 2, 100)
    steps = [step["step"] for step in row["steps"]]
    assert steps == [
        "checking the photos, copying them", "comparing them, near-duplicates",
        "opening the network", "bottlenecks of the photos",
        "bottlenecks of a variant of each training photo", "training the head", "testing it",
        "export"]
    memory = [step["memory_so_far_mb"] for step in row["steps"]]
    assert memory == sorted(memory) and memory[0] > 10
    assert all(step["seconds"] > 0 for step in row["steps"])


def test_what_was_measured_is_shown_and_drawn(figures, tmp_path, capsys):
    scale_tables.show(figures)
    printed = capsys.readouterr().out
    assert "bottlenecks by network, 40 photos of mine" in printed
    assert "training the head" in printed and "all, with start and end" in printed
    scale_picture.draw(figures, tmp_path / "scale.png")
    alone = Image.open(tmp_path / "scale.png").size
    rows = [{"workers": 1, "local": 2e6, "dask": 1e6}]
    lengths = [{"words": 1000, "seconds": 1, "peak_memory_mb": 100}]
    scale_picture.draw({"words": {"models": {"cbow": rows}, "lengths": lengths}, **figures},
                       tmp_path / "both.png")
    both = Image.open(tmp_path / "both.png").size
    assert both[0] == alone[0] and both[1] > 1.8 * alone[1]


def test_small_images_are_as_many_of_each_label_and_hardly_any_alike(tmp_path):
    scale_images.make_up(tmp_path, 500)
    paths = sorted(tmp_path.glob("*/*.jpg"))
    labels = [path.parent.name for path in paths]
    assert {labels.count(label) for label in labels} == {50} and len(set(labels)) == 10
    assert {Image.open(path).size for path in paths} == {(32, 32)}
    _, company = find_groups(paths, labels, 0.28)
    grouped = {path.stem for path, rows in zip(paths, company, strict=True) if len(rows) > 1}
    copies = {f"{number:06}" for copy in range(49, 500, 50) for number in (copy, copy - 10)}
    assert copies <= grouped and len(grouped) < 1.5 * len(copies)


def test_more_photos_than_there_are_is_one_sentence(tmp_path):
    scale_images.make_up(tmp_path / "mine", 30)
    plan = scale_images.Plan(str(tmp_path / "mine"), "network", 40, [], 1, 1)
    with pytest.raises(UserError, match="images is 40, and .*mine has 30; give a lower number"):
        scale_images.measure(plan, tmp_path / "work")


def test_work_that_fails_is_not_noted_as_done(tmp_path):
    argv = list(sys.argv)
    with pytest.raises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as told:
        scale_once.retrain_in_steps([str(tmp_path / "none"), str(tmp_path / "out")],
                                    str(tmp_path / "cache"))
    assert "none" in told.getvalue() and sys.argv == argv
