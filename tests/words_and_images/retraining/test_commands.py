import json

import pytest

from words_and_images.common.errors import UserError
from words_and_images.common.own_files import DamagedError, Kind
from words_and_images.retraining.answers import Answer
from words_and_images.retraining.commands import CSV, JSON, TEXT, AnswerPrinter, form_of
from words_and_images.retraining.record import described

LABELS = ["a", "b"]


def found():
    yield Answer("1", [("a", 0.75), ("b", 0.25)])
    yield UserError("2 is none.")


@pytest.mark.parametrize(("form", "out"), [
    (TEXT, "a (score = 0.75000)\nb (score = 0.25000)\n"),
    (CSV, "path,label,score,a,b,error\n1,a,0.75,0.75,0.25,\n,,,,,2 is none.\n"),
])
def test_answers_are_printed_and_what_has_none_is_said_and_counted(form, out, capsys):
    outcome = AnswerPrinter(form, LABELS, "examples", alone="1").print(found(), None)
    assert tuple(outcome) == (1, 1)
    assert capsys.readouterr() == (out, "2 is none.\n")


def test_as_json_they_come_in_the_end_with_the_error_in_the_place_of_a_label(capsys):
    AnswerPrinter(JSON, LABELS, "examples").print(found(), 2)
    first, second = json.loads(capsys.readouterr().out)
    assert (first["label"], second) == ("a", {"path": None, "error": "2 is none."})


def test_two_forms_are_refused():
    assert [form_of(True, False), form_of(False, True), form_of(False, False)] == [JSON, CSV, TEXT]
    with pytest.raises(UserError, match="are both given; give one of them"):
        form_of(True, True)


def test_a_record_of_other_values_is_told_as_damage_with_the_kinds_remedy(tmp_path):
    kind = Kind("a thing", (), (), "make it again")
    assert described(tmp_path, kind, lambda: [("size", "3")]) == (
        f"classifier  {tmp_path}\nsize        3")
    with pytest.raises(DamagedError, match=r"record.json is broken .*; make it again\."):
        described(tmp_path, kind, lambda: [("size", {}["size"])])
