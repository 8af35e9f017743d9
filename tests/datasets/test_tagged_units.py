import unicodedata

import pytest

from kerasnlp_tutorial.datasets.bio import Span, TaggedSentence
from kerasnlp_tutorial.datasets.tagged_units import read_bio, read_klue_ner
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "ner.txt"
        path.write_text(content, encoding="utf-8", newline="")
        return path

    return write


NARAE = TaggedSentence("나래는 산다", (Span(0, 3, "PER"),))


def test_klue(write):
    path = write(
        "## 토큰, 레이블 구분자 : \\t\n"
        "## 컬럼명 : CHAR\tNE_TAG\n"
        "## klue-ner-v1_dev_00000\t<경찰:OG>은 #\n"
        "경\tB-OG\n찰\tI-OG\n은\tO\n \tO\n#\tO\n\n"
        "## klue-ner-v1_dev_00001\t박\n박\tB-PS\n"
    )
    assert read_klue_ner(path) == [
        TaggedSentence("경찰은 #", (Span(0, 2, "OG"),)),
        TaggedSentence("박", (Span(0, 1, "PS"),)),
    ]


def test_bio(write):
    path = write(
        "-DOCSTART- -X- O\n\n홍길동 NNP B-PER\n씨 NNB O\n\n\n새 MM B-LOC\n"
        "마을 NNG I-LOC\n"
    )
    assert read_bio(path) == [
        TaggedSentence("홍길동 씨", (Span(0, 3, "PER"),)),
        TaggedSentence("새 마을", (Span(0, 4, "LOC"),)),
    ]


@pytest.mark.parametrize("blank", ["", "\t", "  "])
def test_a_blank_line_ends_a_sentence(write, blank):
    path = write(f"가\tB-A\n \tO\n나\tO\n{blank}\n다\tO\n")
    assert read_klue_ner(path) == [
        TaggedSentence("가 나", (Span(0, 1, "A"),)),  # a blank of its own stays
        TaggedSentence("다", ()),
    ]
    assert read_bio(path) == read_klue_ner(path)


@pytest.mark.parametrize(
    "row", ["홍길동", "홍길동\tPER", "홍길동\tB-", "홍길동\t", " \t"]
)
def test_other_lines_are_named(write, row):
    with pytest.raises(InputError, match=":2: expected a unit and a BIO tag"):
        read_bio(write(f"씨\tO\n{row}\n"))


def test_no_sentences(write):
    with pytest.raises(InputError, match="has no sentences"):
        read_bio(write("-DOCSTART-\n"))


@pytest.mark.parametrize(
    "content",
    [
        "# id 1\tdomain=ko\n나래는 _ _ B-PER\n산다 _ _ O\n",  # MultiCoNER
        "# id 1 domain=ko\n나래는 _ _ B-PER\n산다 _ _ O\n",
        "# id 1\tdomain=ko\n나래는\tB-PER\n산다\tO\n",
        "#sent\n나래는\tB-PER\n산다\tO\n",
        "-DOCSTART- -X- -X- O\n\n나래는 NNP B-NP B-PER\n산다 VV B-VP O\n",
        "-DOCSTART-\tO\n나래는\tB-PER\n산다\tO\n",
        "나래는\tB-PER\t\n산다\tO\t\n",
        "나래는\tB-PER \n산다 \tO\n",
        "word\ttag\n나래는\tB-PER\n산다\tO\n",
        "단어\t개체명 태그\n나래는\tB-PER\n산다\tO\n",
        "\tToken\tPOS\tNER_Tag\n0\t나래는\t_\tB-PER\n1\t산다\t_\tO\n",
        "나래는\tS-PER\n산다\tO\n",
        "나래는\tU-PER\n산다\tO\n",
        "1\t나래는\tPER_B\n2\t산다\t-\n",  # NAVER NLP Challenge
        "ko:나래는\tB-PER\nko:산다\tO\n",  # WikiANN
        "나래는\tB-PER\r\n산다\tO\r\n",
        "나래는\tB-PER\r\r\n산다\tO\r\r\n",
        "나래는\tB-PER\r산다\tO\r",
        unicodedata.normalize("NFD", "나래는\tB-PER\n산다\tO\n"),
    ],
)
def test_frames_of_published_files(write, content):
    assert read_bio(write(content)) == [NARAE]


@pytest.mark.parametrize("start", [0, 1])
def test_numbers_before_words(write, start):
    path = write(f"{start}\t나래는\tB-PER\n{start + 1}\t산다\tO\n\n{start}\t간다\tO\n")
    assert read_bio(path) == [NARAE, TaggedSentence("간다", ())]


