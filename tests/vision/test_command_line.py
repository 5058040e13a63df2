import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from PIL import Image

from vision import command_line
from vision.backbones import BackboneParameters
from vision.backbones.bottlenecks import BottleneckParameters
from vision.folders import CLASSIFIER
from vision.photos.dataset import ImagesParameters
from vision.photos.distortions import DistortionParameters
from vision.photos.split import PhotoSplitParameters
from vision.retrain_command import retrain_application
from vision.retraining import Recipe, cached_backbone, retrain_classifier
from words_and_images.common import fetching
from words_and_images.common.own_files import seal
from words_and_images.common.profile import PROFILES
from words_and_images.retraining.head import RetrainParameters

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


@pytest.fixture
def typed(monkeypatch):
    """A function that gives bytes to standard input."""
    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return give


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
    retrain_classifier(
        Recipe(ImagesParameters(str(photos)), BackboneParameters(str(backbone))), folder)
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


def test_classify_gives_the_bits_that_the_test_images_were_evaluated_with(
    photos, backbone, tmp_path, capsys
):
    recipe = Recipe(ImagesParameters(str(photos)), BackboneParameters(str(backbone)),
                    head=RetrainParameters(temperature=True, hidden=4),
                    bottlenecks=BottleneckParameters(("whole", "mirror")))
    _, evaluation = retrain_classifier(recipe, tmp_path / "m")
    out = run(["classify", tmp_path / "m", *(photos / path for path in evaluation.names),
               "--json"], capsys)[1]
    for answer, probabilities in zip(json.loads(out), evaluation.probabilities, strict=True):
        wanted = dict(zip(evaluation.labels, probabilities.tolist(), strict=True))
        assert answer["scores"] == wanted


def test_three_classes_go_all_the_way(write_photos, backbone, tmp_path, capsys):
    photos = write_photos(tmp_path / "photos")
    for number, path in enumerate(sorted((photos / "hotdog").iterdir())):
        red, green, blue = Image.open(path).split()
        (photos / "blueberry").mkdir(exist_ok=True)
        Image.merge("RGB", (blue, green, red)).save(photos / "blueberry" / f"{number}.png")
    code, out, _ = run(["retrain", photos, tmp_path / "m", "--backbone", backbone], capsys)
    assert code == 0 and "test accuracy 100.0 %" in out
    out = run(["evaluate", tmp_path / "m", photos], capsys)[1]
    assert re.search(r"^ +blueberry +hotdog +nothotdog$", out, re.M)
    assert re.search(r"^blueberry +60 +0 +0$", out, re.M)
    out = run(["classify", tmp_path / "m", photos / "blueberry", "--csv", "--top", "2"], capsys)[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["label"] for row in rows} == {"blueberry"}
    assert all((row["hotdog"] == "") != (row["nothotdog"] == "") for row in rows)


def test_the_gate_of_retrain_still_writes_the_classifier(photos, backbone, tmp_path, capsys):
    # One step of a very small rate learns nothing.
    code, out, err = run(
        ["retrain", photos, tmp_path / "m", "--backbone", backbone, "--steps", "1",
         "--learning-rate", "1e-9", "--quiet", "--at-least", "1"], capsys)
    assert (code, out) == (1, "") and "below --at-least 1" in sentence(err)
    assert (tmp_path / "m" / "record.json").exists()


def test_distortions_looks_and_the_threshold_reach_the_classifier(
    photos, backbone, tmp_path, capsys
):
    code, _, err = run(
        ["retrain", photos, tmp_path / "m", "--backbone", backbone, "--variants", "2",
         "--no-flip", "--looks", "whole", "--looks", "mirror", "--not-sure", "0.6",
         "--temperature", "--hidden", "8"], capsys)
    assert code == 0, err
    record = json.loads((tmp_path / "m" / "record.json").read_text())
    assert (record["looks"], record["not_sure"]) == (["whole", "mirror"], 0.6)
    assert record["parameters"]["distortions"]["variants"] == 2
    assert record["parameters"]["distortions"]["flip"] is False
    assert record["parameters"]["retrain"]["hidden"] == 8


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
    assert code == 2
    assert "a folder with other content (thesis.txt), and only what was written as a " \
        "classifier is replaced; name a new folder" in sentence(err)
    assert (tmp_path / "thesis.txt").exists()


