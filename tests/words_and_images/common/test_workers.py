"""Workers: results in order, a bounded number of items ahead, errors at their turn."""

import threading
import time

import pytest

from words_and_images.common.workers import AHEAD, cores, in_order


def test_results_keep_the_order_of_the_items_whoever_is_done_first():
    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return 10 * number

    assert list(in_order(work, range(30), 4)) == [10 * number for number in range(30)]


@pytest.mark.parametrize("workers", [1, 3])
def test_as_many_items_are_worked_on_at_once_as_there_are_workers(workers):
    together = threading.Barrier(workers, timeout=5)
    assert len(list(in_order(lambda _: together.wait(), range(3 * workers), workers))) == (
        3 * workers)


def test_items_are_taken_a_few_ahead_of_their_results():
    taken = []
    results = in_order(lambda number: number, (taken.append(n) or n for n in range(1000)), 2)
    for number in range(100):
        assert next(results) == number
        assert len(taken) <= number + 1 + 2 * AHEAD + 1
    results.close()


def test_an_error_is_raised_at_its_items_turn_and_ends_the_work():
    worked = []

    def work(number: int) -> int:
        worked.append(number)
        if number == 5:
            raise ValueError("the fifth")
        return number

    results = in_order(work, range(1000), 2)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="the fifth"):
        next(results)
    assert len(worked) < 30
    assert list(results) == []


def test_an_error_of_the_list_itself_is_raised():
    def items():
        yield from range(3)
        raise OSError("no more")

    results = in_order(lambda number: number, items(), 1)
    with pytest.raises(OSError, match="no more"):
        list(results)


def test_a_result_is_given_before_the_next_item_is_asked_for():
    """A list that waits for its reader, as one typed on a terminal, is answered line by line."""
    answered = threading.Event()

    def items():
        yield 1
        time.sleep(0.2)  # by then the first result is there
        yield 2
        answered.wait(5)
        yield 3

    results = in_order(lambda number: number, items(), 2)
    assert next(results) == 1
    answered.set()
    assert list(results) == [2, 3]


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 7}, raising=False)
    assert cores() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert cores() == 1
