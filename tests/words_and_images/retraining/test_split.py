import numpy as np
import pytest

from words_and_images.common.errors import UserError
from words_and_images.retraining.split import (
    SplitParameters,
    Undivided,
    company_of,
    decisive_hashes,
    divide,
    split_of_hash,
)

# Read as numbers from 0 to 1: 0.0, 0.25, 0.5 and 0.9375. With a test share of 0.2 and a validation
# share of 0.1 these are test, validation, training and training.
TEST_HASH, VALIDATION_HASH, HALF, HIGH = ("0" * 64, "4" + "0" * 63, "8" + "0" * 63, "f" + "0" * 63)
SHARES = SplitParameters(validation=0.1, test=0.2)


def poems(*extra: Undivided) -> list[Undivided]:
    """Three of a class, one for each split, and others behind them."""
    return [Undivided("ode", "poem", TEST_HASH), Undivided("elegy", "poem", VALIDATION_HASH),
            Undivided("haiku", "poem", HALF), *extra]


def test_the_content_alone_decides_where_an_example_belongs():
    split = divide(poems(), ["poem"], SHARES)
    assert [(each.name, each.split, each.group) for each in split.examples] == [
        ("ode", "test", None), ("elegy", "validation", None), ("haiku", "training", None)]
    assert [each.sha256 for each in split.examples] == [TEST_HASH, VALIDATION_HASH, HALF]
    assert split.noun == "example"
    assert split.rows("validation").tolist() == [1]
    assert split.counts() == {"poem": {"training": 1, "validation": 1, "test": 1}}


def test_what_belongs_together_stays_on_one_side_under_one_name():
    together = [Undivided("sonnet", "poem", HIGH, [3, 4]),
                Undivided("sonnet again", "poem", "e" + "0" * 63, [3, 4])]
    *_, one, other = divide(poems(*together), ["poem"], SHARES).examples
    assert one.split == other.split == "training"
    assert one.group == other.group and one.group in (HIGH[:12], "e" + "0" * 11)


def test_an_empty_split_is_filled_by_what_lies_nearest(capsys):
    # Nothing of this class falls below 0.2. What lies at 0.25 is nearest, but the only one of its
    # own split; of the two in training, 0.5 is nearer than 0.9375.
    stories = [Undivided(name, "story", sha256, [row]) for row, (name, sha256) in enumerate(
        [("saga", VALIDATION_HASH), ("fable", HALF), ("novel", HIGH)])]
    split = divide(stories, ["story"], SHARES, "document")
    assert {each.name: each.split for each in split.examples} == {
        "saga": "validation", "fable": "test", "novel": "training"}
    assert "the nearest by their hashes moved: fable to test\n" in capsys.readouterr().err


def test_messages_call_an_example_what_the_caller_calls_it(capsys):
    with pytest.raises(UserError, match="^too few documents for training, validation and test: the "
                                        "class 'poem' has 1 document; give each class 3 or more"):
        divide([Undivided("ode", "poem", TEST_HASH, [0])], ["poem"], SHARES, "document")
    twice = [Undivided("sonnet", "poem", HIGH, [3, 4]), Undivided("copy", "poem", HIGH, [3, 4])]
    divide(poems(*twice), ["poem"], SHARES, "document")
    assert "2 documents in 1 group of copies, near-duplicates and variants stay together" in (
        capsys.readouterr().err)


def test_what_keeps_a_class_from_being_divided_is_told():
    # Each story is the only training example of another class, and must not leave it
    kinds = [f"kind {number}" for number in range(3)]
    mixed = [Undivided(f"{label} {place}{number}", label, f"{place}{number}" + "0" * 62)
             for number, kind in enumerate(kinds)
             for label, place in (("story", "8"), (kind, "8"), (kind, "0"), (kind, "4"))]
    with pytest.raises(UserError, match="and test: the class 'story' has 3 examples that are in "
                                        "other classes as well; give"):
        divide(mixed, ["story", *kinds], SHARES)
    copies = [Undivided(name, "poem", HIGH, [0, 1, 2]) for name in "abc"]
    with pytest.raises(UserError) as refused:
        divide(copies, ["poem"], SHARES)
    assert str(refused.value) == (
        "too few examples for training, validation and test: the class 'poem' has 3 examples that "
        "are 1 but for copies and near-duplicates; give each class 3 or more that are no copies of "
        "each other.")


