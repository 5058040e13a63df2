"""What the learned players take in, and how they learn from it, without the game."""

import numpy as np
import pytest
from nethack_levels import place_in, view_of

from examples.nethack.episodes import Episode, Guide
from examples.nethack.games import Outcome
from examples.nethack.imitation import ImitationSettings, imitate
from examples.nethack.observations import (
    BLOCKS,
    NUMBERS,
    PLACES,
    REACH,
    SCALE,
    SIDE,
    STONE,
    Memories,
    Observations,
)
from examples.nethack.players import draw
from examples.nethack.policy import ANSWERS, GlyphNetwork, answers_of
from examples.nethack.policy_gradient import GradientSettings, Improver
from words_and_images.common.errors import UserError
from words_and_images.neural.gradient_check import numerical_gradient, relative_error
from words_and_images.neural.losses import cross_entropy, cross_entropy_derivative, one_hot
from words_and_images.neural.softmax import softmax

ROOM = """
-----
|.@.:
-----"""
CENTRE = PLACES // 2


def windows(seen: Observations) -> list[np.ndarray]:
    """The glyphs around the player; and as numbers: visits, frontier, searches, (11, 11) each."""
    planes = seen.numbers[0, :3 * PLACES].reshape(3, SIDE, SIDE)
    return [seen.window[0].reshape(SIDE, SIDE), *planes]


def test_the_window_is_around_the_player_and_blank_beyond_the_map():
    view = view_of("@.")
    glyphs, *_ = windows(Memories(1).observe([view]))
    np.testing.assert_array_equal(glyphs[REACH - 3:, REACH - 3:], view.glyphs[:9, :9])
    assert np.all(glyphs[:REACH - 3] == STONE) and np.all(glyphs[:, :REACH - 3] == STONE)


def test_it_remembers_where_it_has_been_and_what_is_new():
    memories = Memories(1)
    _, visits, frontier, _ = windows(memories.observe([view_of(ROOM)]))
    assert visits[REACH, REACH] == SCALE / 4 and visits.sum() == SCALE / 4  # log2(1 + 1) / 4
    assert np.argwhere(frontier).tolist() == [[REACH, REACH + 2]]
    seen = memories.observe([view_of(ROOM.replace(".@.", "..@"))])
    assert windows(seen)[1][REACH, REACH - 1] == SCALE / 4
    assert memories.bored.tolist() == [0]  # it sees now what it stood on
    memories.observe([view_of(ROOM.replace(".@.", "..@"))])
    assert memories.bored.tolist() == [1]


def test_a_search_is_remembered_around_the_player_and_forgotten_on_another_level():
    memories = Memories(2)
    memories.observe([view_of(ROOM)] * 2)
    memories.did(np.array([22, 1]))
    seen = memories.observe([view_of(ROOM)] * 2)
    searched = windows(seen)[3]
    assert np.count_nonzero(searched) == 9 and not windows(seen.take(np.array([1])))[3].any()
    memories.did(np.array([1, 1]))
    assert not windows(memories.observe([view_of(ROOM, depth=2), view_of(ROOM)]))[3].any()


def test_the_whole_map_is_seen_in_blocks_that_hold_every_place_once():
    seen = Memories(1).observe([view_of("@" + " " * 60 + ">")])
    stairs = seen.numbers[0, 3 * PLACES + BLOCKS:3 * PLACES + 2 * BLOCKS]
    assert np.count_nonzero(stairs) == 1 and stairs.sum() == SCALE


def test_players_do_not_see_each_others_games():
    other = view_of("|@>|", "In what direction?", turn=9)
    together = Memories(2)
    alone = Memories(1)
    for view in (view_of(ROOM), view_of(ROOM.replace(".@", "@."))):
        both, one = together.observe([other, view]), alone.observe([view])
        np.testing.assert_array_equal(both.window[1], one.window[0])
        np.testing.assert_array_equal(both.numbers[1], one.numbers[0])


def test_answers_are_the_actions_that_the_planner_uses():
    assert ANSWERS[answers_of(np.array([22, 0, 20, 8]))].tolist() == [22, 0, 20, 8]


def rows(count: int, generator: np.random.Generator) -> Observations:
    """Made-up observations."""
    return Observations(generator.integers(0, 5977, (count, PLACES)).astype(np.int16),
                        generator.integers(0, SCALE + 1, (count, NUMBERS)).astype(np.uint8))


