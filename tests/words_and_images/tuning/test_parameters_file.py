"""Values of a search in params.yaml: in their lines, and nothing else moves."""

from pathlib import Path

import pytest
import yaml

from words_and_images.common.errors import UserError
from words_and_images.tuning.parameters_file import with_changed, write_values

ROOT = Path(__file__).parents[3]
TEXT = """\
# the head
retrain:
  l2: 0.05 # weight decay
  hidden: 128    # units
  note: 'a # b'
bottlenecks:
  looks: [whole, square] # how
  several:
  - whole
  - mirror

  # of the images
  workers: 0
images:
  distortions: {variants: 1, flip: true}
  source:
last: "x"
"""


@pytest.mark.parametrize(("name", "value", "line"), [
    ("retrain.l2", 1e-5, "  l2: 1.0e-05 # weight decay"),
    ("retrain.hidden", 0, "  hidden: 0    # units"),
    ("retrain.note", "plain", "  note: plain"),
    ("bottlenecks.looks", ["whole", "mirror"], "  looks: [whole, mirror] # how"),
    ("images.distortions.variants", 2, "  distortions: {variants: 2, flip: true}"),
    ("images.distortions.flip", False, "  distortions: {variants: 1, flip: false}"),
    ("images.source", "a: b", "  source: 'a: b'"),
    ("last", None, "last: null"),
])
def test_a_value_is_changed_in_its_line(name, value, line):
    before, after = TEXT.splitlines(), with_changed(TEXT, {name: value}).splitlines()
    assert [new for old, new in zip(before, after, strict=True) if new != old] == [line]


def test_a_list_in_lines_of_its_own_becomes_one_line():
    changed = with_changed(TEXT, {"bottlenecks.several": ["centre"]})
    assert changed == TEXT.replace("several:\n  - whole\n  - mirror\n", "several: [centre]\n")


def test_several_values_change_at_once():
    changed = with_changed(TEXT, {"last": 3, "retrain.hidden": 7, "bottlenecks.looks": ["whole"]})
    read = yaml.safe_load(changed)
    assert (read["last"], read["retrain"]["hidden"], read["bottlenecks"]["looks"]) == (
        3, 7, ["whole"])
    assert len(changed.splitlines()) == len(TEXT.splitlines())


@pytest.mark.parametrize("name", ["retrain.steps", "nowhere.l2", "retrain.l2.more"])
def test_a_parameter_without_a_line_is_named(name):
    with pytest.raises(UserError, match=f"params.yaml has no line for {name}; add one"):
        with_changed(TEXT, {name: 1})


def test_a_value_that_another_one_shares_is_not_changed():
    text = "a: {l2: &same 0.05}\nb: {l2: *same}\n"
    with pytest.raises(UserError, match="a.l2 cannot be changed where they stand"):
        with_changed(text, {"a.l2": 1.0})


def test_every_parameter_of_the_pipeline_can_be_changed():
    text = (ROOT / "params.yaml").read_text()
    for group, values in yaml.safe_load(text).items():
        for name, value in values.items() if isinstance(values, dict) else ():
            if not isinstance(value, dict):
                assert with_changed(text, {f"{group}.{name}": value}).count("#") == text.count("#")
                assert yaml.safe_load(with_changed(text, {f"{group}.{name}": "other"}))[
                    group][name] == "other"


def test_the_file_is_replaced_or_left_as_it_is(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(TEXT)
    write_values({"retrain.l2": 0.5}, path)
    changed = TEXT.replace("0.05", "0.5")
    assert path.read_text() == changed
    with pytest.raises(UserError):
        write_values({"retrain.l2": 0.1, "retrain.nothing": 1}, path)
    assert path.read_text() == changed