def test_numbers_that_go_on_in_the_next_sentence(write):
    path = write("1\t나래는\tB-PER\n2\t산다\tO\n\n3\t간다\tO\n")
    assert read_bio(path) == [NARAE, TaggedSentence("간다", ())]


def test_words_that_are_numbers(write):
    path = write("2018\tB-DT\n12\tI-DT\n25\tI-DT\n")
    assert read_bio(path) == [TaggedSentence("2018 12 25", (Span(0, 10, "DT"),))]
    path = write("1\tSN\tB-QT\n2\tSN\tO\n3\tSN\tO\n\n나래는\tNNP\tO\n산다\tVV\tO\n")
    assert [s.text for s in read_bio(path)] == ["1 2 3", "나래는 산다"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("1\t나래\tNNP\tB-PER\n1\t야\tIC\tO\n2\t산다\tVV\tO\n", 2),  # of words
        ("7\t나래는\tB-PER\n7\t산다\tO\n\n8\t간다\tO\n", 1),  # of sentences
        ("s1\t나래는\tB-PER\ns1\t산다\tO\n", 1),
        ("a\t나래는\tB-PER\na\t산다\tO\n", 1),
        ("1-2\t나래는\tO\n1\t나래\tB-PER\n2\t는\tO\n", 1),  # CoNLL-U
        ("1\t나래는\tB-PER\n2\t산다\tO\n4\t밥\tO\n3\t간다\tO\n", 3),
        ("1\t나래는\tB-PER\nx\t산다\tO\n3\t간다\tO\n", 2),
        ("3\t나래는\tB-PER\n2\t산다\tO\n1\t간다\tO\n", 1),
    ],
)
def test_numbers_and_ids_that_do_not_count_the_words(write, content, line):
    with pytest.raises(InputError, match=f":{line}: the first column holds numbers or"):
        read_bio(write(content))


@pytest.mark.parametrize("number", ["{}", "{}.", "{})", "({})"])
def test_a_sentence_begins_where_the_count_starts_again(write, number):
    rows = [(1, "나래는\tB-PER"), (2, "산다\tO"), (1, "간다\tO")]
    path = write("".join(f"{number.format(n)}\t{row}\n" for n, row in rows))
    assert read_bio(path) == [NARAE, TaggedSentence("간다", ())]


def test_numbers_without_words(write):
    with pytest.raises(InputError, match=":1: the first column counts the rows"):
        read_bio(write("1\tB-PER\n2\tO\n\n1\tO\n"))


def test_a_token_that_begins_with_a_sharp_is_no_comment(write):
    path = write("# id 1\n#\tO\n#맛집\tB-LOC\n나래는\tO\n\n# id 2\n산다\tO\n#\tO\n")
    assert read_bio(path) == [
        TaggedSentence("# #맛집 나래는", (Span(2, 5, "LOC"),)),
        TaggedSentence("산다 #", ()),
    ]
    with pytest.raises(InputError, match=":3: expected a unit and a BIO tag"):
        read_bio(write("나래는\tB-PER\n\n#\tPER\n"))
    with pytest.raises(InputError, match=":2: a comment within a sentence: '#맛집'"):
        read_bio(write("나래는\tB-PER\n#맛집\n산다\tO\n"))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("나래는\tB-PER\n##는\tO\n", 2, "not subwords"),
        ("▁나래\tB-PER\n는\tO\n", 1, "not subwords"),
        ("나래\tNNP\tB-PER\n는\tJX\tO\n", 2, "not morphemes"),
        ("나래\tNoun\tB-PER\n는\tJosa\tO\n", 2, "not morphemes"),  # Okt
        ("나래\tnq\tB-PER\n에게\tjca\tO\n", 2, "not morphemes"),  # Hannanum
        ("나래\tN\tB-PER\n는\tJ\tO\n", 2, "not morphemes"),
        ("나래\tPROPN\tB-PER\n에게\tADP\tO\n", 2, "not morphemes"),
        ("나래\tNNP\tB-PER\n에게는\tJKB+JX\tO\n", 2, "not morphemes"),  # MeCab
        ("산\tVV\tO\n다.\tEF+SF\tO\n", 2, "not morphemes"),
        ("나래/NNP\tB-PER\n는/JX\tO\n", 1, "end with part-of-speech tags"),
        ("나래/NNP+는/JX\tB-PER\n산/VV+다/EF\tO\n", 1, "end with part-of-speech"),
        ("ko:나래\tB-PER\nen:Narae\tB-PER\n", 1, "such as 'en:' or 'ko:'"),
        ("통영에\tB-LC\n \tO\n산다\tO\n", 2, "the unit is blank"),
        ("통\tB-LC\n영\tI-LC\n산다\tO\n \tO\n", 3, "expected one character"),
        ("통\tB-LC\n영\tI-LC\n", 1, "cannot tell words from characters"),
        ("가\tO\n나\tO\n다\tO\n라\tO\n<sp>\tO\n마\tO\n", 1, "cannot tell words"),
        ("kr/나래는\tB-PER\nkr/산다\tO\n", 1, "all words begin with 'kr/'"),
        ("http://a\tB-PER\nhttp://b\tO\n", 1, "all words begin with 'http:'"),
        ("ko:나래는\tB-PER\nko:\tO\n", 1, "all words begin with 'ko:'"),
        ("나래는\tB-PER\tO\n산다\tO\tO\n", 1, "column 2 of 3 has tags too"),
        ("나래는\tX\tB-PER\n산다\tO\n밥\tX\tO\n", 2, "2 columns, expected 3"),
        (
            "나래는\tB-PER\n산다\tPER_I\n",
            2,
            "expected a unit and a BIO tag such as B-P",
        ),
        ("나래는\tB-PER\n산다\tE-PER\n밥\tL-PER\n", 1, "the marks B, E, L together"),
        ("산다\tO\n나래\tB-PER\n나래\tE-PER\n밥\tE-PER\n", 4, "'E-PER' continues no"),
    ],
)
def test_what_cannot_be_told_is_refused(write, content, line, message):
    with pytest.raises(InputError, match=f":{line}: .*{message}"):
        read_bio(write(content))


