from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard as HubCard
from markdown_it import MarkdownIt

from words_and_images.common.errors import printable
from words_and_images.common.model_card import (
    ModelCard,
    bullets,
    data_section,
    escaped,
    file_name,
    table,
    terms,
    values_block,
)

HOSTILE = ["no", "a: b", "- x", "#1", "*bold* _it_", "`code`", "[link](javascript:x)", "a|b",
           "<script>alert(1)</script>", "&amp; &#60;", "---", "1. one", "2) two", "+ plus", "===",
           "~~gone~~", "\\", "é ё 犬", "two\nlines", "\u202etxt", "\udcff", "null", "1e3", '"', "'",
           "{x: [1]}", "!tag", "%", "> said", "$x$", "@someone", "\x00", "\u2028"]


def front_matter(text: str) -> dict:
    """What stands between the first two lines of ---."""
    beginning, metadata, _ = text.split("---\n", 2)
    assert beginning == ""
    return yaml.safe_load(metadata)


def text_of(markdown: str) -> tuple[str, set[str]]:
    """The text that a reader sees, and the kinds of markup in it."""
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    children = [child for token in parsed for child in token.children or ()]
    return "".join(child.content for child in children), {
        token.type for token in [*parsed, *children]}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_comes_back_from_the_metadata_as_it_is_shown(name, tmp_path):
    tmp_path.joinpath("folder").mkdir()
    name = file_name(name)
    card = ModelCard("A model", {"tags": [name], "model-index": [{"name": name}]}, {})
    card.write(tmp_path / "folder")
    text = (tmp_path / "folder" / "README.md").read_text(encoding="utf-8")
    assert front_matter(text) == {
        "license": "other", "license_name": "terms-of-the-sources",
        "library_name": "words-and-images", "tags": [name], "model-index": [{"name": name}]}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_read_letter_by_letter_wherever_it_stands(name):
    seen = printable(name)
    plain = {"inline", "text", "text_special"}
    for markdown, kinds in [
        (bullets(escaped(name)), {"bullet_list", "list_item", "paragraph"}),
        (f"# {escaped(name)}", {"heading"}),
        (table([[escaped(name)]]), {"table", "thead", "tr", "th"}),
    ]:
        read, found = text_of(markdown)
        assert read == seen
        assert {kind.removesuffix("_open").removesuffix("_close") for kind in found
                } <= kinds | plain


def test_a_path_is_told_by_its_last_part_alone():
    assert file_name("/home/someone/texts/mine.txt") == "mine.txt"
    assert file_name(Path("texts/")) == "texts"
    assert [file_name(each) for each in ("-", ".", "texts/*.txt")] == [
        "standard input", ".", "*.txt"]


def test_terms_are_those_of_the_catalogue_or_nobodys():
    known = {"name": "news", "about": "3 articles", "licence": "CC0-1.0", "citation": "A. Dai"}
    assert terms("text", known) == "text: news; 3 articles; licence: CC0-1.0; A. Dai."
    own = terms("images", {"name": "mine", "path": "/home/someone/mine"})
    assert own.startswith("images: mine. Its terms are those of where it is from, and are not rec")
    assert terms("text", {}).startswith("text: not recorded. Its terms")
    assert "No licence of the model itself" in data_section([own])[0]


def test_parameters_are_read_back_as_they_were():
    values = {"a": None, "b": {"c": [1.5, True, "none"], "d": "```"}}
    block = values_block(values)
    assert block.startswith("```yaml\n") and block.endswith("\n```")
    assert yaml.safe_load(block.removeprefix("```yaml\n").removesuffix("```")) == values


def test_a_hubs_own_reader_finds_the_metadata_and_sections_follow_it():
    text = ModelCard("A model", {"tags": ["x"]}, {"Figures": ["None."], "Nothing": []}).text()
    card = HubCard(text, ignore_metadata_errors=False)
    assert (card.data.license, card.data.library_name, card.data.tags) == (
        "other", "words-and-images", ["x"])
    assert card.text.strip() == "# A model\n\n## Figures\n\nNone."
