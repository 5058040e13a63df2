import numpy as np
import psutil
import pytest

from word2vec.training import capacity
from word2vec.training.capacity import refuse_more_than_memory, refuse_more_than_words
from words_and_images.common.errors import UserError


def layout_of(replicas):
    """As many GB as replicas, in float32."""
    return {"tables": ((replicas, 250_000_000), np.float32)}


@pytest.fixture
def free(monkeypatch):
    def set_free(gigabytes):
        found = psutil.virtual_memory()._replace(available=int(gigabytes * 1e9))
        monkeypatch.setattr(capacity.psutil, "virtual_memory", lambda: found)
    return set_free


def test_what_fits_is_not_refused(free):
    free(3)
    refuse_more_than_memory(3, layout_of)


def test_too_many_for_the_memory_are_told_with_how_many_would_fit(free):
    free(2.5)
    with pytest.raises(UserError, match="^the tables of 3 replicas take 3.0 GB and 2.5 GB of "
                                        "memory are free; 2 replicas would fit: give replicas 2"):
        refuse_more_than_memory(3, layout_of)


def test_where_not_even_one_fits_the_remedy_is_another(free):
    free(0.5)
    with pytest.raises(UserError, match="not even one would fit: lower dim, or bound the "
                                        "vocabulary"):
        refuse_more_than_memory(3, layout_of)


def test_each_replica_needs_two_words():
    refuse_more_than_words(5, 10)
    refuse_more_than_words(1, 0)  # told by what has no context
    with pytest.raises(UserError, match="^replicas is 6 and the text has 10 words of the "
                                        "vocabulary, 2 or more for each; give 5 or fewer, or 0.$"):
        refuse_more_than_words(6, 10)


def test_a_number_beyond_all_measure_is_answered_at_once(free):
    free(2.5)
    asked = []
    with pytest.raises(UserError, match="2 replicas would fit"):
        refuse_more_than_memory(10**9, lambda count: asked.append(count) or layout_of(count))
    assert len(asked) < 40
