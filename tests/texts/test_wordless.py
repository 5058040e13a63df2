import pytest

from texts.document import Document
from texts.wordless import check_words
from words_and_images.common.errors import UserError


def documents(*texts: str) -> list[Document]:
    return [Document(str(number), "a", text) for number, text in enumerate(texts)]


def test_documents_without_a_word_are_told_and_where_there_are_no_others_refused(capsys):
    check_words(documents("a ball", "12 ... !", "the ball", "\u2014"), "here")
    assert capsys.readouterr().err == (
        "warning: 2 documents without a word, of which nothing is learnt: 1, 3\n")
    with pytest.raises(UserError, match="none of the 2 documents of here has a word; give texts"):
        check_words(documents("1 2", "3 4"), "here")


def test_documents_without_a_word_in_common_are_refused():
    with pytest.raises(UserError, match="no word is in two of the 3 documents of here; give more"):
        check_words(documents("a ball", "the goal", "bread"), "here")


@pytest.mark.parametrize(("text", "script", "tool"), [
    ("足球比赛进球足球比赛", "Chinese", "jieba"),
    ("わたしはサッカーが好きです", "Japanese", "fugashi"),
    ("ฟุตบอลเป็นกีฬา", "Thai", "PyThaiNLP")])
def test_a_script_without_blanks_is_told_with_what_parts_its_words(text, script, tool, capsys):
    check_words(documents(text, text), "here")
    told = capsys.readouterr().err
    assert told.startswith(f"warning: 100 % of the letters of here are {script}, ")
    assert f"for example with {tool}" in told


@pytest.mark.parametrize("text", ["足球 比赛 进球", "كرة هدف فريق", "мяч гол команда",
                                  "the ball of 足球比赛进球 " + "and the team " * 20])
def test_words_that_are_parted_and_scripts_with_blanks_pass(text, capsys):
    check_words(documents(text, text), "here")
    assert capsys.readouterr().err == ""
