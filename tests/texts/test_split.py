import pytest

from texts.document import Document
from texts.documents import Collected
from texts.split import groups_of, sha256_of, split_documents
from words_and_images.common.errors import UserError
from words_and_images.retraining.split import SplitParameters


def collected(pairs, splits=None) -> Collected:
    return Collected([Document(str(number), label, text, splits[number] if splits else None)
                      for number, (label, text) in enumerate(pairs)], {})


def test_every_document_keeps_its_place_and_its_split_whatever_is_added(rows):
    whole, part = split_documents(collected(rows)), split_documents(collected(rows[:50]))
    assert [example.name for example in whole.examples] == [str(n) for n in range(60)]
    assert [each.split for each in whole.examples[:50]] == [each.split for each in part.examples]
    assert whole.noun == "document" and whole.labels == ["food", "sport"]


def test_texts_that_differ_in_case_and_blanks_stay_together(rows):
    copies = [(label, f" {text.upper()}\n\n") for label, text in rows]
    split = split_documents(collected([*rows, *copies]))
    for one, other in zip(split.examples[:60], split.examples[60:], strict=True):
        assert one.split == other.split and one.group == other.group is not None
    groups = groups_of(split)
    assert groups[:60] == groups[60:] and len(set(groups)) == 60


def test_an_accent_is_one_however_it_is_typed():
    assert sha256_of("caf\u00e9  au\nlait ") == sha256_of("cafe\u0301 au lait")
    assert sha256_of("Café") != sha256_of("café")


def test_the_same_text_under_two_labels_is_told(rows, capsys):
    split_documents(collected([*rows, ("food", rows[0][1])]))
    assert "warning: 1 document in more than one class, for example 0 and 60" in (
        capsys.readouterr().err)


def test_a_class_of_too_few_is_refused(rows):
    with pytest.raises(UserError, match=r"too few documents for training, validation and test: the "
                                        r"class 'music' has 1 document; give each class 3 or more"):
        split_documents(collected([*rows, ("music", "a song")]))


def test_a_refusal_of_many_classes_stays_short():
    with pytest.raises(UserError, match="and 995 more; give each class 3 or more") as refused:
        split_documents(collected([(f"{number:04}", str(number)) for number in range(1000)]))
    assert len(str(refused.value)) < 500


def test_a_published_test_stays_and_all_others_are_learnt_from(rows, capsys):
    splits = ["test"] * 20 + [None] * 20 + ["training"] * 20
    split = split_documents(collected(rows, splits), SplitParameters(0.3, 0.1))
    assert [each.split for each in split.examples] == ["test"] * 20 + ["training"] * 40
    assert "warning: test is 0.1 and not used" in capsys.readouterr().err


def test_a_published_validation_set_stays(rows):
    splits = ["test"] * 20 + ["training"] * 30 + ["validation"] * 10
    assert [each.split for each in split_documents(collected(rows, splits)).examples] == splits


def test_parts_without_a_test_are_divided_anew(rows, capsys):
    split = split_documents(collected(rows, ["training", "validation"] * 30))
    assert "no test among them: all documents are divided anew" in capsys.readouterr().err
    assert [each.split for each in split.examples] == [
        each.split for each in split_documents(collected(rows)).examples]


def test_copies_of_test_documents_are_told_and_stay(rows, capsys):
    pairs = [*rows, (rows[0][0], rows[0][1].title())]
    split = split_documents(collected(pairs, ["training"] * 40 + ["test"] * 21))
    assert split.examples[60].split == "test" and split.examples[0].split != "test"
    assert "warning: 1 of 21 test documents is a copy of a document to learn from" in (
        capsys.readouterr().err)


def test_what_is_published_is_grouped_for_the_folds(rows):
    pairs = [*rows, (rows[0][0], rows[0][1].upper())]
    split = split_documents(collected(pairs, [*["training"] * 50, *["validation"] * 5,
                                              *["test"] * 5, "training"]))
    groups = groups_of(split)
    assert groups[0] == groups[60] and len(set(groups)) == 60


def test_the_same_text_under_two_labels_of_a_published_set_is_told(rows, capsys):
    split_documents(collected([*rows, ("food", rows[0][1])], ["test"] * 20 + ["train"] * 41))
    assert "warning: 1 document in more than one class, for example 0 and 60" in (
        capsys.readouterr().err)
