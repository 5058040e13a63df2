import csv
import os
import sys

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.live import LiveParameters, live_metrics, unheard

ON = LiveParameters(metrics=True)


@pytest.fixture
def curve(tmp_path, monkeypatch):
    """The file of a finished curve."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STUDIO_OFFLINE", "false")  # and is again, after the test
    monkeypatch.setenv("DVC_STUDIO_TOKEN", "a token")
    return tmp_path / "results" / "training" / "skipgram.json"


def test_without_the_parameter_nothing_is_imported_or_written(curve, monkeypatch):
    monkeypatch.setitem(sys.modules, "dvclive", None)  # an import would fail
    with live_metrics(LiveParameters(), curve) as log:
        assert log is unheard
        log(1, loss=0.5)
    assert not (curve.parent.parent / "live").exists()


def test_without_dvclive_the_parameter_is_refused_before_the_work(curve, monkeypatch):
    monkeypatch.setitem(sys.modules, "dvclive", None)
    with (pytest.raises(UserError, match=r"dvclive, which is not installed; .*\[pipeline\]"),
          live_metrics(ON, curve)):
        raise AssertionError


def test_figures_are_there_while_the_work_lasts_and_those_of_an_earlier_run_are_gone(curve):
    pytest.importorskip("dvclive")
    folder = curve.parent.parent / "live" / "skipgram"
    for steps in ([1, 2, 3], [10, 20]):
        with live_metrics(ON, curve) as log:
            for step in steps:
                log(step, loss=1 / step, missing=None)
                with (folder / "plots" / "metrics" / "loss.tsv").open() as file:
                    rows = list(csv.DictReader(file, delimiter="\t"))
                assert rows[-1] == {"step": str(step), "loss": str(1 / step)}
        assert [int(row["step"]) for row in rows] == steps
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "loss.tsv", "metrics.json"]
    assert os.environ["DVC_STUDIO_OFFLINE"] == "true"
    assert sorted(os.listdir()) == ["results"]
