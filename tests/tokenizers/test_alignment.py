import random
from itertools import pairwise

import pytest
import tensorflow as tf

from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.alignment import bio_labels

PER, LOC, DAT = 0, 1, 2
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-DAT", "I-DAT"]


def ragged(rows, depth=1):
    return tf.ragged.constant(rows, dtype="int32", ragged_rank=depth)


def tags(tokenizer, text, spans):
    """Return the tokens of a text and their tags."""
    ids, starts, ends = tokenizer.tokenize_with_offsets([text])
    spans = tf.RaggedTensor.from_row_lengths(
        tf.reshape(tf.constant(spans, "int32"), (-1, 3)), [len(spans)]
    )
    labels = bio_labels(starts, ends, spans).to_list()[0]
    tokens = [tokenizer.id_to_token(i) for i in ids.to_list()[0]]
    return list(zip(tokens, [TAGS[label] for label in labels], strict=True))


@pytest.fixture(scope="module")
def tokenizer():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["이순", "##신", "##은", "서울", "##시", "##청", "3", "##월", "##5"]
    vocabulary += ["##일", "김", "##하", "##늘", "박", "##민", "·", "행", "##에서는"]
    vocabulary += ["부산", "##행", "온", "##서울", "##시에"]
    return KoreanBertTokenizer(vocabulary)


def test_a_particle_behind_a_name_is_outside(tokenizer):
    assert tags(tokenizer, "이순신은", [[0, 3, PER]]) == [
        ("이순", "B-PER"),
        ("##신", "I-PER"),
        ("##은", "O"),
    ]


def test_adjacent_entities_stay_two(tokenizer):
    spans = [[0, 2, DAT], [2, 4, DAT]]
    assert tags(tokenizer, "3월5일", spans) == [
        ("3", "B-DAT"),
        ("##월", "I-DAT"),
        ("##5", "B-DAT"),
        ("##일", "I-DAT"),
    ]
    spans = [[0, 3, PER], [4, 6, PER]]
    found = tags(tokenizer, "김하늘·박민", spans)
    assert [tag for _, tag in found] == [
        "B-PER",
        "I-PER",
        "I-PER",
        "O",
        "B-PER",
        "I-PER",
    ]


def test_an_entity_may_begin_in_the_middle_of_a_word(tokenizer):
    assert tags(tokenizer, "온서울시", [[1, 3, LOC]]) == [
        ("온", "O"),
        ("##서울", "B-LOC"),
        ("##시", "O"),
    ]


def test_blanks_within_an_entity(tokenizer):
    assert tags(tokenizer, "서울  부산행", [[0, 6, LOC]]) == [
        ("서울", "B-LOC"),
        ("부산", "I-LOC"),
        ("##행", "O"),
    ]


def test_an_unknown_word_takes_the_label_of_its_greater_part(tokenizer):
    assert tags(tokenizer, "뷁뷁은", [[0, 2, PER]]) == [("[UNK]", "B-PER")]
    assert tags(tokenizer, "뷁에서는", [[0, 1, PER]]) == [("[UNK]", "O")]


def test_a_subword_across_the_edge_takes_the_label_of_its_greater_part(tokenizer):
    half = tags(tokenizer, "서울시에", [[0, 3, LOC]])
    assert half == [("서울", "B-LOC"), ("##시에", "I-LOC")]
    assert tags(tokenizer, "서울시에", [[3, 4, DAT]])[1] == ("##시에", "B-DAT")
    # ##에서는 holds one character of the span and two others.
    assert tags(tokenizer, "김에서는", [[0, 2, LOC]]) == [
        ("김", "B-LOC"),
        ("##에서는", "O"),
    ]


def test_hidden_characters_do_not_shift_anything(tokenizer):
    assert tags(tokenizer, "\ufeff이\u200b순신은", [[1, 5, PER]]) == [
        ("이순", "B-PER"),
        ("##신", "I-PER"),
        ("##은", "O"),
    ]


def test_no_spans_and_no_tokens():
    empty = tf.RaggedTensor.from_row_lengths(tf.zeros((0, 3), "int32"), [0, 0])
    starts, ends = ragged([[0, 2], []]), ragged([[1, 3], []])
    assert bio_labels(starts, ends, empty).to_list() == [[0, 0], []]


def by_hand(token, spans, before):
    """Label one token as the docstring says it."""
    start, end = token
    parts = [len(set(range(start, end)) & set(range(a, b))) for a, b, _ in spans]
    most = max(parts, default=0)
    if not most or most < (end - start) - sum(parts):
        return 0, None
    span = parts.index(most)
    return 1 + 2 * spans[span][2] + (span == before), span


def test_random_tokens_and_spans():
    generator = random.Random(7)
    for _ in range(200):
        cuts = sorted(generator.sample(range(30), 12))
        tokens = [pair for pair in pairwise(cuts) if generator.random() < 0.9]
        cuts = sorted(generator.sample(range(30), 8))
        spans = [
            [a, b, generator.randrange(3)]
            for a, b in pairwise(cuts)
            if generator.random() < 0.5
        ]
        wanted, before = [], None
        for token in tokens:
            label, before = by_hand(token, spans, before)
            wanted.append(label)
        rows = tf.reshape(tf.constant(spans, "int32"), (-1, 3))
        actual = bio_labels(
            ragged([[a for a, _ in tokens]]),
            ragged([[b for _, b in tokens]]),
            tf.RaggedTensor.from_row_lengths(rows, [len(spans)]),
        )
        assert actual.to_list() == [wanted]
