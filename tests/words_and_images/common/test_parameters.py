from dataclasses import dataclass, field
from pathlib import Path

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.parameters import (
    build,
    read_group,
    read_parameters,
    read_value,
    read_yaml,
    require,
    require_choice,
    require_switch,
    require_whole,
    stage_parameters,
)

DVC = """
stages:
  encode:
    params: [encode, profile]
  train:
    matrix: {model: [cbow, skipgram]}
    params: [train.dim, "${item.model}"]
  plot: {}
"""


@dataclass(frozen=True)
class Train:
    dim: int = 100
    rate: float = 0.05
    name: str = "plain"
    divided: bool = False
    seed: int | None = None
    share: float | None = None
    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require(self.dim >= 1, "dim", self.dim, "at least 1")


@dataclass(frozen=True)
class Distort:
    flip: bool = True
    crop: float = 0.1

    def __post_init__(self) -> None:
        require(self.crop < 1, "crop", self.crop, "below 1")


@dataclass(frozen=True)
class Images:
    source: str | None = None
    distortions: Distort = Distort()


def written(folder, text, stages=None):
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    if stages:
        (folder / "dvc.yaml").write_text(stages, encoding="utf-8")
    return path


def read(folder, text):
    return read_group("train", Train, written(folder, f"train:\n  {text}\n"))


def test_a_group_becomes_its_dataclass_with_defaults_for_the_rest(tmp_path):
    path = written(tmp_path, "train:\n  dim: 8\n  divided: true\n  layers: [3, 4]\n")
    assert read_group("train", Train, path) == Train(dim=8, divided=True, layers=(3, 4))


def test_an_empty_group_is_all_defaults(tmp_path):
    assert read_group("train", Train, written(tmp_path, "train:\n")) == Train()


def test_a_number_that_yaml_takes_for_text_is_read_as_meant(tmp_path):
    assert read(tmp_path, "rate: 1e-4").rate == 1e-4


def test_a_whole_number_is_a_float_where_one_is_asked_for(tmp_path):
    rate = read(tmp_path, "rate: 1").rate
    assert rate == 1.0 and isinstance(rate, float)


def test_nothing_is_allowed_only_where_it_is_optional(tmp_path):
    assert read(tmp_path, "seed: null").seed is None
    assert read(tmp_path, "share: null").share is None
    with pytest.raises(UserError, match=r"train\.dim is None; it must be int"):
        read(tmp_path, "dim: null")


@pytest.mark.parametrize(("line", "told"), [
    ("dim: 8.5", r"train\.dim is 8\.5; it must be int"),
    ("dim: eight", r"train\.dim is 'eight'; it must be int"),
    ("dim: true", r"train\.dim is True; it must be int"),
    ("rate: true", r"train\.rate is True; it must be float"),
    ("rate: fast", r"train\.rate is 'fast'; it must be float"),
    ("rate: .inf", r"train\.rate is inf; it must be a finite number"),
    ("rate: .nan", r"train\.rate is nan; it must be a finite number"),
    ("divided: 1", r"train\.divided is 1; it must be bool"),
    ("name: 5", r"train\.name is 5; it must be str"),
    ("seed: soon", r"train\.seed is 'soon'; it must be int or nothing"),
    ("layers: 5", r"train\.layers is 5; it must be list"),
    ("layers: [5, wide]", r"train\.layers\[1\] is 'wide'; it must be int"),
    ("dim: [1]", r"train\.dim is \[1\]; it must be int"),
])
def test_a_value_of_the_wrong_type_is_named_with_the_type_it_must_be(tmp_path, line, told):
    with pytest.raises(UserError, match=told):
        read(tmp_path, line)


def test_a_value_that_the_dataclass_refuses_is_told_with_its_place(tmp_path):
    with pytest.raises(UserError, match=r"params\.yaml: train: dim is 0; it must be at least 1"):
        read(tmp_path, "dim: 0")


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match="unknown parameter 'raet'; did you mean rate"):
        read(tmp_path, "raet: 1")
    with pytest.raises(UserError, match="unknown parameter 5"):
        read(tmp_path, "5: 1")


