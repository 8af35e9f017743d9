import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator, fast_decoding
from kerasnlp_tutorial.tokenizers import ByteLevelBPE

SENTENCES = ["티끌 모아 태산이다", "가는 말이 고와야 오는 말이 곱다"]
PROMPTS = ["", "티끌 모아 태", "가는 말이 고와야 오는 말"]
LENGTH = 64

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="for TensorFlow only"
)


class Ids(TextGenerator):
    """Writes ids: random tokens are rarely whole characters."""

    def _text(self, given, new):
        return "".join(f"{id} " for id in new)


def random_model(dtype="float32", dropout=0.1, model_class=None):
    """A model whose next token depends on all that it has read."""
    bpe = ByteLevelBPE.train(SENTENCES, 260)
    keras.utils.set_random_seed(7)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary),
        num_layers=2,
        num_heads=4,
        hidden_dim=64,
        intermediate_dim=128,
        max_sequence_length=LENGTH,
        dropout=dropout,
        dtype=dtype,
    )
    for variable in backbone.trainable_variables:
        variable.assign(variable + keras.random.normal(variable.shape, stddev=0.3))
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, LENGTH)
    return (model_class or keras_nlp.models.GPT2CausalLM)(backbone, preprocessor)


@pytest.fixture(scope="module")
def model():
    return random_model()


def both(model, **options):
    """The generator that is tested, and the one with the cache of KerasNLP."""
    options = DecodingOptions(**{"max_new_tokens": 24} | options)
    return Ids(model, options), Ids(model, options, fast=False)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"top_k": 5},
        {"top_p": 0.9, "temperature": 1.3},
        {"beams": 3},
        {"beams": 2, "min_new_tokens": 5, "no_repeat_ngram": 2},
        {"repetition_penalty": 1.5, "no_repeat_ngram": 2},
    ],
    ids=str,
)
def test_the_same_tokens(model, options):
    fast, plain = both(model, **options)
    found = fast(PROMPTS, seed=3)
    assert found == plain(PROMPTS, seed=3)
    assert len(set("".join(found).split())) > 9
    if "beams" not in options:
        found = list(fast.stream(PROMPTS[1], seed=3))
        assert found == list(plain.stream(PROMPTS[1], seed=3))


@pytest.mark.parametrize("count", [1, 8])
def test_the_same_tokens_in_batches_of_any_size(model, count):
    prompts = (PROMPTS[1:] * count)[:count]
    for options in ({}, {"temperature": 1.0}):
        fast, plain = both(model, **options)
        assert fast(prompts, seed=5) == plain(prompts, seed=5)


def test_texts_that_end_early_and_texts_at_the_end_of_the_context(model):
    end = model.preprocessor.tokenizer.end_token_id
    fast, plain = both(model, temperature=20.0, max_new_tokens=None)
    prompts = ["가" * 18, "", "가", "가나"]
    room = LENGTH - 1 - len(fast.tokenizer(prompts[0]))
    assert 0 < room < 24
    ended = 0
    for seed in range(25):
        found = fast(prompts, seed)
        assert found == plain(prompts, seed)
        rows = [text.split() for text in found]
        assert {len(row) for row in rows} == {room}
        ended += sum(str(end) in row for row in rows)
    assert 0 < ended < 25 * len(prompts)
    assert list(fast.stream(prompts[0])) == list(plain.stream(prompts[0]))


def test_all_texts_end_before_the_limit(model):
    # The last token is the end token, and generation stops there.
    fast, plain = both(model, max_new_tokens=3)
    assert fast(PROMPTS) == plain(PROMPTS)
    assert "".join(fast.stream("")) == fast([""])[0]


def test_the_same_tokens_without_dropout():
    # Keras computes attention in another way then.
    fast, plain = both(random_model(dropout=0.0), top_k=5)
    assert fast(PROMPTS, seed=3) == plain(PROMPTS, seed=3)
    assert list(fast.stream("가", seed=3)) == list(plain.stream("가", seed=3))


def test_the_same_tokens_with_lora():
    model = random_model()
    (before,) = both(model)[0](["가"])
    model.backbone.enable_lora(2)
    for variable in model.backbone.trainable_variables:
        if "lora" in variable.path:
            variable.assign(keras.random.normal(variable.shape))
    fast, plain = both(model)
    assert fast(["가"]) == plain(["가"]) != [before]


