import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import checkpoints, training
from kerasnlp_tutorial.checkpoints import load_prompt, load_task, new_prompt
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import (
    PromptTunedTextClassifier,
    PromptTunedTextClassifierPreprocessor,
)
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    train_wordpiece,
)

PRAISE = ["정말 재미있다", "연기가 좋았다", "또 보고 싶다", "아주 감동했다"]
BLAME = ["너무 지루하다", "연기가 나빴다", "돈이 아깝다", "아주 실망했다"]
WORDS = ["최고", "최악"]


def bert():
    tokenizer = KoreanBertTokenizer(
        train_wordpiece([*PRAISE, *BLAME, *WORDS, "한마디로 ."] * 3, 90)
    )
    backbone = keras_nlp.models.BertBackbone(
        tokenizer.vocabulary_size(), 2, 2, 32, 64, max_sequence_length=48, dropout=0.1
    )
    return keras_nlp.models.BertMaskedLM(
        backbone, keras_nlp.models.BertMaskedLMPreprocessor(tokenizer, 32)
    )


def gpt2():
    said = [f"{text} 한마디로 {word}" for text in PRAISE + BLAME for word in WORDS]
    bpe = ByteLevelBPE.train(said, 600)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        tokenizer.vocabulary_size(), 2, 2, 32, 64, max_sequence_length=80, dropout=0.1
    )
    return keras_nlp.models.GPT2CausalLM(
        backbone, keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 64)
    )


@pytest.fixture(scope="module", params=[bert, gpt2], ids=["bert", "gpt2"])
def preset(request, tmp_path_factory):
    """A language model with random weights, larger than it begins with."""
    keras.utils.set_random_seed(7)
    model = request.param()
    for weights in model.weights:
        weights.assign(3 * weights)
    folder = tmp_path_factory.mktemp("preset") / request.param.__name__
    model.save_to_preset(str(folder))
    return str(folder)


def make(preset, length=4, words="정말"):
    return new_prompt(preset, WORDS, length, words, sequence_length=48)


