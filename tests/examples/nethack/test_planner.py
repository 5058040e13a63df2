"""The planner on levels drawn by hand."""

import pytest
from nethack_levels import place_in, view_of

from examples.nethack.games import ENTER, KICK, SEARCH
from examples.nethack.level_map import COLUMNS, LevelMap
from examples.nethack.planner import KICKS, PATIENCE, SEARCHES, Planner

N, E, S, W, NE, SE, SW, NW = range(1, 9)
"""The moves, as actions."""


def first_action(drawing: str, message: str = "") -> int:
    return Planner().act(view_of(drawing, message))


def test_the_stairs_come_first_by_the_shortest_way():
    assert first_action("""
-----
|@.#
|...|
|..>|
-----""") == SE


def test_without_stairs_it_goes_to_the_nearest_place_beside_what_was_never_seen():
    # West lies one door that nobody has been through, east another, farther off
    assert first_action("""
---------
:..@....:
---------""") == W


def test_what_was_stood_on_is_no_frontier_any_more():
    planner = Planner()
    room = """
---------
:..@....:
---------"""
    for drawing in (room, room.replace("..@", ".@."), room.replace("..@", "@..")):
        assert planner.act(view_of(drawing)) == W
    assert planner.act(view_of(room.replace(":..@", "@..."))) == E


@pytest.mark.parametrize(("door", "action"), [("'", S), ("+", S), (":", SE)])
def test_a_door_is_passed_straight_and_a_doorway_without_one_at_a_slant(door, action):
    assert first_action(f"""
----
|@--
|.{door}>
----""") == action


def test_nobody_leaves_a_door_at_a_slant():
    known = LevelMap()
    known.update(view_of("'.\n .@"))
    door = place_in("'.\n .@", "'")
    assert known.can_step(door, SE - 1) is None and known.can_step(door, E - 1) is not None


LOCKED = """
-----
|..@+
-----"""


def test_a_locked_door_is_kicked_until_it_gives_in():
    planner = Planner()
    assert planner.act(view_of(LOCKED)) == E
    assert planner.act(view_of(LOCKED, "This door is locked.")) == KICK
    assert planner.act(view_of(LOCKED, "In what direction?")) == E
    assert planner.act(view_of(LOCKED, "WHAMM!!")) == KICK
    assert planner.act(view_of(LOCKED, "In what direction?")) == E
    broken = LOCKED.replace("+", ":")
    assert planner.act(view_of(broken, "As you kick the door, it crashes open!")) == E


def test_a_door_that_never_gives_in_is_left_alone():
    planner = Planner()
    planner.act(view_of(LOCKED))
    actions = [planner.act(view_of(LOCKED, "This door is locked."))]
    actions += [planner.act(view_of(LOCKED)) for _ in range(2 * KICKS)]
    assert actions.count(KICK) == KICKS and actions[-1] != KICK


def test_a_door_that_is_stuck_is_tried_again():
    planner = Planner()
    for _ in range(3 * PATIENCE):
        assert planner.act(view_of(LOCKED, "The door resists!")) == E


def test_a_step_that_fails_again_and_again_is_given_up():
    planner = Planner()
    passage = """
------
|.@.:
------"""
    actions = [planner.act(view_of(passage)) for _ in range(PATIENCE + 1)]
    assert actions[:PATIENCE] == [E] * PATIENCE and actions[PATIENCE] != E


def test_monsters_are_fought_pets_are_not_and_some_are_not_touched():
    assert first_action("M@.:") == W
    assert first_action("d@.:") == E
    assert first_action("e@.:") == E
    assert first_action("""
....
.@e>
....""") in (NE, SE)


def test_the_peaceful_are_left_in_peace_and_walked_around():
    planner = Planner()
    room = """
.....
.@M.>
....."""
    assert planner.act(view_of(room)) == E
    assert planner.act(view_of(room, "Really attack the watchman?")) == ENTER
    assert planner.act(view_of(room, turn=2)) in (NE, SE)


def test_a_boulder_is_pushed_and_a_trap_risked_only_when_nothing_else_is_left():
    assert first_action("-----\n|.@0:\n-----") == E
    assert first_action("-----\n:.@0:\n-----") == W
    assert first_action("-----\n|.@^:\n-----") == E
    assert first_action("-----\n:.@^:\n-----") == W


def test_objects_may_lie_on_the_stairs():
    assert first_action("------\n|(.@.|\n------") == W


def test_where_nothing_is_left_it_searches_several_times_in_one_place():
    planner = Planner()
    closed = "----\n|.@|\n----"
    actions = []
    drawing = closed
    for _ in range(SEARCHES + 1):
        actions.append(planner.act(view_of(drawing)))
        if actions[-1] == W:
            drawing = "----\n|@.|\n----"
    assert actions.count(SEARCH) >= SEARCHES


def test_the_end_of_a_corridor_promises_more_than_a_wall():
    planner = Planner()
    views = [view_of("#" * number + "@" + "#" * (5 - number)) for number in range(6)]
    walked = [planner.act(view) for view in views]
    assert walked[:5] == [E] * 5 and walked[5] in (SEARCH, W)


def test_a_new_level_is_begun_anew():
    planner = Planner()
    planner.act(view_of(".@.:"))
    planner.act(view_of("@", depth=2))
    assert sum(symbol != 0 for symbol in planner.explorer.map.ground) == 1


def test_what_a_monster_stands_on_is_remembered():
    known = LevelMap()
    known.update(view_of(".@'."))
    known.update(view_of(".@M."))
    door = place_in(".@'.", "'")
    assert known.ground[door] == 5 and known.above[door] and door % COLUMNS == 5
