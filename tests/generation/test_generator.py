import dataclasses
import gc
import weakref

import keras
import keras_nlp
import pytest
from helpers import printed_by, tracing_count

from kerasnlp_tutorial import training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator, continued
from kerasnlp_tutorial.tokenizers import ByteLevelBPE

SENTENCES = ["티끌 모아 태산이다", "가는 말이 고와야 오는 말이 곱다"]


@pytest.fixture(scope="module")
def model():
    """Knows two proverbs by heart; nearly every syllable is three tokens."""
    bpe = ByteLevelBPE.train(SENTENCES, 260)
    keras.utils.set_random_seed(7)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary), 1, 4, 64, 128, max_sequence_length=128, dropout=0.0
    )
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 64)
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    model.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=False)
    features = preprocessor(SENTENCES * 8)
    with training.already_encoded(model):
        model.fit(*features[:2], sample_weight=features[2], epochs=60, verbose=0)
    return model


def test_it_goes_on_from_prompts_of_different_lengths(model):
    generate = TextGenerator(model, DecodingOptions())
    found = generate(["티끌", "가는 말이 고와야 오는 말", "티끌 모아 태"])
    assert found == [" 모아 태산이다", "이 곱다", "산이다"]
    assert generate([]) == []
    assert generate([""])[0] in SENTENCES  # a text of its own


def test_no_more_tokens_than_asked_for(model):
    generate = TextGenerator(model, DecodingOptions(max_new_tokens=6))
    tokenizer = model.preprocessor.tokenizer
    rest = " 모아 태산이다"
    (found,) = generate(["티끌"])
    assert rest.startswith(found) and len(tokenizer(found)) in (4, 5, 6)
    # The syllable that is not finished is left out.
    options = DecodingOptions(max_new_tokens=len(tokenizer(rest)) - 1)
    assert TextGenerator(model, options)(["티끌"]) == [rest[:-1]]
    assert "".join(TextGenerator(model, options).stream("티끌")) == rest[:-1]


def test_pieces_are_whole_syllables_and_make_the_whole(model):
    generate = TextGenerator(model, DecodingOptions())
    for prompt in ("티끌", "가는 말", ""):
        pieces = list(generate([prompt], stream=True))
        assert "".join(pieces) == generate([prompt])[0]
        assert len(pieces) > 4 and not any("\ufffd" in piece for piece in pieces)


def test_the_same_seed_the_same_text(model):
    generate = TextGenerator(model, DecodingOptions(temperature=3.0, max_new_tokens=20))
    first = generate(["티끌"], seed=1)
    assert generate(["티끌"], seed=2) != first == generate(["티끌"], seed=1)
    again = TextGenerator(model, DecodingOptions(temperature=3.0, max_new_tokens=20))
    assert again(["티끌"], seed=1) == first
    pieces = "".join(generate.stream("티끌", seed=1))
    assert pieces == "".join(again.stream("티끌", seed=1))


def test_prompts_of_many_lengths_share_what_is_compiled(model):
    generate = TextGenerator(model, DecodingOptions(max_new_tokens=8))
    tokenizer = model.preprocessor.tokenizer
    prompts = [("가는 말이 고와야 오는 " * 5)[:length] for length in range(1, 51, 5)]
    assert len(prompts) == 10 and len(tokenizer(prompts[-1])) > 100
    for prompt in prompts:
        generate([prompt])
    assert tracing_count(model.make_generate_function()) in (2, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k must be above 0; received 0"),
        ({"top_p": 1.5}, "top_p must be above 0, at most 1; received 1.5"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"beams": 2, "top_p": 0.9}, r"beams must be 1 if tokens are sampled \(top_p"),
        ({"max_new_tokens": 0}, "max_new_tokens must be above 0"),
        ({"min_new_tokens": 9, "max_new_tokens": 8}, "must be 0 to 8, as max_new"),
        ({"repetition_penalty": -1.0}, "repetition_penalty must be above 0"),
        ({"no_repeat_ngram": -1}, "no_repeat_ngram must be 0 or more"),
    ],
)
def test_options_that_cannot_work(options, message):
    with pytest.raises(InputError, match=message):
        DecodingOptions(**options)


def test_what_the_model_cannot_do(model):
    size = model.preprocessor.tokenizer.vocabulary_size()
    with pytest.raises(InputError, match=f"top_k must be at most {size}"):
        TextGenerator(model, DecodingOptions(top_k=size + 1))
    generate = TextGenerator(model, DecodingOptions(max_new_tokens=64))
    with pytest.raises(
        InputError, match="reads 128 tokens; the prompt has 91, so .* 37 .* for 64"
    ):
        generate(["가" * 30])
    low = TextGenerator(model, DecodingOptions(min_new_tokens=60))
    with pytest.raises(InputError, match="room for 37 new tokens, not for 60"):
        low(["가" * 30])
    for seed in (-1, 2**32):
        with pytest.raises(InputError, match=f"4294967295; received {seed}"):
            generate(["가"], seed=seed)
    with pytest.raises(InputError, match="received 2 prompts"):
        generate(["가", "나"], stream=True)
    with pytest.raises(InputError, match="cannot be streamed"):
        next(TextGenerator(model, DecodingOptions(beams=2)).stream("가"))