def test_a_group_that_is_no_mapping_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"train is \[1, 2\]; write parameters as name: value"):
        read_group("train", Train, written(tmp_path, "train: [1, 2]\n"))


def test_a_missing_group_and_a_missing_value_are_named(tmp_path):
    path = written(tmp_path, "other: {}\nprofile: full\n")
    with pytest.raises(UserError, match="has no group 'train'"):
        read_group("train", Train, path)
    with pytest.raises(UserError, match="has no 'seed'"):
        read_value("seed", path)
    assert read_value("profile", path) == "full"


def test_a_missing_file_tells_where_to_run(tmp_path):
    with pytest.raises(UserError, match=r"no parameters file .*run from the project's root"):
        read_parameters(tmp_path / "params.yaml")


@pytest.mark.parametrize("text", ["train: [1", "a: b: c"])
def test_a_file_that_is_no_yaml_is_one_line(tmp_path, text):
    with pytest.raises(UserError, match="is not YAML") as caught:
        read_parameters(written(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1\n", "words\n"])
def test_a_file_without_groups_is_refused(tmp_path, text):
    with pytest.raises(UserError, match="holds no groups"):
        read_parameters(written(tmp_path, text))


def test_the_stages_tell_which_groups_there_are(tmp_path):
    written(tmp_path, "", DVC)
    known = {"encode", "profile", "train", "cbow", "skipgram"}
    assert stage_parameters(tmp_path / "dvc.yaml") == known
    assert stage_parameters(tmp_path / "none.yaml") == set()


def test_a_group_that_no_stage_knows_is_answered_with_the_nearest(tmp_path):
    path = written(tmp_path, "train: {}\nskipgrm: {}\n", DVC)
    with pytest.raises(UserError, match="unknown group 'skipgrm'; did you mean skipgram"):
        read_group("train", Train, path)
    assert read_group("train", Train, written(tmp_path, "train: {}\nskipgram: {}\n")) == Train()


def test_build_leaves_the_mapping_it_is_given_alone():
    values = {"rate": "1e-4", "layers": [1]}
    assert build(Train, values, "here").rate == 1e-4
    assert values == {"rate": "1e-4", "layers": [1]}


def test_requirements_name_the_parameter_the_value_and_the_remedy():
    require(True, "dim", 3, "at least 1")
    with pytest.raises(UserError, match=r"^dim is 0; it must be at least 1\.$"):
        require(False, "dim", 0, "at least 1")
    require_choice("model", "cbow", ("cbow", "skipgram"))
    with pytest.raises(UserError, match=r"^model is 'cbwo'; did you mean cbow\?$"):
        require_choice("model", "cbwo", ("cbow", "skipgram"))


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None])
def test_what_is_no_whole_number_of_at_least_that_is_refused(value):
    require_whole("limit", 1, 1)
    with pytest.raises(UserError, match="^limit is .*; it must be a whole number, at least 1.$"):
        require_whole("limit", value, 1)


@pytest.mark.parametrize("value", [0, 1, None, "True"])
def test_what_is_no_switch_is_refused(value):
    require_switch("binary", False)
    with pytest.raises(UserError, match="^binary is .*; it must be True or False.$"):
        require_switch("binary", value)


def test_the_projects_own_parameters_are_yaml_with_groups():
    root = Path(__file__).parents[3]
    assert "train" in read_parameters(root / "params.yaml")


def images(folder, text):
    path = written(folder, "images:\n  distortions:" + text)
    return read_group("images", Images, path)


def test_a_group_within_a_group_becomes_its_own_dataclass(tmp_path):
    assert images(tmp_path, " {flip: false, crop: 1e-2}") == Images(None, Distort(False, 0.01))
    assert images(tmp_path, "\n    crop: 0.5\n") == Images(None, Distort(crop=0.5))


