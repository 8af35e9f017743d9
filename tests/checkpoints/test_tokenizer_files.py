import json

import pytest

from kerasnlp_tutorial.checkpoints.tokenizer_files import read_tokenizer
from kerasnlp_tutorial.errors import InputError

GPT2 = {"model_type": "gpt2", "vocab_size": 400}


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (json.dumps({"<s>": 0, "</s>": 1, "▁영화": 2}), "lacks 256 of the 256 bytes"),
        ('{"a": ', "vocab.json is damaged"),
    ],
)
def test_a_gpt2_vocabulary_of_another_kind(tmp_path, vocabulary, message):
    (tmp_path / "vocab.json").write_text(vocabulary, encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(InputError, match=message):
        read_tokenizer(tmp_path, GPT2)