def fit(model, epochs=40):
    model.compile(
        optimizer=keras.optimizers.Adam(0.05),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    x = model.preprocessor([*PRAISE, *BLAME])
    y = np.array([0] * 4 + [1] * 4)
    with training.already_encoded(model):
        return model.fit(x, y, batch_size=8, epochs=epochs, verbose=0).history


def test_only_the_prompt_is_learnt(preset):
    model = make(preset)
    (vectors,) = model.trainable_variables
    assert vectors.shape == (4, 32)
    first = model.prompt
    history = fit(model)
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    assert not np.array_equal(first, model.prompt)
    after = [w.numpy() for w in model.language_model.weights]
    original = checkpoints.load_language_model(preset).get_weights()
    assert all(map(np.array_equal, original, after))  # bit for bit


def test_a_saved_prompt_is_small_and_restores_the_predictions(preset, tmp_path):
    model = make(preset)
    fit(model, epochs=3)
    x = model.preprocessor([*PRAISE, *BLAME])
    expected = np.array(model(x))
    model.save_to_preset(str(tmp_path / "prompt"))
    (file,) = (tmp_path / "prompt").iterdir()
    assert file.stat().st_size < 2000
    loaded, labels = load_task(tmp_path / "prompt")
    assert isinstance(loaded, PromptTunedTextClassifier) and labels == ()
    np.testing.assert_array_equal(np.array(loaded(x)), expected)
    model.save(tmp_path / "whole.keras")
    whole = keras.saving.load_model(tmp_path / "whole.keras", compile=False)
    np.testing.assert_allclose(np.array(whole(x)), expected, atol=1e-5)


def test_without_a_prompt_it_says_what_the_language_model_says(preset):
    # Vectors that are embeddings of words are these words.
    model = make(preset, length=1, words="정말")
    tokenizer = model.language_model.preprocessor.tokenizer
    word = int(tokenizer("정말")[0])
    for text in (PRAISE[1], BLAME[2]):
        features = model.preprocessor([text])
        ids = np.array(features["token_ids"])[0][
            np.array(features["padding_mask"])[0] > 0
        ]
        whole = np.array([[word, *ids]], "int32")
        x = {"token_ids": whole, "padding_mask": np.ones_like(whole)}
        if isinstance(model.language_model, keras_nlp.models.BertMaskedLM):
            place = [list(whole[0]).index(tokenizer.mask_token_id)]
            x |= {
                "segment_ids": np.zeros_like(whole),
                "mask_positions": np.array([place], "int32"),
            }
            logits = np.array(model.language_model(x))[0, 0]
        else:
            logits = np.array(model.language_model(x))[0, -1]
        found = np.array(model(features))[0]
        np.testing.assert_allclose(found, logits[list(model.label_ids)], atol=1e-4)


def test_padding_changes_nothing(preset):
    model = make(preset)
    x = model.preprocessor(["연기가 좋았다", "또 보고 싶다 " * 20])
    cut = np.array(x["padding_mask"]).sum(axis=1)[1]
    assert cut == model.preprocessor.sequence_length  # what there is room for
    together = np.array(model(x))
    count = int(np.array(x["padding_mask"])[0].sum())
    alone = np.array(model({name: value[:1, :count] for name, value in x.items()}))
    np.testing.assert_allclose(alone[0], together[0], atol=1e-4)


def test_long_texts_keep_their_surroundings(preset):
    model = make(preset)
    tokenizer = model.preprocessor.tokenizer
    ids = np.array(model.preprocessor(["또 보고 싶다 " * 20])["token_ids"])[0].tolist()
    template = model.preprocessor.template
    if "[MASK]" in template:
        assert ids[0] == tokenizer.cls_token_id and ids[-1] == tokenizer.sep_token_id
        assert tokenizer.mask_token_id in ids[:4]
    else:
        after = list(map(int, tokenizer(" 한마디로")))
        assert ids[0] == tokenizer.end_token_id and ids[-len(after) :] == after


def test_in_a_dataset_as_eagerly(preset):
    model = make(preset)
    texts = [*PRAISE, "", "😀", "뷁뷁"]
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(4)
    batches = list(dataset.map(model.preprocessor))
    eager = model.preprocessor(texts)
    assert set(eager) == set(model.input)
    for name in eager:
        together = np.concatenate([np.array(batch[name]) for batch in batches])
        np.testing.assert_array_equal(together, np.array(eager[name]))
    features = training.encode(model.preprocessor, (texts,))
    assert features["token_ids"].nrows() == len(texts)


def test_words_that_cannot_tell_the_classes_apart(preset):
    with pytest.raises(InputError, match="must start with different tokens"):
        new_prompt(preset, ["최고", "최고"], 4, "정말", 48)
    with pytest.raises(InputError, match="prompt_length must leave room"):
        new_prompt(preset, WORDS, 90, "정말", 48)
    with pytest.raises(ValueError, match="must have one {text}"):
        PromptTunedTextClassifierPreprocessor(None, "[MASK]")


def test_a_damaged_file(preset, tmp_path):
    model = make(preset)
    model.save_to_preset(str(tmp_path))
    path = tmp_path / "prompt.safetensors"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="is no saved prompt"):
        load_prompt(tmp_path)


def test_a_model_without_a_head_for_words(tmp_path):
    keras.utils.set_random_seed(7)
    model = bert()
    task = keras_nlp.models.BertTextClassifier(
        model.backbone,
        2,
        keras_nlp.models.BertTextClassifierPreprocessor(
            model.preprocessor.tokenizer, sequence_length=32
        ),
    )
    task.save_to_preset(str(tmp_path / "classifier"))
    with pytest.raises(InputError, match="has no head for masked words"):
        make(str(tmp_path / "classifier"))