def test_retrain_keeps_photos_that_lie_in_the_classifier_it_would_replace(
    photos, model, backbone, tmp_path, capsys
):
    own = tmp_path / "own"
    shutil.copytree(model, own)
    shutil.copytree(photos, own / "photos")
    before = sorted(own.rglob("*"))
    for source in (own / "photos", own, photos):
        code, _, err = run(["retrain", source, own, "--backbone", backbone], capsys)
        assert code == 2
        assert "photos" in sentence(err) or "is read and would be lost" in sentence(err)
    code, _, err = run(["retrain", photos, model, "--backbone", model / "backbone"], capsys)
    assert code == 2 and "backbone, which is read and would be lost" in sentence(err)
    assert sorted(own.rglob("*")) == before


@pytest.mark.parametrize("name", ["README.md", ".git/HEAD", "saved_model/notes.txt"])
def test_retrain_keeps_what_somebody_put_beside_an_older_classifier(
    photos, model, tmp_path, name, capsys
):
    own = tmp_path / "own"
    shutil.copytree(model, own)
    (own / name).parent.mkdir(exist_ok=True)
    (own / name).write_text("mine")
    code, _, err = run(["retrain", photos, own], capsys)
    assert code == 2 and f"other content ({name})" in sentence(err)
    assert (own / name).read_text() == "mine"


@pytest.mark.parametrize("command", ["classify", "evaluate", "explain", "show"])
def test_a_damaged_classifier_is_bad_input_to_every_command(
    model, photos, tmp_path, command, capsys
):
    own = tmp_path / "own"
    shutil.copytree(model, own)
    record = json.loads((own / "record.json").read_text())
    (own / "record.json").write_text(json.dumps({**record, "looks": ["whole"]}))
    image = {"evaluate": [photos], "show": []}.get(command, [photos / "hotdog" / "000.png"])
    code, out, err = run([command, own, *image], capsys)
    assert (code, out) == (2, "")
    assert sentence(err).endswith("record.json is not as it was written; copy the folder again "
                                  "from where it is whole, or train the classifier again with "
                                  "`vision retrain`.")


def test_retrain_replaces_a_classifier_that_is_damaged(photos, model, backbone, tmp_path, capsys):
    own = tmp_path / "own"
    shutil.copytree(model, own)
    (own / "record.json").write_text("")
    (own / "backbone" / "network.tflite").unlink(missing_ok=True)
    retrain = ["retrain", photos, own, "--backbone", backbone, "--quiet"]
    # Without the list nobody knows whether somebody has written in the card.
    code, _, err = run(retrain, capsys)
    assert code == 2 and "other content (README.md)" in err
    (own / "README.md").unlink()
    code, _, err = run(retrain, capsys)
    assert (code, err) == (0, "")
    assert run(["show", own], capsys)[0] == 0


