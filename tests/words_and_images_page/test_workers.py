"""Threads with a queue of a bounded length."""

import threading

import pytest

from words_and_images_page.workers import QueueFullError, Room, Workers


def test_as_many_as_may_wait_are_taken_and_their_results_come():
    workers = Workers("test", 1, 2)
    release = threading.Event()
    first = workers.begin(release.wait, 10)
    second = workers.begin(max, 1, 2)
    assert workers.full
    with pytest.raises(QueueFullError):
        workers.begin(max, 1, 2)
    release.set()
    assert first.result(10) and second.result(10) == 2
    assert workers.begin(max, 3, 4).result(10) == 4


def test_what_is_given_up_before_it_begins_leaves_its_place():
    workers = Workers("test", 1, 2)
    release = threading.Event()
    first = workers.begin(release.wait, 10)
    assert workers.begin(max, 1, 2).cancel()
    assert not workers.full
    release.set()
    assert first.result(10)


def test_an_error_leaves_its_place():
    workers = Workers("test", 1, 1)
    with pytest.raises(ZeroDivisionError):
        workers.begin(divmod, 1, 0).result(10)
    assert workers.begin(max, 1, 2).result(10) == 2


def test_room_is_given_back_when_it_is_left():
    room = Room(10)
    with room.share() as take, room.share() as take_too:
        take(4)
        take_too(6)
        with pytest.raises(QueueFullError):
            take(1)
    with room.share() as take:
        take(10)
