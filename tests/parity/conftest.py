"""Checkpoints that transformers itself has written, with random weights."""

import json

import pytest

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc
from kerasnlp_tutorial.tokenizers import save_wordpiece, train_wordpiece


@pytest.fixture(scope="session")
def korean_texts():
    return [
        "배우들 연기가 정말 살아 있네요!!",
        "이 영화는 2시간이 아깝다ㅠㅠ ㅋㅋㅋ",
        "한국어와 English, 漢字를 섞은 문장 😀",
        "뷁뷁 재밌다",
        "짧다",
    ]


@pytest.fixture(scope="session")
def reviews():
    examples = read_nsmc(SAMPLE.path("ratings_train.txt"))
    return [text for example in examples for text in example.texts]


@pytest.fixture(scope="session")
def vocabulary(reviews):
    return train_wordpiece(reviews, 1200)


@pytest.fixture(scope="session")
def bert_config(vocabulary):
    """The fields of kcbert-base's config.json, in small."""
    return {
        "vocab_size": len(vocabulary),
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 60,
        "type_vocab_size": 2,
        "initializer_range": 0.2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }


@pytest.fixture(scope="session")
def make_bert(tmp_path_factory, vocabulary, bert_config):
    """Write a checkpoint of a class; return its folder and the model."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    def make(name, *, save=None, tokenizer=True, **changes):
        torch.manual_seed(7)
        config = transformers.BertConfig(**bert_config | changes)
        model = getattr(transformers, name)(config).eval()
        # Biases and scales begin as zeros and ones, which would hide a confusion.
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.data += 0.1 * torch.randn_like(parameter)
        folder = tmp_path_factory.mktemp(name)
        model.save_pretrained(folder, **(save or {}))
        if tokenizer:
            save_wordpiece(vocabulary, folder)
            settings = {"do_lower_case": False, "max_len": 60}
            (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        return folder, model

    return make


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where converted checkpoints go."""
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "checkpoints"
