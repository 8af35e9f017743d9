"""What one backend of Keras has trained the others open, with the same answers."""

import json

import numpy as np
import pytest
from helpers import printed_by

TRAIN = """
from kerasnlp_tutorial import registry
for name in ("ch04", "ch05", "ch06", "ch07", "ch08"):
    module = registry.find(name).load_task()
    changes = {"judged": 0} if name == "ch08" else {}
    module.train(module.Config.quick(output=f"{FOLDER}/{name}", **changes))
"""
ANSWER = """
import json
import numpy as np
from kerasnlp_tutorial import language_models, registry, trained
from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm
INPUTS = {
    "ch04": ["배우들 연기가 살아 있네요", "돈 아까워"],
    "ch05": [("배우들 연기가 살아 있네요", "돈 아까워")],
    "ch06": ["이순신은 서울에 갔다", "서울"],
    "ch07": [("누가 갔나?", "이순신은 서울에 갔다. 권율은 남았다.")],
}
bert, gpt = load_masked_lm("bert_mini_ko"), load_causal_lm("gpt2_mini_ko")
answers = {
    "gaps": language_models.fill_mask(bert, "이 영화 정말 [MASK] 있어요"),
    "next": language_models.next_tokens(gpt, "이 영화는 정말"),
}
for folder in FOLDERS:
    for name, inputs in INPUTS.items():
        opened = trained.load_trained(f"{folder}/{name}")
        chapter = registry.find(name).load_task()
        examples = chapter.read_examples(opened.config, "test", opened.labels)[:40]
        answers[f"{folder}/{name}"] = [
            chapter.predict(opened, inputs), chapter.evaluate(opened, examples)
        ]
    writer = trained.load_trained(f"{folder}/ch08").model
    ids = [[3, 9, 27, 40, 8, 11], [5, 6]]
    scores = language_models.token_log_probabilities(writer, ids, 2)
    answers[f"{folder}/ch08"] = [np.asarray(score).tolist() for score in scores]
print(json.dumps(answers, ensure_ascii=False, default=float))
"""
BACKENDS = ("tensorflow", "jax", "torch")


def leaves(value):
    """All numbers and words of an answer, in one order."""
    if isinstance(value, dict):
        value = [[key, value[key]] for key in sorted(value)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def numbers_and_words(answers):
    numbers, words = [], []
    for leaf in leaves(answers):
        is_number = isinstance(leaf, int | float) and not isinstance(leaf, bool)
        (numbers if is_number else words).append(leaf)
    return numbers, words


@pytest.mark.slow
def test_all_backends_give_the_same_answers(tmp_path):
    pytest.importorskip("jax")
    pytest.importorskip("torch")
    folders = [str(tmp_path / backend) for backend in BACKENDS]
    for backend, folder in zip(BACKENDS, folders, strict=True):
        printed_by(f"FOLDER = {folder!r}\n{TRAIN}", KERAS_BACKEND=backend)
    expected = None
    for backend in BACKENDS:
        printed = printed_by(f"FOLDERS = {folders}\n{ANSWER}", KERAS_BACKEND=backend)
        answers = json.loads(printed[-1])
        numbers, words = numbers_and_words(answers)
        assert len(answers) == 17 and len(numbers) > 300
        expected = expected or (numbers, words)
        np.testing.assert_allclose(numbers, expected[0], atol=1e-4)
        assert words == expected[1]