def test_the_first_three_moves_are_named(capsys):
    classes = [f"class {number}" for number in range(4)]
    stories = [Undivided(f"{label}, {place}", label, f"{place}{number}" + "0" * 62)
               for number, label in enumerate(classes) for place in "48f"]
    split = divide(stories, classes, SHARES)
    assert split.counts() == dict.fromkeys(classes, {"training": 1, "validation": 1, "test": 1})
    assert capsys.readouterr().err == (
        "so that every class is in every split, the nearest by their hashes moved: class 0, 8 to "
        "test, class 1, 8 to test, class 2, 8 to test and 1 more\n")


def test_examples_under_several_labels_are_warned_of(capsys):
    three, two = [3, 4, 5], [6, 7]
    mixed = [Undivided("sonnet", "poem", HIGH, three), Undivided("tale", "story", HIGH, three),
             Undivided("sonett", "poem", "e" * 64, three), Undivided("epic", "poem", "d" * 64, two),
             Undivided("novel", "story", "c" * 64, two), Undivided("fable", "story", "9" * 64),
             Undivided("saga", "story", "3" * 64), Undivided("myth", "story", "1" * 64)]
    divide(poems(*mixed), ["poem", "story"], SHARES)
    told = capsys.readouterr().err
    assert "warning: 1 example in more than one class, for example sonnet and tale\n" in told
    assert ("warning: 1 group of near-duplicates in more than one class, for example epic and "
            "novel; look whether a label is wrong\n") in told


def test_copies_of_what_is_told_are_no_near_duplicates(capsys):
    four = [3, 4, 5, 6]
    mixed = [Undivided(f"{label} {number}", label, HIGH, four)
             for number in range(2) for label in ("poem", "story")]
    divide(poems(*mixed, *(Undivided(f"s{n}", "story", f"{n}" * 64) for n in (1, 3, 9))),
           ["poem", "story"], SHARES)
    told = capsys.readouterr().err
    assert "warning: 1 example in more than one class, for example poem 0 and story 0\n" in told
    assert "of near-duplicates in more than one class" not in told


def test_pairs_join_groups_across_their_members():
    pairs = np.array([[0, 2], [2, 4], [1, 3]])
    assert company_of(pairs, 6) == [[0, 2, 4], [1, 3], [0, 2, 4], [1, 3], [0, 2, 4], [5]]


def test_one_hash_decides_for_a_group_whatever_the_order():
    forward = decisive_hashes([HIGH, HALF, TEST_HASH], [[0, 1], [0, 1], [2]])
    backward = decisive_hashes([HALF, HIGH, TEST_HASH], [[0, 1], [0, 1], [2]])
    assert forward == backward and forward[0] == forward[1] and forward[2] == TEST_HASH
    # Their own hashes begin with bd08 and 4d87: not the smaller one decides
    assert forward[0] == HIGH


@pytest.mark.parametrize(("shares", "sentence"), [
    ((0.0, 0.2), "validation is 0.0; it must be between 0 and 1"),
    ((0.1, 1.0), "test is 1.0; it must be between 0 and 1"),
    ((0.5, 0.5), r"validation \+ test is 1.0; it must be below 1, to leave some for training"),
])
def test_shares_that_cannot_be_are_refused(shares, sentence):
    with pytest.raises(UserError, match=sentence):
        SplitParameters(*shares)


def test_a_hash_at_the_end_of_a_range_belongs_to_the_next():
    quarters = SplitParameters(validation=0.25, test=0.25)
    assert split_of_hash(VALIDATION_HASH, quarters) == "validation"
    assert split_of_hash(HALF, quarters) == "training"


def test_shares_may_leave_as_little_as_they_want():
    shares = SplitParameters(0.5, 0.49)
    assert list(shares.ranges().values()) == [(0.0, 0.49), (0.99, 1.0), (0.49, 0.99)]
    assert (SplitParameters().validation, SplitParameters().test) == (0.1, 0.2)
