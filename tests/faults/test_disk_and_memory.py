"""A disk that fills up, and a limit of memory, in every stage in turn: one sentence, nothing lost.

Minutes long, so that only `make test-faults` runs it.
"""

import resource
import shutil
import sys
from pathlib import Path

import pytest
from faults import Place, assert_one_sentence, filled, small_disk

FREE = (0, 16 << 10, 64 << 10, 256 << 10, 8 << 20)  # bytes
# Megabytes of addresses. Below the first Python itself does not start; the last are TensorFlow's.
LIMITS = (60, 100, 200, 400, 1300, 2500, 4000, 5000, 8000)


def copied(place: Place, folder: Path) -> Place:
    """A finished place somewhere else, without DVC's cache."""
    copy = Place.__new__(Place)
    shutil.copytree(place.repository.folder, folder / "repository", symlinks=True,
                    ignore=shutil.ignore_patterns("cache", "__pycache__"))
    copy.repository = type(place.repository)(folder / "repository")
    copy.temporary, copy.mended = folder / "temporary", []
    copy.temporary.mkdir()
    return copy


def run(place: Place, stage: str, **options: object):
    """A stage run as DVC does."""
    running = place.start(*place.commands()[stage], **options)
    running.wait()
    return running


def test_a_disk_that_fills_up_in_every_stage_is_one_sentence_and_loses_nothing(
        unbroken, tmp_path, capsys):
    full: dict[str, int] = {}
    with small_disk(tmp_path / "disk") as disk:
        place = copied(unbroken, disk)
        before = place.outputs()
        for stage in place.commands():
            for free in FREE:
                place.forget_what_is_kept()
                with filled(disk, free):
                    running = run(place, stage)
                if running.process.returncode == 0:
                    break
                assert_one_sentence(running, stage)
                full[stage] = full.get(stage, 0) + 1
                assert place.outputs() == before, stage
                assert place.left() == [], stage
            assert running.process.returncode == 0, (stage, running.output)
        assert set(full) == set(place.commands())
        place.finish()
        made = place.made()
    with capsys.disabled():
        print(f"\n{sum(full.values())} full disks of 64 MiB: {full}")
    assert made == unbroken.made()


def test_a_disk_that_is_full_while_dvc_runs_a_stage_stops_it_and_the_next_run_completes(
        unbroken, tmp_path, capsys):
    with small_disk(tmp_path / "disk") as disk:
        place = copied(unbroken, disk)
        before, stages = place.outputs(), len(place.commands())
        for stage in place.commands():
            place.forget_what_is_kept()
            with filled(disk, 0):
                running = place.start("-m", "dvc", "repro", "--force", "--single-item",
                                      "--no-run-cache", stage)
                assert running.wait() != 0, running.output
            assert "Traceback" not in running.output and "ERROR" in running.output
            assert place.outputs() == before and place.left() == []
        place.finish()
        made = place.made()
    with capsys.disabled():
        print(f"\ndvc repro on a full disk in {stages} stages; mended: {place.mended or 'nothing'}")
    assert made == unbroken.made()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds a limit of memory")
def test_a_limit_of_memory_in_every_stage_is_one_sentence_and_loses_nothing(
        unbroken, tmp_path, capsys):
    place, tried = copied(unbroken, tmp_path), {}
    before = place.outputs()
    for stage in place.commands():
        for limit in LIMITS:
            place.forget_what_is_kept()
            running = run(place, stage, preexec_fn=lambda most=limit << 20: resource.setrlimit(
                resource.RLIMIT_AS, (most, most)))
            if running.process.returncode == 0:
                break
            assert_one_sentence(running, stage)
            assert "memory" in running.lines[-1]
            assert place.outputs() == before, stage
            tried.setdefault(stage, []).append(limit)
        assert running.process.returncode == 0, (stage, running.output)
        before = place.outputs()
    assert set(tried) == set(place.commands())
    place.finish()
    with capsys.disabled():
        print(f"\n{sum(map(len, tried.values()))} limits of memory in megabytes: {tried}")
    assert place.made() == unbroken.made()
    assert place.left() == []
