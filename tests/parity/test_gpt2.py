"""GPT-2 checkpoints of Hugging Face's: the same numbers here and in transformers."""

import json

import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf
import tokenizers

from kerasnlp_tutorial.checkpoints import load_causal_lm
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

KOGPT2_SPECIALS = ["<s>", "</s>", "<usr>", "<pad>", "<sys>", "<unk>", "<mask>"]
PROMPTS = ["티끌 모아", "이 영화는 정말", "재미", "연기가 좋은 배우들이 나오는 영화"]


@pytest.fixture(scope="module")
def kogpt2_tokenizer(reviews):
    """One like KoGPT2's: a BPE on characters, not on bytes, with `▁` for a space."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = tokenizers.normalizers.NFKC()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer.decoder = tokenizers.decoders.Metaspace()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=1000, special_tokens=KOGPT2_SPECIALS, show_progress=False
    )
    tokenizer.train_from_iterator(reviews, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def kogpt2(tmp_path_factory, kogpt2_tokenizer):
    """A checkpoint with the fields of KoGPT2's config.json, in small."""
    torch.manual_seed(7)
    config = transformers.GPT2Config(
        vocab_size=kogpt2_tokenizer.get_vocab_size(),
        n_positions=96,
        n_embd=48,
        n_layer=3,
        n_head=4,
        activation_function="gelu_new",
        layer_norm_epsilon=1e-5,
        initializer_range=0.4,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=3,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    model.transformer.wte.weight.data[1] = 0  # seldom ends a text
    folder = tmp_path_factory.mktemp("kogpt2")
    model.save_pretrained(folder)
    kogpt2_tokenizer.save(str(folder / "tokenizer.json"))
    return folder, model


def test_logits(kogpt2, cache):
    folder, theirs = kogpt2
    ours = load_causal_lm(folder)
    ids = np.random.default_rng(0).integers(0, 900, (3, 17)).astype("int32")
    logits = ours({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    with torch.no_grad():
        expected = theirs(torch.tensor(ids, dtype=torch.long)).logits.numpy()
    assert expected.std() > 0.1
    np.testing.assert_allclose(logits, expected, atol=1e-4, rtol=0)


def test_greedy_generation_token_for_token(kogpt2, kogpt2_tokenizer, cache):
    folder, theirs = kogpt2
    ours = load_causal_lm(folder)
    generate = TextGenerator(ours, DecodingOptions(max_new_tokens=24))
    tokenizer = ours.preprocessor.tokenizer
    for prompt, continued in zip(PROMPTS, generate(PROMPTS), strict=True):
        ids = [1, *map(int, tokenizer(prompt))]
        with torch.no_grad():
            output = theirs.generate(
                torch.tensor([ids]), max_new_tokens=24, do_sample=False
            )[0].tolist()
        new = output[len(ids) :]
        new = new[: new.index(1)] if 1 in new else new
        assert len(new) > 3
        before, whole = (kogpt2_tokenizer.decode(x, False) for x in (ids, ids + new))
        assert continued == whole.removeprefix(before)
        assert "".join(generate.stream(prompt)) == continued


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"repetition_penalty": 1.3}, {}),
        ({"repetition_penalty": 0.8}, {}),
        ({"no_repeat_ngram": 2}, {"no_repeat_ngram_size": 2}),
        ({"no_repeat_ngram": 1}, {"no_repeat_ngram_size": 1}),
        (
            {"no_repeat_ngram": 3, "repetition_penalty": 1.2},
            {"no_repeat_ngram_size": 3},
        ),
        ({"beams": 3}, {"num_beams": 3}),
        ({"beams": 5}, {"num_beams": 5}),
    ],
    ids=str,
)
def test_decoding_token_for_token(kogpt2, kogpt2_tokenizer, cache, ours, theirs):
    # No text ends early: there beams are counted differently, and a minimum would
    # have transformers block the end token in log-probabilities.
    folder, model = kogpt2
    lengths = {"max_new_tokens": 20}
    if "beams" not in ours:
        lengths["min_new_tokens"] = 20
    options = DecodingOptions(**ours, **lengths)
    generate = TextGenerator(load_causal_lm(folder), options)
    if "repetition_penalty" in ours:
        theirs = theirs | {"repetition_penalty": ours["repetition_penalty"]}
    for prompt, continued in zip(PROMPTS, generate(PROMPTS), strict=True):
        ids = [1, *kogpt2_tokenizer.encode(prompt).ids]
        with torch.no_grad():
            whole = model.generate(
                torch.tensor([ids]), do_sample=False, **lengths, **theirs
            )[0].tolist()
        assert len(whole) == len(ids) + 20
        before, after = (kogpt2_tokenizer.decode(x, False) for x in (ids, whole))
        assert continued == after.removeprefix(before)