def test_prompts_of_all_lengths_share_what_is_compiled(model):
    fast, _ = both(model, max_new_tokens=4)
    for prompt in ("", "가", "가나", "티끌 모아 태산이다"):
        assert len("".join(fast.stream(prompt)).split()) in range(1, 5)
        fast([prompt])
    assert model.make_generate_function().experimental_get_tracing_count() == 1
    (step,) = fast._steps.values()
    assert step.experimental_get_tracing_count() == 1


def test_other_models_keep_their_own_way(model):
    class Other(keras_nlp.models.GPT2CausalLM):
        """Computes something else."""

        def call_with_cache(self, *args):
            logits, *others = super().call_with_cache(*args)
            return (-logits, *others)

    assert fast_decoding.is_supported(model)
    other = random_model(model_class=Other)
    assert not fast_decoding.is_supported(other)
    for dtype in ("float16", "bfloat16", "mixed_bfloat16"):
        assert not fast_decoding.is_supported(random_model(dtype))
    fast, plain = both(other)
    assert fast(PROMPTS) == plain(PROMPTS) != both(model)[0](PROMPTS)


def test_keras_nlp_generates_with_the_same_function(model):
    texts = []
    for generate in both(model):
        generate(["티끌 모아"])
        texts.append(model.generate(["티끌 모아", "가는"]))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "options", [{}, {"temperature": 1.3}, {"no_repeat_ngram": 2}], ids=str
)
def test_weights_that_fit_half_precision_write_the_same(options):
    model = random_model()
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable, "float16"))
    options = DecodingOptions(max_new_tokens=24, **options)
    half = Ids(model, options, half_precision=True)
    plain = Ids(model, options)
    for prompt in PROMPTS:
        (found,) = half([prompt], seed=3)
        assert [found] == plain([prompt], seed=3)
        assert list(half.stream(prompt, seed=3)) == list(plain.stream(prompt, seed=3))
    assert half(PROMPTS, seed=3) == plain(PROMPTS, seed=3)
    # Copies follow what the model learns.
    for layer in model.backbone.transformer_layers:
        kernel = layer._feedforward_output_dense.kernel
        kernel.assign(np.asarray(keras.random.normal(kernel.shape), "float16"))
    (changed,) = half([prompt], seed=3)
    assert [changed] == plain([prompt], seed=3) != [found]


@pytest.mark.parametrize("layer_class", ["dense", "queries", "outputs"])
def test_a_product_in_half_precision(layer_class):
    layer, axes, inputs = {
        "dense": (keras.layers.Dense(5, "gelu"), 1, (6,)),
        "queries": (
            keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"),
            1,
            (6,),
        ),
        "outputs": (
            keras.layers.EinsumDense("abcd,cde->abe", (None, 5), bias_axes="e"),
            2,
            (2, 3),
        ),
    }[layer_class]
    x = keras.random.normal((1, 1, *inputs), seed=1)
    layer.build(x.shape)
    layer.bias.assign(keras.random.normal(layer.bias.shape, seed=2))
    product = fast_decoding._half_precision(layer, axes)
    expected = np.asarray(layer(x))
    assert product(x).shape == expected.shape
    np.testing.assert_allclose(product(x), expected, atol=2e-3)
    assert np.abs(np.asarray(product(x)) - expected).max() > 0


def test_a_stream_in_half_precision_is_what_a_call_returns(model):
    half = Ids(model, DecodingOptions(max_new_tokens=24), half_precision=True)
    for prompt in ("", "가", "티끌", "티끌 모아 태산"):
        (written,), piecewise = half([prompt]), "".join(half.stream(prompt))
        rest = written.removeprefix(piecewise).split()  # a call goes on after the end
        assert written.startswith(piecewise) and rest[:1] in ([], ["1"])


def test_a_model_generates_with_its_own_weights_after_half_precision():
    model = random_model()
    options = DecodingOptions(max_new_tokens=24)
    Ids(model, options, half_precision=True)(["가"])
    for variable in model.trainable_variables:
        variable.assign(keras.random.normal(variable.shape))
    found = model.generate(["가"])
    Ids(model, options)(["나"])
    assert found == model.generate(["가"])


def test_half_precision_is_refused_where_it_is_not_possible(model):
    options = DecodingOptions()
    for other, fast in ((random_model("bfloat16"), True), (model, False)):
        with pytest.raises(InputError, match="half precision needs a GPT-2 in float32"):
            TextGenerator(other, options, fast, half_precision=True)
    with pytest.raises(InputError, match="beams must be 1; received 2"):
        TextGenerator(model, DecodingOptions(beams=2), half_precision=True)
    quantized = random_model()
    quantized.backbone.quantize("int8")
    with pytest.raises(InputError, match="not quantized; received int8"):
        TextGenerator(quantized, options, half_precision=True)