@pytest.mark.parametrize(
    ("rows", "received"),
    [
        ("나래\t나래\tNNP\tB-PER\n는\t는\tJX\tO\n", "a morpheme: '나래"),
        ("나래\tB-PER\n##는\tO\n", "a subword: '나래"),
        ("나래는\tB-PER\n산다\tO\n", "a word: '나래는"),
        ("\tO\n는\tO\n", "nothing: "),
    ],
)
def test_klue_has_one_character_on_a_line(write, rows, received):
    path = write(f"## 1\n## 나래는\n{rows}")
    with pytest.raises(
        InputError, match=f":3: expected one character .*not {received}"
    ):
        read_klue_ner(path)


def test_klue_characters_are_those_of_the_published_sentence(write):
    rows = "통\tB-LC\n영\tI-LC\n에\tO\n"
    for sentence in ("<통영:LC>에", "통영에", "<통영:LC_CITY>에"):
        assert len(read_klue_ner(write(f"## a\t{sentence}\n{rows}"))) == 1
    with pytest.raises(InputError, match=r":1: not the characters on the lines below"):
        read_klue_ner(write(f"## a\t<통영:LC>에 산다\n{rows}"))


def test_a_klue_comment_begins_a_sentence(write):
    path = write("## a\t나\n나\tB-PS\n## b\t너\n너\tI-PS\n")
    assert [s.text for s in read_klue_ner(path)] == ["나", "너"]


def test_letters_of_syllables_are_put_together(write):
    letters = unicodedata.normalize("NFD", "통영에")
    tags = ["B-LC", *["I-LC"] * 5, "O", "O"]
    rows = "".join(f"{a}\t{tag}\n" for a, tag in zip(letters, tags, strict=True))
    sentence = TaggedSentence("통영에", (Span(0, 2, "LC"),))
    assert read_klue_ner(write("## 문장\n" + rows)) == [sentence]
    with pytest.raises(InputError, match=":2: an entity ends within a syllable"):
        read_klue_ner(write("## 문장\n" + rows.replace("I-LC", "O")))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("나래는\tNNP+JX\tB-PER\n산다\tVV+EF\tO\n", "나래는 산다"),  # words
        ("in\tADP\tO\nEU\tEX\tO\n", "in EU"),
        ("EF\tef\tB-ORG\n산다\t살다\tO\n", "EF 산다"),  # a word and its lemma
        ("TCP/IP\tO\nAC/DC\tO\n나래는\tB-PER\n", "TCP/IP AC/DC 나래는"),
    ],
)
def test_words_with_other_columns(write, content, text):
    assert [sentence.text for sentence in read_bio(write(content))] == [text]


def test_words_below_a_comment_in_the_form_of_klue(write):
    with pytest.raises(InputError, match=":2: .*if these are words, remove the lines"):
        read_klue_ner(write("## memo\n나래는\tB-PER\n산다\tO\n"))
