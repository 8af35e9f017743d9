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
    with pytest.raises(InputError, match="talks.csv:2: label ''"):
        read_prompted_texts(path, "Q", "A")


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