def test_options_choose_the_sampler():
    def base(**options):
        return DecodingOptions(**options).sampler(1).base

    samplers = keras_nlp.samplers
    assert type(base()) is samplers.GreedySampler
    assert type(base(temperature=0.7)) is samplers.RandomSampler
    assert type(base(top_k=5)) is samplers.TopKSampler
    both = base(top_k=5, top_p=0.9, temperature=0.5)
    assert type(both) is samplers.TopPSampler
    assert (both.k, both.p, both.temperature) == (5, 0.9, 0.5)
    assert base(beams=3).num_beams == 3


def test_without_a_limit_there_is_one_that_fits(model):
    generate = TextGenerator(model, DecodingOptions())
    tokenizer = model.preprocessor.tokenizer
    prompt = "티끌 모아 태산이다 " * 4
    assert 2 < 128 - len(tokenizer(prompt)) < 64
    (text,) = generate([prompt])
    assert "".join(generate.stream(prompt)) == text
    with pytest.raises(InputError, match="reads 128 tokens; the prompt has"):
        generate([prompt * 2])


def test_generators_of_one_model_keep_their_options(model):
    greedy = TextGenerator(model, DecodingOptions())
    short = TextGenerator(model, DecodingOptions(max_new_tokens=6))
    expected = " 모아 태산이다"
    for _ in range(2):
        (found,) = short(["티끌"])
        assert expected.startswith(found) and found != expected
        assert greedy(["티끌"]) == [expected]
    assert tracing_count(model.make_generate_function()) in (1, None)


def test_many_generators_cause_no_warning(model, caplog):
    for count in range(1, 9):
        TextGenerator(model, DecodingOptions(max_new_tokens=count))(["티끌"])
    assert not caplog.records


def test_a_model_without_a_longest_text(model):
    tokenizer = model.preprocessor.tokenizer
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.GemmaBackbone(
        tokenizer.vocabulary_size(), 1, 2, 1, 16, 32, 8
    )
    gemma = keras_nlp.models.GemmaCausalLM(backbone, model.preprocessor)
    generate = TextGenerator(gemma, DecodingOptions(max_new_tokens=9))
    (text,) = generate(["티끌 " * 40])
    assert "".join(generate.stream("티끌 " * 40)) == text


_WRITE = """
import keras_nlp
from kerasnlp_tutorial.checkpoints import load_causal_lm
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator, continued
model = load_causal_lm("gpt2_mini_ko")
for options in (
    DecodingOptions(repetition_penalty=1.5, no_repeat_ngram=2, max_new_tokens=12),
    DecodingOptions(beams=2, min_new_tokens=3, max_new_tokens=6),
):
    generate = TextGenerator(model, options)
    print(generate(["배우들 연기가", "이 영화는 정말"]))
    print(list(generate.stream("배우들")) if options.beams == 1 else "")
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_every_backend_writes_the_same(backend):
    pytest.importorskip(backend)

    written, expected = (
        printed_by(_WRITE, KERAS_BACKEND=name) for name in (backend, "tensorflow")
    )
    assert written == expected != []


def test_generators_are_cached_as_long_as_their_model_lives(tmp_path):
    class Other(TextGenerator):
        """Another class has its own generators."""

    bpe = ByteLevelBPE.train(SENTENCES, 260)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(len(bpe.vocabulary), 1, 2, 8, 16)
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 64)
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    one, two = DecodingOptions(max_new_tokens=2), DecodingOptions(max_new_tokens=3)
    generate = TextGenerator.cached(model, one)
    generate(["티끌"])
    assert TextGenerator.cached(model, dataclasses.replace(one)) is generate
    assert TextGenerator.cached(model, two) is not generate
    assert type(Other.cached(model, one)) is Other
    model.save_to_preset(str(tmp_path))  # the cache is not saved
    freed = weakref.ref(model)
    del model, backbone, generate
    gc.collect()
    assert freed() is None


def test_one_text_in_a_line(model):
    assert continued(model, "티끌") == " 모아 태산이다"
    options = {"temperature": 1.0, "max_new_tokens": 20}
    expected = TextGenerator(model, DecodingOptions(**options))(["티끌"], seed=3)
    assert [continued(model, "티끌", seed=3, **options)] == expected
    with pytest.raises(InputError, match="top_p must be above 0"):
        continued(model, "티끌", top_p=1.5)