def test_a_group_within_a_group_that_is_empty_or_missing_is_all_defaults(tmp_path):
    assert images(tmp_path, "\n") == Images()
    assert read_group("images", Images, written(tmp_path, "images:\n")) == Images()


@pytest.mark.parametrize(("text", "sentence"), [
    (" {flip: 3}", r"params.yaml: images\.distortions\.flip is 3; it must be bool\."),
    (" {flp: true}", r"images\.distortions: unknown parameter 'flp'; did you mean flip"),
    (" {crop: 1.5}", r"params.yaml: images\.distortions: crop is 1.5; it must be below 1\."),
    (" true", r"params.yaml: images\.distortions is True; write parameters as name: value lines"),
    (" [1]", r"params.yaml: images\.distortions is \[1\]; write parameters as name: value lines"),
    (" 0", r"params.yaml: images\.distortions is 0; write parameters"),
])
def test_what_is_wrong_within_a_group_of_a_group_is_named_with_both(tmp_path, text, sentence):
    with pytest.raises(UserError, match=sentence):
        images(tmp_path, text)


def test_a_group_within_a_group_can_be_read_by_itself(tmp_path):
    path = written(tmp_path, "images:\n  source: x\n  distortions: {flip: false}\n")
    assert read_group("images.distortions", Distort, path) == Distort(flip=False)
    for name in ("images.distortion", "images.source.flip", "image.distortions"):
        with pytest.raises(UserError, match=f"has no group '{name}'"):
            read_group(name, Distort, path)


def test_a_default_that_is_made_anew_is_no_missing_parameter():
    @dataclass(frozen=True)
    class Made:
        names: tuple[str, ...] = field(default_factory=tuple)

    assert build(Made, {}, "here") == Made()


@pytest.mark.parametrize(("text", "told"), [
    ("train: {dim: 100, dim: 50}", "has 'dim' twice in the group that begins in line 1"),
    ("train:\n  dim: 1\n\ntrain:\n  dim: 2", "has 'train' twice"),
    ("a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)),
     "unfolds to more than 1,000,000 characters"),
    ("train: &a {dim: *a}", "unfolds to more than"),
    ("train: " + "[" * 100_000, "is not YAML"),
    ("train: 2026-13-01", "is not YAML"),
    ("train: !!python/object/apply:os.system [ls]", "is not YAML"),
    ("\x00", "is not YAML"),
])
def test_yaml_that_means_two_things_or_too_much_is_refused(tmp_path, text, told):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match=told) as caught:
        read_yaml(tmp_path / "params.yaml")
    assert str(caught.value).startswith(str(tmp_path / "params.yaml")) and len(
        str(caught.value)) < 1000


def test_an_alias_and_a_merge_are_taken_as_yaml_has_them(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {dim: 1}\nb: {<<: *a, dim: 2}\nc: *a\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": {"dim": 1}, "b": {"dim": 2}, "c": {"dim": 1}}


def test_a_long_value_is_told_by_its_beginning(tmp_path):
    (tmp_path / "params.yaml").write_text(f"train: {{dim: {'x' * 100_000}}}")
    with pytest.raises(UserError, match="dim is 'xxxx.*; it must be int") as caught:
        read_group("train", TrainedGroup, tmp_path / "params.yaml")
    assert len(str(caught.value)) < 1000


@dataclass(frozen=True)
class TrainedGroup:
    dim: int = 100


@pytest.mark.parametrize("text", [
    "", "[]", "stages: 1", "stages: {a: 1}", "stages: {a: {params: 1}}",
    "stages: {a: {params: [1]}}", "stages: {a: {matrix: [1]}}"])
def test_stages_that_are_not_as_dvc_has_them_are_refused(tmp_path, text):
    (tmp_path / "params.yaml").write_text("train: {dim: 5}")
    (tmp_path / "dvc.yaml").write_text(text)
    with pytest.raises(UserError, match="does not say what the stages are"):
        read_group("train", TrainedGroup, tmp_path / "params.yaml")
