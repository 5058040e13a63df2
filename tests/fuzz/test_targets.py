"""A few changed files for every parser, the same in each run; `make fuzz` tries on."""

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.cases import Case
from tests.fuzz.edits import LARGEST, Edit, edited
from tests.fuzz.targets import SLOW, TARGETS

EXAMPLES = 100
NUMBERS = st.integers(0, LARGEST - 1)
EDITS = st.lists(st.builds(Edit, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 26)),
                 min_size=1, max_size=3)


@pytest.fixture(scope="module")
def case_of(tmp_path_factory):
    """A function that gives the made files of a target."""
    return cache(lambda name: Case(TARGETS[name], tmp_path_factory.mktemp(name)))


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in SLOW])
def test_a_changed_file_is_read_or_refused_in_one_sentence(case_of, name):
    case = case_of(name)

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
              phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck))
    @given(NUMBERS, EDITS)
    def try_one(number, edits):
        content = case.contents[number % len(case.contents)]
        for edit in edits:
            content = edited(content, edit)
        case.try_one(number, content)

    try_one()
