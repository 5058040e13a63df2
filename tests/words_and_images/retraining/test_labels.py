from words_and_images.retraining.labels import comparable, label_of, matching


def test_a_name_in_either_form_of_unicode_and_with_any_spaces_is_one_label():
    assert label_of("cafe\u0301 \t au  lait ") == "caf\u00e9 au lait"
    assert label_of("Hot Dog") == "Hot Dog"


def test_what_a_terminal_would_obey_is_escaped():
    assert label_of("red\x1b[31m") == "red\\x1b[31m"


def test_case_and_spaces_make_no_other_label():
    assert comparable(" Hot  DOG") == comparable("hot dog") == "hot dog"
    assert matching("HOT dog", ["pizza", "Hot  Dog", "hot dog"]) == "Hot  Dog"
    assert matching("burger", ["pizza", "hot dog"]) is None
