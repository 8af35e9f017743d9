import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial.models import (
    BertQuestionAnswering,
    BertQuestionAnsweringPreprocessor,
    KoreanBertTokenizer,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "누가", "?", "이순", "##신"]
VOCABULARY += ["##이", "바다", "##에서", "이겼", "##다", "서울", "##을", "."]
CONTEXT = "이순신이 바다에서 이겼다"  # 이순 ##신 ##이 바다 ##에서 이겼 ##다


@pytest.fixture
def preprocessor():
    return BertQuestionAnsweringPreprocessor(
        KoreanBertTokenizer(VOCABULARY), 10, doc_stride=2, max_query_length=2
    )


@pytest.fixture
def model(preprocessor):
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(VOCABULARY),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=16,
        max_sequence_length=10,
        dropout=0.0,
    )
    return BertQuestionAnswering(backbone, preprocessor)


def places(preprocessor, context, answer, question="누가?"):
    """Return (window, text that the target covers) of the windows with an answer."""
    start = context.index(answer)
    rows = preprocessor.windows([question], [context], [[start, start + len(answer)]])
    found = []
    for window, (first, last) in enumerate(rows["targets"].numpy()):
        if first == last == 0:
            continue
        first, last = (n - int(rows["before"][window]) for n in (first, last))
        a, b = rows["starts"][window][first], rows["ends"][window][last]
        found.append((window, context[a:b]))
    return found


def test_tokens_of_the_question_are_marked_in_the_passage():
    preprocessor = BertQuestionAnsweringPreprocessor(
        KoreanBertTokenizer(VOCABULARY), 14, 3, max_query_length=5, mark_matches=True
    )
    pairs = (["누가 바다에서 이겼?", "?"], [CONTEXT, "서울을"])
    x, _ = preprocessor(pairs, tf.constant([[-1, -1], [-1, -1]]))
    assert np.array(x["segment_ids"]).tolist() == [
        [0] * 7 + [1, 1, 1, 2, 2, 2, 1],  # 바다 ##에서 이겼 are asked about
        [0] * 7 + [1, 1, 2, 2, 2, 1, 1],
        [0] * 3 + [1] * 3 + [0] * 8,
    ]
    again = type(preprocessor).from_config(preprocessor.get_config())
    assert again.mark_matches


def test_windows_of_a_passage(preprocessor):
    x, y = preprocessor((["누가?"], [CONTEXT]), tf.constant([[5, 7]]))
    assert np.array(x["token_ids"]).tolist() == [
        [2, 5, 6, 3, 7, 8, 9, 10, 11, 3],
        [2, 5, 6, 3, 9, 10, 11, 12, 13, 3],
    ]
    assert np.array(x["segment_ids"]).tolist() == [[0] * 4 + [1] * 6] * 2
    assert np.all(x["padding_mask"])
    assert np.array(y).tolist() == [[7, 7], [5, 5]]  # 바다


def test_a_window_without_the_whole_answer_points_to_cls(preprocessor):
    assert places(preprocessor, CONTEXT, "이순신") == [(0, "이순신")]
    assert places(preprocessor, CONTEXT, "이겼다") == [(1, "이겼다")]
    assert places(preprocessor, CONTEXT, CONTEXT) == []
    x = (["누가?"], [CONTEXT])
    assert not np.any(preprocessor(x, tf.constant([[-1, -1]]))[1])


@pytest.mark.parametrize(
    ("context", "answer", "covered"),
    [
        ("서울을 이겼다", "서울", "서울"),  # at the first character, before a particle
        ("누가 이겼다", "이겼다", "이겼다"),  # the last word
        ("누가 서울을", "을", "을"),  # inside a word
        ("바다에서 이겼다.", "다에", "바다에서"),  # across the edge of tokens
        ("누가\t\t서울을  이겼다", "서울을  이겼다", "서울을  이겼다"),
        ("서울. 서울. 서울", "서울", "서울"),
        ("\u200b서울을", "\u200b서울", "서울"),  # begins with what no token covers
        ("바다에서 서울\u200b", "서울\u200b", "서울"),
    ],
)
def test_answers_of_every_kind(preprocessor, context, answer, covered):
    found = places(preprocessor, context, answer)
    assert found and {text for _, text in found} == {covered}


def test_long_questions_and_empty_passages(preprocessor):
    x = preprocessor((["누가 누가 누가", ""], [CONTEXT, ""]), y=None)
    ids = np.array(x["token_ids"])
    assert ids[0, :4].tolist() == [2, 5, 5, 3]
    assert ids[-1].tolist() == [2, 3, 3] + [0] * 7
    assert np.array(x["padding_mask"])[-1].sum() == 3


def test_a_passage_of_many_windows_leaves_nothing_out(preprocessor):
    rows = preprocessor.windows(["누가?"] * 2, [CONTEXT * 50, "서울"])
    covered = [set(), set()]
    for example, starts in zip(rows["example"].numpy(), rows["starts"], strict=True):
        covered[example].update(starts.numpy().tolist())
    _, starts, _ = preprocessor.tokenizer.tokenize_with_offsets([CONTEXT * 50])
    assert covered == [set(starts[0].numpy().tolist()), {0}]
    assert max(rows["token_ids"].row_lengths()) == 10


def test_windows_must_not_leave_gaps():
    tokenizer = KoreanBertTokenizer(VOCABULARY)
    with pytest.raises(ValueError, match="doc_stride must be 1 to 5.*received 6"):
        BertQuestionAnsweringPreprocessor(tokenizer, 10, 6, 2)


@pytest.mark.slow
def test_it_learns_from_questions_and_spans(model):
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    contexts = [CONTEXT, "서울을 이겼다", "바다에서 서울을 이겼다"]
    spans = [[0, 3], [0, 2], [5, 7]]
    pairs = (["누가?"] * 3, contexts)
    dataset = tf.data.Dataset.from_tensor_slices((pairs, spans))
    model.fit(dataset.repeat(20).batch(4), epochs=8, verbose=0)
    logits = model.predict((["누가?"], ["바다에서 서울을 이겼다"]), verbose=0)
    assert logits.shape == (2, 2, 10)
    assert logits[0].argmax(axis=-1).tolist() == [6, 6]  # 서울


def test_padding_is_never_the_answer(model):
    logits = model.predict((["누가?"], ["서울"]), verbose=0)
    assert np.all(logits[:, :, 6:] < -1000) and np.all(logits[:, :, :6] > -1000)


def test_save_and_load(model, tmp_path):
    pairs = (["누가?"], [CONTEXT])
    expected = model.predict(pairs, verbose=0)
    model.save_to_preset(str(tmp_path / "preset"))
    loaded = BertQuestionAnswering.from_preset(str(tmp_path / "preset"))
    assert loaded.preprocessor.doc_stride == 2
    np.testing.assert_allclose(loaded.predict(pairs, verbose=0), expected, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(pairs, verbose=0), expected, atol=1e-5)
