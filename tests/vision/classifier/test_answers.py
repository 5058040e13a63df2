import csv
import io
import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from vision.classifier.answers import answers_to
from vision.photos.given_images import GivenImage
from vision.photos.image import UnreadableImageError
from words_and_images.common.commandline import print_json
from words_and_images.common.errors import UserError
from words_and_images.retraining.answers import Answer, json_of, print_csv, print_texts


@dataclass
class Numbers:
    """A classifier of images that are the scores of `cat` themselves, and reads two ahead."""

    labels: list = field(default_factory=lambda: ["cat", "dog"])

    def attempt(self, images):
        waiting = []
        for image in images:
            waiting.append(image)
            if len(waiting) > 2:
                yield self._one(waiting.pop(0))
        yield from map(self._one, waiting)

    def top(self, probabilities, count=None):
        order = np.argsort(-probabilities, kind="stable")[:count]
        return [(self.labels[number], float(probabilities[number])) for number in order]

    def _one(self, image):
        if image == "broken":
            return UnreadableImageError("the image", "no image")
        return np.array([image, 1 - image])


def given(*sources):
    return [source if isinstance(source, UserError) else GivenImage(f"{source}.jpg", source)
            for source in sources]


def test_each_image_has_its_labels_best_first():
    first, second = answers_to(Numbers(), given(0.75, 0.25))
    assert first == Answer("0.75.jpg", [("cat", 0.75), ("dog", 0.25)])
    assert (second.path, second.label, second.score) == ("0.25.jpg", "dog", 0.75)


def test_answers_and_errors_keep_the_order_of_the_images():
    errors = [UserError(str(number)) for number in range(4)]
    images = given(errors[0], 0.1, errors[1], errors[2], "broken", 0.2, 0.3, errors[3])
    found = [str(each) if isinstance(each, UserError) else each.path
             for each in answers_to(Numbers(), images)]
    broken = "broken.jpg cannot be read as an image (no image); mend it or take it out."
    assert found == ["0", "0.1.jpg", "1", "2", broken, "0.2.jpg", "0.3.jpg", "3"]


def test_errors_alone_are_all_told():
    errors = given(UserError("a"), UserError("b"))
    assert list(answers_to(Numbers(), errors)) == errors


def test_an_unreadable_image_on_standard_input_is_called_so():
    error, = answers_to(Numbers(), [GivenImage("-", "broken")])
    assert str(error).startswith("standard input cannot be read as an image (no image)")