def test_the_tokenizer_is_theirs(kogpt2, kogpt2_tokenizer, cache, reviews, tmp_path):
    folder, _ = kogpt2
    model = load_causal_lm(folder)
    tokenizer = model.preprocessor.tokenizer
    assert isinstance(tokenizer, HuggingFaceTokenizer)
    assert tokenizer.start_token_id == tokenizer.end_token_id == 1
    assert tokenizer.pad_token_id == 3
    texts = [*(reviews * 2)[:1998], "", "漢字 😀 뷁"]
    expected = [row.ids for row in kogpt2_tokenizer.encode_batch(texts)]
    assert [list(row) for row in tokenizer(texts)] == expected
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(500).map(tokenizer)
    assert [row for batch in dataset for row in batch.to_list()] == expected
    single = tf.data.Dataset.from_tensor_slices(texts[:5]).map(tokenizer)
    assert [row.numpy().tolist() for row in single] == expected[:5]
    # Saved with the model, in both ways.
    model.save_to_preset(str(tmp_path / "preset"))
    model.save(tmp_path / "model.keras")
    for copy in (
        keras_nlp.models.GPT2CausalLM.from_preset(str(tmp_path / "preset")),
        keras.saving.load_model(tmp_path / "model.keras"),
    ):
        again = copy.preprocessor.tokenizer
        assert [list(row) for row in again(texts)] == expected
        assert again.pad_token_id == 3


def test_fine_tuning(kogpt2, cache):
    folder, _ = kogpt2
    model = load_causal_lm(folder)
    model.preprocessor.sequence_length = 24
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    texts = tf.data.Dataset.from_tensor_slices(PROMPTS * 4).batch(8)
    losses = model.fit(texts, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


def test_an_english_gpt2_has_no_pad_token(tmp_path, cache, reviews):
    # Padding with the end token would stop a generation before it begins.
    torch.manual_seed(7)
    config = transformers.GPT2Config(
        vocab_size=600, n_positions=64, n_embd=32, n_layer=1, n_head=2,
        initializer_range=0.4, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path / "gpt2")
    bpe = tokenizers.ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        reviews, 600, special_tokens=["<|endoftext|>"], show_progress=False
    )
    bpe.save_model(str(tmp_path / "gpt2"))
    model = load_causal_lm(tmp_path / "gpt2")
    tokenizer = model.preprocessor.tokenizer
    assert tokenizer.end_token_id == 0 != tokenizer.pad_token_id
    model.compile(sampler="greedy")
    assert len(model.generate("재미", max_length=16)) > len("재미")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("activation_function", "relu"),
        ("layer_norm_epsilon", 1e-3),
        ("scale_attn_by_inverse_layer_idx", True),
    ],
)
def test_what_cannot_be_computed_alike(kogpt2, cache, tmp_path, field, value):
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in kogpt2[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text()) | {field: value}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=f"{field} must be .*; received {value!r}"):
        load_causal_lm(folder)
    assert not list(cache.iterdir())
