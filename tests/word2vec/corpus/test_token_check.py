import pytest

from word2vec.corpus import numbering
from word2vec.corpus.numbering import number_documents

GERMAN = "Der Müller fährt über die Straße nach München, und der Müller hat Mühe."
CHINESE = "我们今天去北京的天安门广场看升国旗仪式，然后吃烤鸭。"
PARTED = "我们 今天 去 北京 的 天安门 广场 看 升 国旗 仪式 ， 然后 吃 烤鸭 。"
JAPANESE = "私は昨日、東京の大学で友達と一緒に日本語を勉強しました。"
THAI = "ประเทศไทยเป็นประเทศที่ตั้งอยู่ในเอเชียตะวันออกเฉียงใต้ มีเมืองหลวงคือกรุงเทพมหานคร"
PARTED_THAI = "ประเทศ ไทย เป็น ประเทศ ที่ ตั้ง อยู่ ใน เอเชีย มี เมืองหลวง คือ กรุงเทพ"
KOREAN = "나는 어제 서울에 있는 대학교에서 친구와 함께 한국어를 공부했습니다."


@pytest.fixture
def said(tmp_path, capsys):
    """A function that reads documents and returns the warnings."""

    def read(documents, tokens):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        number_documents(documents, folder, tokens)
        return [line for line in capsys.readouterr().err.splitlines()
                if line.startswith("warning: ")]

    return read


def test_letters_outside_a_to_z_are_told_with_what_is_left_of_their_words(said):
    # 57 letters, of which seven are none of a to z
    assert said([GERMAN], "letters") == [
        "warning: 12.3 % of the text's letters are outside a to z, and are cut out of their "
        "words: Müller -> m, ller; fährt -> f, hrt; Straße -> stra, e; keep them with --tokens "
        "words (encode.tokens in params.yaml)."]


@pytest.mark.parametrize(("plain", "warnings"), [(999, 0), (998, 1)])
def test_up_to_one_letter_in_a_thousand_is_passed_over(said, monkeypatch, plain, warnings):
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 100)
    # One é; of 1,000 letters in all it is one in a thousand.
    documents = ["é", *["a b c d 12"] * (plain // 4), "a" * (plain % 4)]
    assert len(said(documents, "letters")) == warnings


def test_accents_that_are_characters_of_their_own_count(said):
    assert "Müller -> m, ller" in said(["Mu\u0308ller geht heim"], "letters")[0]


def test_a_word_of_other_letters_only_leaves_nothing(said):
    assert "Привет -> nothing" in said(["Привет"], "letters")[0]


@pytest.mark.parametrize("tokens", ["words", "whitespace"])
@pytest.mark.parametrize("text", [GERMAN, KOREAN, "Привет мир", "हिन्दी भारत की राजभाषा है", PARTED,
                                  PARTED_THAI, "ភាសា\u200bខ្មែរ\u200bគឺជា\u200bភាសា", ""])
def test_what_suits_the_tokens_is_not_spoken_of(said, text, tokens):
    assert said([text], tokens) == []


@pytest.mark.parametrize("tokens", ["letters", "words", "whitespace"])
@pytest.mark.parametrize(("text", "language", "tool"), [
    (CHINESE, "Chinese", "jieba"), (JAPANESE, "Japanese", "fugashi"), (THAI, "Thai", "PyThaiNLP"),
    ("ພາສາລາວເປັນພາສາທາງການຂອງປະເທດລາວ", "Lao", "LaoNLP"),
    ("ភាសាខ្មែរគឺជាភាសាផ្លូវការរបស់ប្រទេសកម្ពុជា", "Khmer", "khmer-nltk"),
    ("မြန်မာဘာသာစကားသည်မြန်မာနိုင်ငံ၏ရုံးသုံးဘာသာစကားဖြစ်သည်", "Burmese", "myWord"),
])
def test_words_without_blanks_between_them_are_told_once_with_the_remedy(
    said, text, language, tool, tokens
):
    (warning,) = said([text] * 3, tokens)
    assert f"100 % of the text's letters are {language}, which has no blanks" in warning
    assert f"for example with {tool}" in warning and "--tokens whitespace" in warning


def test_runs_are_told_by_their_mean_length(said):
    # One run of two letters and three of seven: 23 letters in 4 runs.
    long = "我们今天去看花"
    assert "6 letters stand together on average" in said([f"北京 {long}", long, long], "words")[0]


def test_a_quotation_in_chinese_makes_no_text_chinese(said):
    assert said(["plain words " * 30, CHINESE], "words") == []