def test_an_answer_is_given_before_all_images_are_taken():
    taken = []

    def images():
        for image in given(0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
            taken.append(image)
            yield image

    assert next(answers_to(Numbers(), images())).path == "0.1.jpg"
    assert len(taken) == 3


@pytest.mark.parametrize("threshold, label", [(0, "cat"), (0.75, "cat"), (0.76, "not sure")])
def test_a_best_score_below_the_threshold_is_not_sure_with_all_scores(threshold, label):
    answer, = answers_to(Numbers(), given(0.75), not_sure=threshold)
    assert answer.to_json() == {"path": "0.75.jpg", "label": label, "score": 0.75,
                                "scores": {"cat": 0.75, "dog": 0.25}}


def test_text_is_as_label_image_prints_it_below_the_name(capsys):
    print_texts(answers_to(Numbers(), given(0.75, 0.25), top=1, not_sure=0.8))
    assert capsys.readouterr().out == ("0.75.jpg\nnot sure\ncat (score = 0.75000)\n"
                                       "0.25.jpg\nnot sure\ndog (score = 0.75000)\n")


def test_a_single_image_needs_no_name(capsys):
    print_texts(answers_to(Numbers(), given(0.75)), alone="0.75.jpg")
    assert capsys.readouterr().out == "cat (score = 0.75000)\ndog (score = 0.25000)\n"


def test_csv_has_a_column_a_label_and_quotes_what_needs_it():
    labels, name = ["cat", 'dog, "big"'], 'a "b", c\nd.jpg'
    stream = io.StringIO()
    print_csv(answers_to(Numbers(labels), [GivenImage(name, 0.25)], not_sure=0.9), labels, stream)
    assert stream.getvalue() == ('path,label,score,cat,"dog, ""big""",error\n'
                                 '"a ""b"", c\nd.jpg",not sure,0.75,0.25,0.75,\n')
    assert list(csv.reader(io.StringIO(stream.getvalue())))[1][0] == name


@pytest.mark.parametrize("label", ["error", "path", "label", "score"])
def test_csv_has_no_two_columns_of_one_name(label):
    labels, stream = ["ok", label], io.StringIO()
    print_csv(answers_to(Numbers(labels), given(0.25)), labels, stream)
    row, = csv.DictReader(io.StringIO(stream.getvalue()))
    assert row == {"path": "0.25.jpg", "label": label, "score": "0.75", "score of ok": "0.25",
                   f"score of {label}": "0.75", "error": ""}


def test_csv_leaves_scores_out_that_are_not_asked_for():
    stream = io.StringIO()
    print_csv(answers_to(Numbers(), given(0.25), top=1), Numbers().labels, stream)
    assert stream.getvalue().splitlines()[1] == "0.25.jpg,dog,0.75,,0.75,"


def test_what_has_no_answer_has_a_row_and_an_entry_that_say_why(capsys):
    stream, images = io.StringIO(), given("broken", UserError("nothing matches"), 0.75)
    print_csv(answers_to(Numbers(), images), Numbers().labels, stream)
    broken = "broken.jpg cannot be read as an image (no image); mend it or take it out."
    assert list(csv.reader(io.StringIO(stream.getvalue())))[1:] == [
        ["broken.jpg", "", "", "", "", broken], ["", "", "", "", "", "nothing matches"],
        ["0.75.jpg", "cat", "0.75", "0.75", "0.25", ""]]
    entries = [json_of(found) for found in answers_to(Numbers(), images)]
    assert entries[:2] == [{"path": "broken.jpg", "error": broken},
                           {"path": None, "error": "nothing matches"}]
    assert entries[2]["label"] == "cat"
    print_texts(answers_to(Numbers(), images), alone="0.75.jpg")
    assert capsys.readouterr().out.startswith("cat (score")


def test_names_that_no_encoding_holds_are_made_visible():
    answer, = answers_to(Numbers(), [GivenImage("se\udcf1or.jpg", 0.75)])
    assert answer.to_json()["path"] == "se\\udcf1or.jpg"
    assert json.dumps(answer.to_json(), ensure_ascii=False).encode("utf-8")


def test_names_and_labels_do_nothing_to_a_terminal(capsys):
    labels, name = ["cat\x1b[31m", "dog\u202e"], "\x1b[2Ja\u202e.jpg"
    answers = [*answers_to(Numbers(labels), [GivenImage(name, 0.25)])]
    print_texts(answers)
    print_csv(answers, labels)
    out = capsys.readouterr().out
    assert "\\x1b[2Ja\\u202e.jpg\ndog\\u202e (score" in out
    assert "path,label,score,cat\\x1b[31m,dog\\u202e,error\n\\x1b[2Ja\\u202e.jpg,dog\\u202e," in out
    assert not {"\x1b", "\u202e"}.intersection(out)
    assert answers[0].to_json()["path"] == name  # as it is, for a program


def test_json_holds_what_it_tells_and_nothing_that_a_terminal_obeys(capsys):
    value = {"a\x1b\n": "\u202e\x7f\x9b é"}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "é" in out and not {"\x1b", "\u202e", "\x7f", "\x9b"}.intersection(out)


@pytest.mark.parametrize("name", [
    "=cmd|'/c calc'!A0", "+1", "@x", "-", "'=1", 'a,b"c', "two\nlines", "", " a ", "a;b\\n",
    "\u732b", "<script>", "$x^2$", "[red]x[/red]"])
def test_csv_gives_back_the_very_names(name):
    labels, stream = [f"{name}1", f"{name}2"], io.StringIO()
    print_csv([Answer(name, [(labels[0], 0.75), (labels[1], 0.25)])], labels, stream)
    head, row = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert head[3:5] == labels
    assert row[:2] == [name, labels[0]]
