from pathlib import Path

import pytest

from benchmarks import mutants
from words_and_images.common.errors import UserError

ACTIVATIONS = Path("words_and_images/neural/activations.py")
OUTCOMES = {"a.x_f__mutmut_1": "killed", "a.x_f__mutmut_2": "survived",
            "b.x_g__mutmut_1": "timeout", "b.x_g__mutmut_2": "no tests",
            "b.x_g__mutmut_3": "segfault"}


def test_what_no_test_reaches_survives_and_what_crashes_or_hangs_does_not():
    assert mutants.summary(OUTCOMES) == [("a", 2, 1), ("b", 3, 1), ("all", 5, 2)]


def test_a_module_has_mutants_of_its_own_functions():
    names = mutants.mutants(ACTIVATIONS)
    assert len(names) > 20 and len(set(names)) == len(names)
    assert all(name.startswith("words_and_images.neural.activations.x_") for name in names)


@pytest.mark.parametrize(("module", "sample", "sentence"), [
    (Path("words_and_images/common/errors.py"), 0, "common/errors.py has no mutants: name a file"),
    (None, 5, "sample needs a module"),
])
def test_what_has_no_mutants_is_refused_before_anything_runs(module, sample, sentence, monkeypatch):
    monkeypatch.setattr(mutants, "run", pytest.fail)
    with pytest.raises(UserError, match=sentence):
        mutants.main(module, sample=sample)


def test_too_many_survivors_are_told_with_their_names_and_end_in_a_refusal(monkeypatch, capsys):
    tested = []
    monkeypatch.setattr(mutants, "run", lambda names, processes: tested.extend(names))
    monkeypatch.setattr(mutants, "results", lambda: OUTCOMES)
    monkeypatch.setattr(mutants, "mutants", lambda module: list(OUTCOMES))
    mutants.main(ACTIVATIONS, least=60.0)
    assert tested == list(OUTCOMES)
    told = capsys.readouterr().out.split("\n")
    assert told[-3:-1] == ["survived: a.x_f__mutmut_2", "no tests: b.x_g__mutmut_2"]
    assert [line.split()[:4] for line in told if line.startswith("all")] == [
        ["all", "5", "2", "60.0%"]]
    with pytest.raises(UserError, match="^2 of 5 mutants survive: .* until 61 % are killed.$"):
        mutants.main(ACTIVATIONS, least=61.0)
    tested.clear()
    mutants.main(ACTIVATIONS, sample=2, least=0.0)
    assert len(tested) == 2 and set(tested) < set(OUTCOMES)


def test_a_run_that_fails_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mutants, "_mutmut", lambda: "false")
    with pytest.raises(UserError, match="^mutmut ended with exit code 1; look above for why"):
        mutants.run([], 1)
