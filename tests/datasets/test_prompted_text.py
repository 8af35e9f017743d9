import pytest

from kerasnlp_tutorial.datasets import PromptedText, prompt_names, read_prompted_texts
from kerasnlp_tutorial.errors import InputError


def test_a_table_of_prompts_and_texts(tmp_path):
    path = tmp_path / "talks.csv"
    path.write_text('A,Q,label\n"네, 그래요.",정말?,0\n아니요.,"왜, 뭐?",1\n')
    assert read_prompted_texts(path, "Q", "A") == [
        PromptedText("정말?", "네, 그래요."),
        PromptedText("왜, 뭐?", "아니요."),
    ]
    with pytest.raises(InputError, match="must have one column 'text'"):
        read_prompted_texts(path)
    path.write_text("Q,A\n,아무것도 묻지 않았는데\n")
    assert read_prompted_texts(path, "Q", "A") == [
        PromptedText("", "아무것도 묻지 않았는데")
    ]


def test_lines_have_no_prompts(tmp_path):
    path = tmp_path / "diary.txt"
    path.write_text("비가 왔다\t그쳤다\n\n 갰다 \n", encoding="utf-8")
    assert read_prompted_texts(path) == [
        PromptedText("", "비가 왔다\t그쳤다"),
        PromptedText("", "갰다"),
    ]


def test_prompts_that_are_few_have_names():
    examples = [PromptedText(prompt, "글") for prompt in ("나", "가", "", "나")]
    assert prompt_names(examples) == ("가", "나")
    assert prompt_names(examples, most=1) == ()
    assert prompt_names([PromptedText("", "글")]) == ()


def test_one_column_of_texts(tmp_path):
    path = tmp_path / "diary.csv"
    path.write_text('text\n"비가, 왔다"\n갰다\n', encoding="utf-8")
    expected = [PromptedText("", "비가, 왔다"), PromptedText("", "갰다")]
    assert read_prompted_texts(path) == expected
    path.write_text('"비가, 왔다"\n갰다\n', encoding="utf-8")
    assert read_prompted_texts(path, text_column="1") == expected
    path.write_text("text,day\n비,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no column 'prompt' .*prompt_column=none"):
        read_prompted_texts(path)
    assert read_prompted_texts(path, None) == [PromptedText("", "비")]


def test_json_is_not_taken_for_lines(tmp_path):
    path = tmp_path / "talks.jsonl"
    path.write_text('{"Q": "왜?", "A": "그냥."}\n{"Q": null, "A": "응"}\n', "utf-8")
    assert read_prompted_texts(path, "Q", "A") == [
        PromptedText("왜?", "그냥."),
        PromptedText("", "응"),
    ]


def test_a_header_is_not_taken_for_a_talk(tmp_path, caplog):
    path = tmp_path / "talks.csv"
    path.write_text("Q,A\n왜?,그냥.\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"talks.csv:1: .*\['A', 'Q'\] looks like a header"
    ):
        read_prompted_texts(path, "1", "2")
    path.write_text("왜?,그냥.\n뭐?,아냐.\n", encoding="utf-8")
    with pytest.raises(InputError, match="must be different columns"):
        read_prompted_texts(path, "1", "1")
    assert len(read_prompted_texts(path, "1", "2")) == 2
    assert "no header; its first row is data: ['그냥.', '왜?']" in caplog.text


def test_columns_of_lines_are_refused_and_missing_prompts_are_blank(tmp_path):
    path = tmp_path / "talks.txt"
    path.write_text("Q\tA\n왜?\t그냥.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"must end in .tsv or .csv"):
        read_prompted_texts(path, "Q", "A")
    path = tmp_path / "talks.json"
    path.write_text('[{"prompt": NaN, "text": "가"}]', encoding="utf-8")
    assert read_prompted_texts(path) == [PromptedText("", "가")]
    path.write_text('[{"prompt": [1], "text": "가"}]', encoding="utf-8")
    with pytest.raises(InputError, match=r"prompt \[1\], expected a text"):
        read_prompted_texts(path)
