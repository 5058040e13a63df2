"""Orange's tables: three lines of header, then documents."""

import pytest

from texts.document import Found
from texts.orange_tables import read_orange_table
from words_and_images.common.errors import UserError

HEADER = "Name\tTopic\tText\nstring\tdiscrete\tstring\nmeta\tclass\tmeta\n"


def read(content: str, name: str = "news-train.tab") -> Found:
    found = Found()
    read_orange_table(name, content.encode(), found)
    return found


def test_rows_are_documents_named_by_their_number():
    found = read(HEADER + "x\tearn\tprofit rose\ny\tcrude\toil fell\n")
    assert [(each.name, each.label, each.text) for each in found.documents] == [
        ("news-train.tab:1", "earn", "profit rose"), ("news-train.tab:2", "crude", "oil fell")]


@pytest.mark.parametrize(("name", "split"), [
    ("news-train.tab", "training"), ("news-test.tab", "test"), ("big-news-test.tab", "test"),
    ("news.tab", None), ("news-2024.tab", None)])
def test_the_name_tells_the_part(name, split):
    assert read(HEADER + "x\tearn\tprofit\n", name).documents[0].split == split


def test_columns_are_found_by_name_and_role_wherever_they_are():
    found = read("Text\tlabel\nstring\td\n\tclass\nprofit\tearn\n").documents[0]
    assert (found.label, found.text) == ("earn", "profit")


def test_a_quoted_text_has_its_tabs_lines_and_quotation_marks():
    found = read(HEADER + 'x\tearn\t"a\tb\n""c"""\nx\tearn\td\n').documents
    assert [each.text for each in found] == ['a\tb\n"c"', "d"]


def test_a_text_may_be_longer_than_the_csv_module_allows_by_itself():
    assert len(read(HEADER + f"x\tearn\t{'word ' * 50_000}\n").documents[0].text) == 250_000


def test_rows_without_a_text_or_a_label_are_passed_over():
    found = read(HEADER + "x\tearn\t \nx\t\tprofit\nx\n\nx\tearn\tlast\n")
    assert found.passed_over == {"empty": ["news-train.tab:1"],
                                 "without a label": ["news-train.tab:2"]}
    assert [each.name for each in found.documents] == ["news-train.tab:5"]


def test_bytes_that_are_no_text_are_replaced():
    found = Found()
    read_orange_table("a.tab", HEADER.encode() + b"x\tearn\tprofit \xff rose\n", found)
    assert found.documents[0].text == "profit \ufffd rose"


@pytest.mark.parametrize("content", [
    "", "Text\n", HEADER.replace("Text", "Body"), HEADER.replace("class", "meta"), "no table"])
def test_a_table_without_texts_or_classes_is_refused(content):
    with pytest.raises(UserError, match=r"^news-train.tab has no column 'Text' and one of the role "
                                        r"'class'; fetch it again\.$"):
        read(content)


def test_a_table_with_stray_line_ends_is_refused():
    with pytest.raises(UserError, match=r"^news-train.tab is no table \(.*\); fetch it again\.$"):
        read(HEADER + "x\tearn\tprofit\rrose\n")
