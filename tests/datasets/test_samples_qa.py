"""The embedded questions: their answers stand where they are said to."""

from collections import Counter

import pytest

from kerasnlp_tutorial.datasets import QA_SAMPLE, read_questions


def read(split):
    return read_questions(QA_SAMPLE.path(f"{split}.json"))


def test_size():
    questions = read("train") + read("test")
    contexts = {question.context for question in questions}
    assert len(contexts) >= 200
    assert len(read("train")) >= 900 and len(read("test")) >= 250
    assert all(150 <= len(context) <= 500 for context in contexts)
    assert len({question.id for question in questions}) == len(questions)


@pytest.mark.parametrize("split", ["train", "test"])
def test_questions_and_answers(split):
    for question in read(split):
        assert question.answers and question.kind
        assert question.question.endswith("?")
        for answer in question.answers:
            assert question.context[answer.start : answer.end] == answer.text
            assert answer.text == answer.text.strip()
            assert answer.text not in question.question


def test_every_kind_is_tested():
    counts = Counter(question.kind for question in read("test"))
    assert counts.keys() == {question.kind for question in read("train")}
    assert min(counts.values()) >= 10


def test_the_files_share_no_passage():
    train, test = ({q.context for q in read(split)} for split in ("train", "test"))
    assert not train & test
