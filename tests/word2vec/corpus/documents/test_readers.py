import bz2
import io
import json
import time
import zipfile

import pytest

from word2vec.corpus.documents.readers import READERS, plain_wiki

DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">
<page><title>A</title><revision><text xml:space="preserve">The '''cat''' sat on
the [[mat (floor)|mat]].{{cite|{{inner}}}}&lt;ref&gt;a book&lt;/ref&gt;</text></revision></page>
<page><title>B</title><revision><text>#REDIRECT [[A]]</text></revision></page>
<page><title>C</title><revision><text></text></revision></page>
<page><title>D</title><revision><text>A dog &amp;amp; a bone</text></revision></page>
</mediawiki>"""


def read(reader, content):
    content = content.encode() if isinstance(content, str) else content
    return [" ".join(document.split()) for document in READERS[reader]("a file", content)]


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_a_text_is_one_document_whatever_its_bytes():
    assert read("text", "one\ntwo") == ["one two"]
    assert read("text", b"caf\xe9 noir") == ["caf\ufffd noir"]


def test_an_orange_table_gives_title_and_content_of_the_rows_after_its_three_header_lines():
    table = ("Title\tclass\tContent\n"
             "string\tdiscrete\tstring\n"
             "meta\tclass\tmeta\n"
             "A tale\tgrimm\tOnce upon a time\n"
             'Another\tgrimm\t"In ""old""\ttimes\nlong ago"\n'
             "Short\n")
    assert read("orange_table", table) == [
        "A tale Once upon a time", 'Another In "old" times long ago', "Short"]


def test_a_table_may_hold_texts_longer_than_the_csv_modules_limit():
    long = "word " * 50_000  # 250,000 characters; the limit is 131,072
    assert read("orange_table", f"Text\n\n\n{long}\n") == [long.strip()]


def test_a_dictionary_gives_word_definitions_and_examples_of_each_entry():
    entries = {
        "cat": {"entry": "cat", "pos": [
            {"definitions": [{"text": "a small animal", "examples": ["the cat sat"]},
                             {"text": "a whip", "examples": []}]},
            {"definitions": [{"text": "to flog", "examples": ["they cat him"]}]}]},
        "dog": {"entry": "dog", "pos": []},
    }
    assert read("dictionary", json.dumps(entries)) == [
        "cat a small animal the cat sat a whip to flog they cat him", "dog"]


def test_zipped_news_give_title_subtitle_and_text_of_each_row():
    table = ('article_id,title,subtitle,text\n'
             '1,Rain,,"It rains, and\nrains"\n'
             '2,Sun,At last,It shines\n')
    content = zipped({"readme.txt": "no news", "NewsArticles.csv": table})
    assert read("zipped_news", content) == ["Rain It rains, and rains", "Sun At last It shines"]


def test_a_factbook_page_gives_headings_and_texts_without_html():
    page = {"Geography": {"Location": {"text": "Western <em>Europe</em>"},
                          "Area": {"total": {"text": "5 &gt; 4"}, "rank": 7}},
            "Notes": ["one", "two"]}
    assert read("factbook", json.dumps(page)) == [
        "Geography Location Western Europe Area total 5 > 4 rank Notes one two"]


def test_summaries_give_title_extract_and_description():
    articles = {"1": {"title": "Cat", "extract": "An animal.", "description": None},
                "2": {"title": "Dog", "extract": "Another.", "description": "a pet"}}
    assert read("summaries", json.dumps(articles)) == ["Cat An animal.", "Dog Another. a pet"]


def test_a_wiki_dump_gives_the_prose_of_pages_that_are_no_redirects():
    assert read("wiki_dump", bz2.compress(DUMP.encode())) == [
        "The '''cat''' sat on the mat.", "A dog & a bone"]


def test_zipped_text_is_a_document_a_line_file_after_file():
    content = zipped({"b.txt": "three", "a.txt": "one\ntwo\n"})
    assert read("zipped_text", content) == ["one", "two", "three"]


@pytest.mark.parametrize(("marked_up", "prose"), [
    ("a [[cat]] and [[domestic dog|dogs]]", "a cat and dogs"),
    ("before {{infobox | a = {{b|c}} | d }} after", "before after"),
    ("before {| class=x\n| cell {{t}}\n|} after", "before after"),
    ("fact<ref>source</ref> and<ref name=x /> on", "fact and on"),
    ('fact<ref name="a">one\ntwo</ref> on', "fact on"),
    ("seen <!-- hidden --> seen", "seen seen"),
    ("mass <math>E = mc^2</math> here", "mass here"),
    ("[[File:a.jpg|thumb|a [[cat]] on a [[mat|rug]]]] text", "text"),
    ("[[Category:Cats]][[Image:b.png]] text", "text"),
    ("the [[File system|file system]] and [[Image]]", "the file system and Image"),
    ("see [http://example.org/a?b=c the site] now", "see the site] now"),
    ("see https://example.org/page now", "see now"),
    ("black &amp; white&nbsp;<b>bold</b>", "black & white bold"),
    ("plain prose", "plain prose"),
])
def test_wiki_mark_up_is_reduced_to_its_prose(marked_up, prose):
    assert " ".join(plain_wiki(marked_up).split()) == prose


@pytest.mark.parametrize("beginning", ["<!--", "<ref", "<ref/", "<math", "<", "[[", "[[a|",
                                       "[[File:", "{{", "{|", "[http://"])
def test_beginnings_without_ends_take_no_time_and_are_left(beginning):
    started = time.process_time()
    plain_wiki(beginning * 16_000)
    assert time.process_time() - started < 1  # each was looked for to the end: 15 s of "[["


def test_what_only_begins_does_not_keep_the_rest_from_being_reduced():
    assert plain_wiki("<ref a<ref b/>c<!-- d<math>e</math>f [[g [[h|i]] [[j] k]] 1 < 2") == (
        " c<!-- d f i [[j] k]] 1 < 2")