def test_gradients_of_the_policy_agree_with_differences():
    generator = np.random.default_rng(1)
    policy = GlyphNetwork.initialise(generator, 2, (4,))
    for array in policy.parameters:
        array += generator.normal(size=array.shape) * 0.02
    policy.embedding.table = policy.embedding.table.astype(np.float64)
    seen, targets = rows(3, generator), one_hot([0, 3, 10], 11)
    found = policy.gradients(seen, policy.inputs(seen),
                             lambda logits: cross_entropy_derivative(logits, targets))
    glyph = int(seen.window[0, 0])

    def loss(vector: np.ndarray) -> float:
        policy.embedding.table[glyph] = vector
        return cross_entropy(policy.logits(seen), targets)

    by_differences = numerical_gradient(loss, policy.embedding.table[glyph], 1e-4)
    assert relative_error(found[0][glyph], by_differences) < 1e-4


def test_drawn_classes_have_the_probabilities_of_the_policy():
    probabilities = np.tile(np.array([[0.2, 0.0, 0.5, 0.3]]), (4000, 1))
    drawn = draw(probabilities, [np.random.default_rng(number) for number in range(4000)])
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 4000, probabilities[0], atol=0.03)
    assert 1 not in drawn


def made_game(generator: np.random.Generator, actions: np.ndarray, reached: bool) -> Episode:
    return Episode(1, Outcome(reached, len(actions)), rows(len(actions), generator), actions,
                   np.zeros(len(actions), np.int64))


def test_the_guide_rewards_what_comes_in_sight_and_what_leads_nearer():
    guide = Guide()
    for row in ("|@...:", "|.@..:", "|.@..:", "|@...:", "|@...:#"):
        guide.look(view_of(f"------\n{row}\n------"))
    assert guide.progress == [1, 1, 0, -1, 1]
    guide.look(view_of("@.", depth=2))
    assert guide.progress[-1] == 1


def test_imitation_learns_what_was_done():
    generator = np.random.default_rng(1)
    policy = GlyphNetwork.initialise(generator, 2, (32,))
    game = made_game(generator, ANSWERS[np.arange(22) % 11], True)
    settings = ImitationSettings(epochs=60, imitation_batch=11, imitation_rate=3e-3)
    history = imitate(policy, [game], settings, generator)
    assert history[-1]["loss"] < 0.1 < history[0]["loss"] and history[-1]["agreement"] == 1


def test_a_policy_does_more_often_what_brought_it_to_the_stairs():
    generator = np.random.default_rng(1)
    policy = GlyphNetwork.initialise(generator, 2, (16,))
    seen = rows(1, generator)
    games = []
    for action, reached in ((3, True), (5, False)):
        game = made_game(generator, np.array([action]), reached)
        games += [game._replace(seen=seen)] * 20
    before = softmax(policy.logits(seen))[0]
    improver = Improver(policy, GradientSettings(gradient_rate=1e-3), generator)
    improver.learn(games)
    after = softmax(policy.logits(seen))[0]
    assert after[answers_of(np.array([3]))] > before[answers_of(np.array([3]))]
    assert after[answers_of(np.array([5]))] < before[answers_of(np.array([5]))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_learning_that_diverges_ends_in_a_sentence():
    generator = np.random.default_rng(1)
    policy = GlyphNetwork.initialise(generator, 2, (16,))
    game = made_game(generator, ANSWERS[np.arange(22) % 11], True)
    with pytest.raises(UserError, match="lower imitation_rate"):
        imitate(policy, [game], ImitationSettings(imitation_rate=1e30, epochs=9), generator)
    with pytest.raises(UserError, match="lower gradient_rate"):
        Improver(policy, GradientSettings(), generator).learn([game])


@pytest.mark.parametrize(("kind", "changes", "sentence"), [
    (ImitationSettings, {"demonstrations": 0}, "demonstrations is 0; it must be above 0"),
    (ImitationSettings, {"hidden": ()}, "hidden is (); it must be one or more, each above 0"),
    (GradientSettings, {"discount": 1.5}, "discount is 1.5; it must be from 0 to 1"),
    (GradientSettings, {"rounds": -1}, "rounds is -1; it must be 0 or more"),
])
def test_settings_that_cannot_be_are_refused(kind, changes, sentence):
    with pytest.raises(UserError) as refused:
        kind(**changes)
    assert sentence in str(refused.value)


def test_the_view_of_a_drawing_has_the_player_where_it_was_drawn():
    assert view_of(ROOM).place == place_in(ROOM, "@")
