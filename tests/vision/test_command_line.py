import inspect
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest

from common import fetching
from common.profile import PROFILES
from vision import command_line
from vision.head import RetrainParameters
from vision.split import SplitParameters

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT.parent / "shared" / "data" / "photos"


def run(arguments, capsys) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    before, sys.argv = sys.argv, ["vision", *map(str, arguments)]
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as ended:
            command_line.main()
    finally:
        sys.argv = before
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(fetching.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def photos(write_photos, tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("data") / "photos")


@pytest.fixture(scope="module")
def backbone(small_saved_model):
    return small_saved_model


@pytest.fixture(scope="module")
def model(tmp_path_factory, photos, backbone):
    folder = tmp_path_factory.mktemp("models") / "classifier"
    command_line.retrain_classifier(
        command_line.RetrainRequest(str(photos), str(backbone), None, SplitParameters(),
                                    RetrainParameters()), folder)
    return folder


def sentence(text: str) -> str:
    """The only line of a text."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_retrain_prints_the_split_and_the_accuracy_with_count_and_interval(
    photos, backbone, tmp_path, capsys
):
    code, out, _ = run(["retrain", photos, tmp_path / "m", "--backbone", backbone], capsys)
    assert code == 0
    assert re.search(r"^ +training +validation +test$", out, re.M)
    counts = [int(n) for n in re.search(r"^all +(\d+) +(\d+) +(\d+)$", out, re.M).groups()]
    assert sum(counts) == 120
    pattern = rf"test accuracy 100.0 % \({counts[2]} of {counts[2]}\), 95 % interval \d+\.\d to 100"
    assert re.search(pattern, out)
    assert (tmp_path / "m" / "saved_model" / "saved_model.pb").exists()


def test_retrain_quietly_prints_nothing_and_as_json_one_object(
    photos, backbone, tmp_path, capsys
):
    common = ["retrain", photos, tmp_path / "m", "--backbone", backbone, "--quiet"]
    assert run(common, capsys) == (0, "", "")
    # Over the classifier of the first run, which is replaced
    code, out, err = run([*common, "--json"], capsys)
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["accuracy"] == 1
    assert sum(report["images"]["hotdog"].values()) == 60


def test_retraining_again_gives_the_same_scores(photos, backbone, model, tmp_path, capsys):
    run(["retrain", photos, tmp_path / "again", "--backbone", backbone], capsys)
    image = photos / "hotdog" / "000.png"
    first, second = (run(["classify", folder, image, "--json"], capsys)[1]
                     for folder in (model, tmp_path / "again"))
    assert first == second


def test_retrain_never_replaces_a_folder_that_is_no_classifier(photos, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    code, _, err = run(["retrain", photos, tmp_path], capsys)
    assert code == 2 and "exists and is no classifier" in sentence(err)
    assert (tmp_path / "thesis.txt").exists()


def test_retrain_tells_of_a_place_that_cannot_be_written_before_any_work(photos, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    code, _, err = run(["retrain", photos, tmp_path / "file" / "model"], capsys)
    assert code == 2 and "takes no new folder" in sentence(err)


def test_retrain_tells_of_a_source_that_is_nowhere_in_one_sentence(tmp_path, capsys):
    code, _, err = run(["retrain", "hotdog_photo", tmp_path / "m"], capsys)
    assert code == 2 and "did you mean hotdog_photos?" in sentence(err)


def test_retrain_refuses_values_out_of_range_before_any_work(photos, tmp_path, capsys):
    code, _, err = run(["retrain", photos, tmp_path / "m", "--steps", "0"], capsys)
    assert code == 2 and "steps is 0" in sentence(err)


def test_options_of_retrain_have_the_names_and_defaults_of_the_parameters():
    options = inspect.signature(command_line.retrain_command).parameters
    for group in (RetrainParameters, SplitParameters):
        for field in fields(group):
            assert options[field.name].default == field.default, field.name
    assert options["backbone"].default == PROFILES["embedded"]["backbone"]


def test_every_command_has_a_help_with_defaults(capsys):
    for command in ("retrain", "classify", "evaluate"):
        code, out, _ = run([command, "--help"], capsys)
        assert code == 0 and "MODEL" in out or "IMAGES" in out
    code, out, _ = run(["retrain", "--help"], capsys)
    assert "default: 500" in out and "efficientnet_lite2" in out


def test_help_answers_within_a_second_and_without_tensorflow():
    program = ("import sys; from vision.command_line import main; sys.argv = ['vision', '--help']\n"
               "try: main()\n"
               "finally: print('tensorflow' in sys.modules, 'PIL' in sys.modules)")
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    # A second on a quiet machine; other work may share it.
    assert time.perf_counter() - started < 3
    assert done.stdout.rstrip().endswith("False False")


def test_one_image_gives_label_and_score_lines_best_first(model, photos, capsys):
    code, out, _ = run(["classify", model, photos / "hotdog" / "001.png"], capsys)
    first, second = out.splitlines()
    assert code == 0
    assert re.fullmatch(r"hotdog \(score = [01]\.\d{5}\)", first)
    assert re.fullmatch(r"nothotdog \(score = [01]\.\d{5}\)", second)


def test_several_images_have_their_names_above_their_scores(model, photos, capsys):
    images = [photos / "nothotdog" / "001.png", photos / "hotdog" / "002.png"]
    code, out, _ = run(["classify", model, *images, "--top", "1"], capsys)
    lines = out.splitlines()
    assert code == 0
    assert [lines[0], lines[2]] == [str(image) for image in images]
    assert lines[1].startswith("nothotdog (score") and lines[3].startswith("hotdog (score")


def test_classify_as_json_has_path_label_and_scores(model, photos, capsys):
    image = photos / "hotdog" / "001.png"
    code, out, _ = run(["classify", model, image, "--json"], capsys)
    answer, = json.loads(out)
    assert code == 0
    assert (answer["path"], answer["label"]) == (str(image), "hotdog")
    assert list(answer["scores"]) == ["hotdog", "nothotdog"]
    assert sum(answer["scores"].values()) == pytest.approx(1)


def test_an_unreadable_image_is_one_sentence_and_the_others_are_answered(
    model, photos, tmp_path, capsys
):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    image = photos / "hotdog" / "001.png"
    code, out, err = run(["classify", model, tmp_path / "broken.jpg", image], capsys)
    assert code == 2
    assert "broken.jpg cannot be read as an image" in sentence(err)
    assert out.splitlines()[0] == str(image)


def test_a_model_that_is_none_is_one_sentence(photos, capsys):
    for command in (["classify", photos, photos / "hotdog" / "001.png"],
                    ["evaluate", photos, photos]):
        code, out, err = run(command, capsys)
        assert (code, out) == (2, "")
        assert "is no classifier" in sentence(err)


def test_a_broken_record_is_one_sentence(model, photos, tmp_path, capsys):
    shutil.copytree(model, tmp_path / "broken")
    (tmp_path / "broken" / "record.json").write_text("{")
    image = photos / "hotdog" / "001.png"
    code, _, err = run(["classify", tmp_path / "broken", image], capsys)
    assert code == 2 and "record.json is broken" in sentence(err)


def test_usage_errors_have_exit_code_2(model, photos, capsys):
    assert run(["classify", model], capsys)[0] == 2
    assert run(["classify", model, photos / "hotdog/001.png", "--top", "0"], capsys)[0] == 2
    assert run(["clasify"], capsys)[0] == 2


def test_evaluate_prints_accuracy_rates_and_confusion(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 10, seed=8)
    code, out, _ = run(["evaluate", model, fresh], capsys)
    assert code == 0
    assert out.startswith("accuracy 100.0 % (20 of 20), 95 % interval 83.9 to 100.0 %")
    assert re.search(r"^hotdog +10 +1.000 +1.000 +1.000$", out, re.M)
    assert re.search(r"^nothotdog +0 +10$", out, re.M)


def test_evaluate_as_json_has_accuracy_count_and_interval(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 10, seed=8)
    code, out, _ = run(["evaluate", model, fresh, "--json"], capsys)
    report = json.loads(out)
    assert code == 0
    assert (report["accuracy"], report["count"]) == (1, 20)
    assert report["interval"] == pytest.approx([0.839, 1], abs=1e-3)
    assert report["confusion"]["hotdog"] == {"hotdog": 10, "nothotdog": 0}


def test_evaluate_takes_images_of_some_of_the_labels(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 4)
    for path in (fresh / "hotdog").iterdir():
        path.unlink()
    code, out, _ = run(["evaluate", model, fresh, "--json"], capsys)
    assert code == 0 and json.loads(out)["count"] == 4


def test_evaluate_names_a_strange_label_and_the_near_one(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 2)
    (fresh / "hotdog").rename(fresh / "hot dogs")
    code, _, err = run(["evaluate", model, fresh], capsys)
    assert code == 2
    assert "no label 'hot dogs'; did you mean hotdog" in sentence(err)


def test_evaluate_of_a_folder_without_images_is_one_sentence(model, tmp_path, capsys):
    code, _, err = run(["evaluate", model, tmp_path], capsys)
    assert code == 2 and "holds no images" in sentence(err)


@pytest.mark.skipif(not PHOTOS.exists(), reason="../shared/data/photos is not there")
def test_photos_in_a_tar_are_retrained_on_and_evaluated(model, backbone, tmp_path, capsys):
    heldout = PHOTOS / "hotdog_heldout.tar"
    code, out, _ = run(["retrain", heldout, tmp_path / "m", "--backbone", backbone, "--json"],
                       capsys)
    report = json.loads(out)
    assert code == 0
    assert sum(report["images"]["hotdog"].values()) == 101
    assert sum(report["images"]["nothotdog"].values()) == 289
    # Mean colours tell little about hot dogs, but more than nothing
    assert report["auc"] > 0.5
