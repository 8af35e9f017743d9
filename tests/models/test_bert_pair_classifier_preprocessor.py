import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.models import (
    BertPairClassifierPreprocessor,
    KoreanBertTokenizer,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"가나다라", "##가"]


@pytest.fixture
def preprocessor():
    tokenizer = KoreanBertTokenizer(VOCABULARY)
    return BertPairClassifierPreprocessor(tokenizer, sequence_length=12)


def marks(preprocessor, first, second):
    """The segment ids of the second text, its `[SEP]` included."""
    x = preprocessor(([first], [second]), y=None)
    segments, mask = np.array(x["segment_ids"])[0], np.array(x["padding_mask"])[0]
    real = segments[mask.astype(bool)]
    return real[real > 0].tolist()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("가 나 다", "나 라 가", [2, 1, 2, 1]),
        ("가 나", "다 라", [1, 1, 1]),
        ("가 나", "나가", [2, 1, 1]),  # ##가 is another token than 가
        ("가", "가 가 가", [2, 2, 2, 1]),
        ("", "가", [1, 1]),
        ("가", "", [1]),
        ("가 [SEP]", "[SEP] 가", [1, 2, 1]),
        ("쀍", "돐 가", [2, 1, 1]),  # both are [UNK]
    ],
)
def test_tokens_of_the_second_text_that_the_first_one_has(
    preprocessor, first, second, expected
):
    assert marks(preprocessor, first, second) == expected


def test_what_was_cut_off_does_not_match(preprocessor):
    first = "나 나 나 나 나 나 나 가"
    assert marks(preprocessor, first, "가 나") == [1, 2, 1]


def test_the_rest_is_as_in_the_base_class(preprocessor):
    plain = keras_nlp.models.BertTextClassifierPreprocessor(
        preprocessor.tokenizer, sequence_length=12
    )
    pairs = (["가 나", "다", ""], ["나 가 나", "라 " * 20, "가"])
    ours, theirs = preprocessor(pairs, y=None), plain(pairs, y=None)
    assert ours.keys() == theirs.keys()
    for name in ("token_ids", "padding_mask"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_array_equal(
        np.minimum(ours["segment_ids"], 1), theirs["segment_ids"]
    )
    texts = preprocessor(["가 나", "다"], y=None)
    assert not np.any(texts["segment_ids"])
    assert preprocessor(("가 나", "나"), y=None)["segment_ids"].shape == (12,)


def test_in_a_pipeline_and_from_a_preset(preprocessor, tmp_path):
    backbone = keras_nlp.models.BertBackbone(
        len(VOCABULARY), 1, 1, 4, 4, max_sequence_length=12, num_segments=3
    )
    task = keras_nlp.models.BertTextClassifier(backbone, 2, preprocessor)
    task.save_to_preset(str(tmp_path / "preset"))
    opened = keras_nlp.models.BertTextClassifier.from_preset(str(tmp_path / "preset"))
    again = opened.preprocessor
    assert type(again) is BertPairClassifierPreprocessor
    pairs = (["가 나", "다"], ["나 라", "다"])
    dataset = tf.data.Dataset.from_tensor_slices((pairs, [1, 0])).batch(2).map(again)
    ((x, y),) = dataset
    assert y.numpy().tolist() == [1, 0]
    assert x["segment_ids"].numpy()[0, :7].tolist() == [0, 0, 0, 0, 2, 1, 1]
    np.testing.assert_array_equal(
        x["segment_ids"], preprocessor(pairs, y=None)["segment_ids"]
    )


def test_from_a_preset_by_name():
    preprocessor = BertPairClassifierPreprocessor.from_preset(
        preset_folder("bert_mini_ko"), sequence_length=16
    )
    assert preprocessor.sequence_length == 16
    assert 2 in marks(preprocessor, "비가 온다", "비가 온다")


def test_general_classes_of_kerasnlp_do_not_choose_it():
    base = keras_nlp.models.TextClassifierPreprocessor
    found = base.from_preset(preset_folder("bert_mini_ko"))
    assert type(found) is keras_nlp.models.BertTextClassifierPreprocessor
    # The choice depends on the order of a set, so look at all that could be chosen.
    able = [c for c in subclasses(base) if c.backbone_cls is found.backbone_cls]
    assert able == [keras_nlp.models.BertTextClassifierPreprocessor]


def subclasses(base):
    direct = base.__subclasses__()
    return direct + [c for cls in direct for c in subclasses(cls)]