def test_pictures_are_drawn_over_no_file_but_an_earlier_one(
    model, photos, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(photos, "photos")
    mine, map_name = Path("mine.png"), "mine-explained.png"
    shutil.copyfile("photos/hotdog/000.png", mine)
    content = mine.read_bytes()
    shutil.copyfile(mine, map_name)
    for arguments in (["explain", model, mine], ["explain", model, mine, "--out", mine],
                      ["explain", model, mine, "--out", "photos/hotdog/001.png"],
                      ["explain", model, mine, "--out", model / "record.json"],
                      ["evaluate", model, "photos", "--mistakes", mine],
                      ["evaluate", model, "photos", "--mistakes", "photos/hotdog/000.png"],
                      ["evaluate", model, "photos", "--mistakes", "photos"]):
        code, out, err = run(arguments, capsys)
        assert (code, out) == (2, ""), arguments
        sentence(err.splitlines()[-1])
    assert mine.read_bytes() == Path(map_name).read_bytes() == content
    Path(map_name).unlink()
    for _ in range(2):
        assert run(["explain", model, mine], capsys)[0] == 0
        assert run(["evaluate", model, "photos", "--mistakes", "sheet.png"], capsys)[0] == 0


def test_retrain_tells_of_a_place_that_cannot_be_written_before_any_work(photos, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    code, _, err = run(["retrain", photos, tmp_path / "file" / "model"], capsys)
    assert code == 2 and "cannot be written (Not a directory" in sentence(err)


def test_a_place_or_cache_that_cannot_take_the_classifier_is_told_before_any_work(
    photos, tmp_path, monkeypatch, capsys
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    monkeypatch.chdir(tmp_path / "empty")
    (tmp_path / "file").write_text("no folder")
    for out, cache, told in ((tmp_path / "link", None, "is a symbolic link; name what it leads to"),
                             (".", None, "is or holds the folder that you are in"),
                             (tmp_path / "m", tmp_path / "file", "set WORDS_AND_IMAGES_CACHE")):
        if cache:
            monkeypatch.setenv(fetching.CACHE_VARIABLE, str(cache))
        code, answer, err = run(["retrain", photos, out], capsys)
        assert (code, answer) == (2, "") and told in sentence(err)


def test_what_cannot_be_drawn_is_told_before_anything_is_classified(model, photos, capsys):
    for place in ("/proc/sheet.png", photos):
        code, out, err = run(["evaluate", model, photos, "--mistakes", place], capsys)
        assert (code, out) == (2, "") and str(place) in sentence(err)
        code, out, err = run(["explain", model, next(photos.rglob("*.png")), "--out", place],
                             capsys)
        assert (code, out) == (2, "") and str(place) in sentence(err)


def test_a_broken_backbone_in_the_cache_is_made_again(backbone, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(fetching.CACHE_VARIABLE, str(tmp_path))
    parameters = BackboneParameters(str(backbone))
    folder = cached_backbone(parameters)
    network, whole = folder / "network.tflite", (folder / "network.tflite").read_bytes()
    capsys.readouterr()
    named = f"backbone: {backbone}\n"
    assert cached_backbone(parameters) == folder and capsys.readouterr().err == named
    for damage in (lambda: network.write_bytes(whole[:-7] + bytes(7)), network.unlink):
        damage()
        assert cached_backbone(parameters) == folder
        assert f"warning: {network} is " in (told := capsys.readouterr().err)
        assert "it is made again" in told
        assert network.read_bytes() == whole


def test_retrain_tells_of_a_source_that_is_nowhere_in_one_sentence(tmp_path, capsys):
    code, _, err = run(["retrain", "hotdog_photo", tmp_path / "m"], capsys)
    assert code == 2 and "did you mean hotdog_photos?" in sentence(err)


def test_retrain_refuses_values_out_of_range_before_any_work(photos, tmp_path, capsys):
    code, _, err = run(["retrain", photos, tmp_path / "m", "--steps", "0"], capsys)
    assert code == 2 and sentence(err).startswith("--steps is 0")
    for option, value in (("--looks", "hole"), ("--variants", "-1"), ("--not-sure", "2"),
                          ("--inference", "int9"), ("--hidden", "many")):
        assert run(["retrain", photos, tmp_path / "m", option, value], capsys)[0] == 2


def test_options_of_retrain_have_the_names_and_defaults_of_the_parameters():
    options = {each.name: each for each in typer.main.get_command(retrain_application).params}
    groups = (ImagesParameters, PhotoSplitParameters, BackboneParameters, BottleneckParameters,
              DistortionParameters, RetrainParameters)
    for group in groups:
        for field in fields(group):
            if field.name not in ("source", "distortions"):
                default = options[field.name].default
                given = tuple(default) if isinstance(default, list) else default
                assert given == field.default, field.name
    assert options["fine_tune_epochs"].default == 0
    assert options["backbone"].show_default == PROFILES["embedded"]["backbone"]


def test_every_option_of_every_command_has_a_help():
    for application in (command_line.application, retrain_application):
        command = typer.main.get_command(application)
        for name, each in getattr(command, "commands", {"": command}).items():
            assert all(parameter.help for parameter in each.params), (
                name, [parameter.name for parameter in each.params if not parameter.help])


def test_every_command_has_a_help_with_defaults(capsys):
    for command in ("retrain", "classify", "evaluate", "explain", "show"):
        code, out, _ = run([command, "--help"], capsys)
        assert code == 0 and ("MODEL" in out or "IMAGES" in out)
    code, out, _ = run(["retrain", "--help"], capsys)
    assert "default: 500" in out and "efficientnet_lite2" in out and "--no-flip" in out


def test_help_answers_at_once_and_without_what_is_heavy():
    program = ("import sys; from vision.command_line import main; sys.argv = ['vision', '--help']\n"
               "try: main()\n"
               "finally: print(*(name in sys.modules for name in ('tensorflow', 'PIL', 'numpy')))")
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    # A fifth of a second on a quiet machine; other work may share it.
    assert time.perf_counter() - started < 2
    assert done.stdout.rstrip().endswith("False False False")


def test_classifying_does_without_tensorflow(model, photos):
    program = ("import sys; from vision.command_line import main\n"
               f"sys.argv = ['vision', 'classify', {str(model)!r}, "
               f"{str(photos / 'hotdog' / '001.png')!r}]\n"
               "try: main()\n"
               "finally: print('tensorflow' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "" and done.stdout.startswith("hotdog (score")
    assert done.stdout.rstrip().endswith("False")


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
    assert list(answer) == ["path", "label", "score", "scores"]
    assert (answer["path"], answer["label"]) == (str(image), "hotdog")
    assert list(answer["scores"]) == ["hotdog", "nothotdog"]
    assert answer["score"] == answer["scores"]["hotdog"]
    assert sum(answer["scores"].values()) == pytest.approx(1)


def test_a_folder_and_a_glob_are_all_their_images_in_csv(model, photos, capsys):
    code, out, err = run(["classify", model, photos / "hotdog", photos / "*" / "00?.png", "--csv"],
                         capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, err) == (0, "")
    assert list(rows[0]) == ["path", "label", "score", "hotdog", "nothotdog", "error"]
    assert [row["path"] for row in rows[:60]] == [
        str(photos / "hotdog" / f"{number:03}.png") for number in range(60)]
    assert [row["path"] for row in rows[60:]] == [
        str(photos / label / f"{number:03}.png")
        for label in ("hotdog", "nothotdog") for number in range(10)]
    assert all(row["label"] == Path(row["path"]).parent.name for row in rows)


def test_standard_input_is_an_image_or_a_list_of_paths(model, photos, typed, capsys):
    images = [photos / "hotdog" / "001.png", photos / "nothotdog" / "001.png"]
    named = json.loads(run(["classify", model, *images, "--json"], capsys)[1])
    typed(b"".join(os.fsencode(image) + b"\n" for image in images))
    assert json.loads(run(["classify", model, "-", "--json"], capsys)[1]) == named
    typed(images[0].read_bytes())
    assert json.loads(run(["classify", model, "-", "--json"], capsys)[1]) == [
        {**named[0], "path": "-"}]
    typed(images[0].read_bytes())
    assert run(["classify", model, "-"], capsys)[1].startswith("hotdog (score = ")


def test_an_empty_list_an_empty_folder_and_an_address_are_one_sentence_each(
    model, typed, tmp_path, capsys
):
    typed(b"")
    for image, reason in (("-", "standard input is empty"), (tmp_path, "holds no images"),
                          ("https://example.org/a.jpg", "is an address"),
                          (tmp_path / "*.jpg", "matches no image")):
        code, out, err = run(["classify", model, image], capsys)
        assert (code, out) == (2, "") and reason in sentence(err)


def test_scores_below_not_sure_are_told_so_and_still_shown(model, photos, tmp_path, capsys):
    image = photos / "hotdog" / "001.png"
    code, out, _ = run(["classify", model, image, "--not-sure", "1"], capsys)
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "not sure") and lines[1].startswith("hotdog (score = 0.")
    assert run(["classify", model, image, "--not-sure", "1.1"], capsys)[0] == 2
    own = tmp_path / "doubtful"
    shutil.copytree(model, own)
    record = json.loads((own / "record.json").read_text())
    (own / "record.json").write_text(json.dumps({**record, "not_sure": 1}))
    seal(own, CLASSIFIER)
    assert run(["classify", own, image], capsys)[1] == out
    surely = run(["classify", own, image, "--not-sure", "0"], capsys)[1]
    assert surely.splitlines() == lines[1:]


def test_json_and_csv_at_once_are_refused(model, photos, capsys):
    code, out, err = run(["classify", model, photos, "--json", "--csv"], capsys)
    assert (code, out) == (2, "") and "give one of them" in sentence(err)


def test_a_reader_that_has_enough_ends_it_quietly(model, photos):
    command = (f"{sys.executable} -m vision.command_line classify {model} {photos} {photos} "
               f"{photos} {photos} {photos} | head -n 1")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == f"{photos / 'hotdog' / '000.png'}\n"
    assert done.stderr == ""


def test_an_unreadable_image_is_one_sentence_and_the_others_are_answered(
    model, photos, tmp_path, capsys
):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    image = photos / "hotdog" / "001.png"
    code, out, err = run(["classify", model, tmp_path / "broken.jpg", image], capsys)
    assert code == 2
    assert "broken.jpg cannot be read as an image" in sentence(err)
    assert out.splitlines()[0] == str(image)


def test_an_unreadable_image_has_its_place_in_csv_and_json(model, photos, tmp_path, capsys):
    broken, image = tmp_path / "broken.jpg", photos / "hotdog" / "001.png"
    broken.write_bytes(b"no image")
    code, out, _ = run(["classify", model, broken, image, tmp_path / "*.gif", "--csv"], capsys)
    first, second, third = csv.DictReader(io.StringIO(out))
    assert code == 2
    assert (first["path"], first["label"], first["hotdog"]) == (str(broken), "", "")
    assert first["error"].startswith(f"{broken} cannot be read as an image")
    assert (second["label"], second["error"]) == ("hotdog", "")
    assert third["path"] == "" and "matches no image" in third["error"]
    out = run(["classify", model, broken, image, tmp_path / "*.gif", "--json"], capsys)[1]
    wrong, right, nowhere = json.loads(out)
    assert list(wrong) == ["path", "error"] and wrong["path"] == str(broken)
    assert right["label"] == "hotdog" and nowhere["path"] is None


def test_quietly_errors_are_said_and_notes_are_not(model, photos, write_photos, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    code, out, err = run(["classify", model, tmp_path / "broken.jpg",
                          photos / "hotdog" / "001.png", "-q"], capsys)
    assert code == 2 and "broken.jpg cannot be read" in sentence(err) and "hotdog (score" in out
    fresh = write_photos(tmp_path / "fresh", 12, seed=8)
    sheet = tmp_path / "sheet.png"
    code, out, err = run(["evaluate", model, fresh, "--mistakes", sheet, "--quiet"], capsys)
    assert (code, err) == (0, "") and "accuracy 100.0 %" in out and sheet.exists()
    (fresh / "hotdog" / "broken.jpg").write_bytes(b"no image")
    err = run(["evaluate", model, fresh, "--unreadable-share", "0.2", "-q"], capsys)[2]
    assert sentence(err).startswith("warning: skipped hotdog/broken.jpg")


def test_a_shell_completes_the_options_of_retrain_and_their_choices():
    def complete(*words: str) -> list[str]:
        environment = {**os.environ, "_VISION_COMPLETE": "complete_bash",
                       "COMP_WORDS": " ".join(["vision", *words]), "COMP_CWORD": str(len(words))}
        script = "import sys; sys.argv = ['vision']; from vision.command_line import main; main()"
        finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment,
                                  capture_output=True, text=True)
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout.split()

    assert complete("") == ["retrain", "tune", "check", "classify", "evaluate", "explain", "show"]
    options = complete("retrain", "photos", "model", "--")
    assert {"--learning-rate", "--no-flip", "--fine-tune-epochs", "--json"} <= set(options)
    assert complete("retrain", "--optimiser", "") == ["momentum", "nesterov", "adam"]
    assert complete("retrain", "--looks", "sq") == ["square"]
    assert complete("retrain", "--backbone", "eff") == ["efficientnet_lite2"]
    assert complete("retrain", "") == []  # the shell's own: files


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


def test_evaluate_prints_accuracy_rates_confusion_and_calibration(
    model, write_photos, tmp_path, capsys
):
    fresh = write_photos(tmp_path / "fresh", 10, seed=8)
    code, out, _ = run(["evaluate", model, fresh], capsys)
    assert code == 0
    assert out.startswith("accuracy 100.0 % (20 of 20), 95 % interval 83.9 to 100.0 %")
    assert re.search(r"^hotdog +10 +100.0 % +100.0 % +72.2 to 100.0 % +100.0 %$", out, re.M)
    assert re.search(r"^nothotdog +0 +10$", out, re.M)
    assert re.search(r"^mean best score .* calibration error [\d.]+ %$", out, re.M)


def test_evaluate_takes_an_archive(model, write_photos, tmp_path, capsys):
    write_photos(tmp_path / "fresh", 3, seed=8)
    for kind in ("zip", "gztar"):
        archive = shutil.make_archive(str(tmp_path / "fresh"), kind, tmp_path / "fresh")
        assert "(6 of 6)" in run(["evaluate", model, archive], capsys)[1]


def test_the_gate_of_evaluate_is_exit_code_1_and_one_sentence(
    model, write_photos, tmp_path, capsys
):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    for name in ("000", "001"):  # two of eight are where they do not belong
        os.rename(fresh / "hotdog" / f"{name}.png", fresh / "nothotdog" / f"moved{name}.png")
    code, out, err = run(["evaluate", model, fresh, "--at-least", "0.8"], capsys)
    assert code == 1 and out.startswith("accuracy 75.0 % (6 of 8)")
    # What are now six others, two of them hot dogs: four are found.
    assert err.splitlines()[-1] == ("the accuracy is 75.0 % (6 of 8), 95 % interval 40.9 to "
                                    "92.9 %; the recall is nothotdog 66.7 % (4 of 6): below "
                                    "--at-least 0.8.")
    assert "chance decides: hotdog (2 images: recall 34 to 100 %), nothotdog (6" in err
    code, _, err = run(["evaluate", model, fresh, "--at-least", "0.75"], capsys)
    assert code == 1 and err.splitlines()[-1] == (
        "the recall is nothotdog 66.7 % (4 of 6): below --at-least 0.75.")
    assert run(["evaluate", model, fresh, "--at-least", "0.66"], capsys)[0] == 0
    code, out, err = run(["evaluate", model, fresh, "--at-least", "95"], capsys)
    assert (code, out) == (2, "") and "--at-least" in sentence(err)


def test_the_gate_says_of_which_labels_it_knows_nothing(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    shutil.rmtree(fresh / "hotdog")
    code, out, err = run(["evaluate", model, fresh, "--at-least", "0.9"], capsys)
    assert code == 0 and out.startswith("accuracy 100.0 % (4 of 4)") and "always" not in out
    assert "warning: --at-least says nothing of hotdog: there are no images of it" in err


def test_the_mistakes_are_drawn(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    os.rename(fresh / "hotdog" / "000.png", fresh / "nothotdog" / "moved.png")
    archive = shutil.make_archive(str(tmp_path / "fresh"), "zip", fresh)
    sheet = tmp_path / "sheets" / "mistakes.png"
    code, _, err = run(["evaluate", model, archive, "--mistakes", sheet], capsys)
    assert code == 0 and f"1 mistake in {sheet}" in err.splitlines()
    assert Image.open(sheet).format == "PNG"


def test_evaluate_tells_of_how_many_it_is_not_sure(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    out = run(["evaluate", model, fresh, "--not-sure", "1"], capsys)[1]
    assert "not sure of 8 of 8 images, with a best score below 1" in out
    out = run(["evaluate", model, fresh, "--not-sure", "0.5"], capsys)[1]
    assert "not sure of 0 of 8 images, with a best score below 0.5; 100.0 % of the others" in out
    assert "not sure" not in run(["evaluate", model, fresh], capsys)[1]


def test_unreadable_images_are_named_and_left_out_up_to_a_share(
    model, write_photos, tmp_path, capsys
):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    (fresh / "hotdog" / "broken.jpg").write_bytes(b"no image")
    code, _, err = run(["evaluate", model, fresh], capsys)
    assert code == 2 and "1 of 9 images (11.1 %) cannot be read" in err.splitlines()[-1]
    code, out, err = run(["evaluate", model, fresh, "--unreadable-share", "0.2"], capsys)
    assert code == 0 and "(8 of 8)" in out and "skipped hotdog/broken.jpg" in err


def test_evaluate_says_even_quietly_how_many_files_it_left_out(
    model, write_photos, tmp_path, capsys
):
    fresh = write_photos(tmp_path / "fresh", 4, seed=8)
    (fresh / "hotdog" / "000.png").rename(fresh / "hotdog" / "000")
    (fresh / "hotdog" / "@eaDir").mkdir()
    for name in ("a.nef", "b.nef"):
        Image.new("L", (9, 9)).save(fresh / "hotdog" / name, "TIFF")
    code, out, err = run(["evaluate", model, fresh, "--quiet"], capsys)
    assert code == 0 and "(8 of 8)" in out
    assert err.splitlines()[0] == (
        "warning: left out 2 of 10 files: hotdog/a.nef (a camera's raw photo, which is not read), "
        "hotdog/b.nef (a camera's raw photo, which is not read)")
    err = run(["evaluate", model, fresh], capsys)[2]
    assert "passed over 1 folder: hotdog/@eaDir (hidden or a system's own)" in err


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
    out = run(["evaluate", model, fresh], capsys)[1]
    assert re.search(r"^hotdog +0 +- +- +- +-$", out, re.M)
    assert "hotdog: no images of it" in out


def test_evaluate_names_a_strange_label_and_the_near_one(model, write_photos, tmp_path, capsys):
    fresh = write_photos(tmp_path / "fresh", 2)
    (fresh / "hotdog").rename(fresh / "pens")
    (fresh / "nothotdog").rename(fresh / "NOT_HOTDOG")
    code, _, err = run(["evaluate", model, fresh], capsys)
    assert code == 2 and err.splitlines()[-1] == (
        "no label of the classifier is called 'NOT_HOTDOG' (did you mean nothotdog?), 'pens'; "
        "rename these folders or leave them out; its labels are hotdog, nothotdog.")


def test_evaluate_knows_the_labels_whatever_their_case_and_depth(
    model, write_photos, tmp_path, capsys
):
    fresh = write_photos(tmp_path / "fresh", 2)
    (fresh / "hotdog").rename(fresh / "HotDog")
    (fresh / "HotDog" / "2022").mkdir()
    (fresh / "HotDog" / "000.png").rename(fresh / "HotDog" / "2022" / "000.png")
    (tmp_path / "all" / "hotdog").mkdir(parents=True)
    fresh.rename(tmp_path / "all" / "hotdog" / "monday")
    code, out, err = run(["evaluate", model, tmp_path / "all", "--json"], capsys)
    assert code == 0 and "warning: fewer" in err and err.count("warning") == 1
    assert json.loads(out)["confusion"] == {"hotdog": {"hotdog": 2, "nothotdog": 0},
                                            "nothotdog": {"hotdog": 0, "nothotdog": 2}}


def test_evaluate_of_a_folder_without_images_is_one_sentence(model, tmp_path, capsys):
    code, _, err = run(["evaluate", model, tmp_path], capsys)
    assert code == 2 and "holds no images" in sentence("".join(err.splitlines()[1:]))


def test_evaluate_takes_a_folder_that_is_called_as_a_set_of_the_catalogue(
    model, write_photos, tmp_path, monkeypatch, capsys
):
    write_photos(tmp_path / "drawings", 2)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(["evaluate", model, "drawings", "--json", "--quiet"], capsys)
    assert code == 0 and json.loads(out)["count"] == 4
    assert err.splitlines()[0] == (
        "warning: images: the path drawings, not drawings of the catalogue, which is "
        "catalogue:drawings")


def test_explain_draws_a_map_and_tells_where_the_answer_comes_from(
    model, photos, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(["explain", model, photos / "hotdog" / "001.png"], capsys)
    first, second, third = out.splitlines()
    assert (code, err) == (0, "")
    assert first == run(["classify", model, photos / "hotdog" / "001.png"],
                        capsys)[1].splitlines()[0]
    assert re.fullmatch(r"strongest at the .*: covered there, the score falls by 0\.\d+", second)
    assert third == "map in 001-explained.png"
    assert Image.open(tmp_path / "001-explained.png").format == "PNG"


def test_explain_of_another_label_as_json(model, photos, tmp_path, capsys):
    out = run(["explain", model, photos / "hotdog" / "001.png", "--label", "NotHotdog", "--out",
               tmp_path / "map.png", "--json"], capsys)[1]
    found = json.loads(out)
    assert (found["label"], found["map"]) == ("nothotdog", str(tmp_path / "map.png"))
    assert found["score"] < 0.5


def test_explain_refuses_what_cannot_be_in_one_sentence(model, photos, tmp_path, capsys):
    image = photos / "hotdog" / "001.png"
    for arguments, reason in (
        ([image, "--label", "hotdgo"], "did you mean hotdog"),
        ([tmp_path / "nowhere.jpg"], "nowhere.jpg cannot be read as an image"),
    ):
        code, out, err = run(["explain", model, *arguments], capsys)
        assert (code, out) == (2, "") and reason in sentence(err)


def test_show_prints_the_record_in_words(model, backbone, photos, capsys):
    code, out, err = run(["show", model], capsys)
    assert (code, err) == (0, "")
    assert re.search(r"^labels +hotdog, nothotdog$", out, re.M)
    assert re.search(r"^test accuracy +100.0 % \(\d+ of \d+\), 95 % interval", out, re.M)
    assert re.search(r"^image size +16 x 16 pixels$", out, re.M)
    assert re.search(r"^looks +whole, square, centre$", out, re.M)
    assert re.search(rf"^images +{re.escape(str(photos))}$", out, re.M)
    assert re.search(r"^retrain +steps 500, ", out, re.M)
    record = json.loads((model / "record.json").read_text())
    assert record.pop("folder")["kind"] == "a classifier"
    assert json.loads(run(["show", model, "--json"], capsys)[1]) == record


@pytest.mark.skipif(not PHOTOS.exists(), reason="../shared/data/photos is not there")
def test_photos_in_a_tar_are_retrained_on_and_evaluated(model, backbone, tmp_path, capsys):
    heldout = PHOTOS / "hotdog_heldout.tar"
    code, out, err = run(["retrain", heldout, tmp_path / "m", "--backbone", backbone, "--json"],
                         capsys)
    assert code == 0, err
    report = json.loads(out)
    assert sum(report["images"]["hotdog"].values()) == 101
    assert sum(report["images"]["nothotdog"].values()) == 289
    # Mean colours tell little about hot dogs, but more than nothing
    assert report["auc"] > 0.5


def test_no_command_at_all_shows_the_help_and_says_what_is_missing(capsys):
    code, out, err = run([], capsys)
    assert code == 2 and "retrain" in out + err
    assert "\nname a command; see " in f"\n{err}"
