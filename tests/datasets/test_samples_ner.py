"""The embedded sentences with entities: enough of each type, each its own."""

from collections import Counter

from kerasnlp_tutorial.datasets import NER_SAMPLE, read_tagged_text

TYPES = ("PER", "LOC", "ORG", "DAT", "TIM", "DUR", "MNY", "PNT", "NOH", "POH")


def read(split):
    return read_tagged_text(NER_SAMPLE.path(f"{split}.txt"))


def test_size_and_types():
    train, test = read("train"), read("test")
    assert len(train) + len(test) >= 600 and len(test) >= 120
    counts = Counter(span.label for s in train for span in s.spans)
    assert set(counts) == set(TYPES) and min(counts.values()) >= 60
    tested = Counter(span.label for s in test for span in s.spans)
    assert set(tested) == set(TYPES) and min(tested.values()) >= 10


def test_spans_are_in_order_and_do_not_begin_or_end_with_a_blank():
    for sentence in read("train") + read("test"):
        end = 0
        for span in sentence.spans:
            assert end <= span.start < span.end <= len(sentence.text)
            text = sentence.text[span.start : span.end]
            assert text == text.strip()
            end = span.end


def test_no_name_is_everywhere_and_no_sentence_twice():
    sentences = read("train") + read("test")
    assert len({s.text for s in sentences}) == len(sentences)
    names = Counter(
        s.text[span.start : span.end]
        for s in sentences
        for span in s.spans
        if span.label in ("PER", "ORG", "POH")
    )
    assert names.most_common(1)[0][1] <= 9


def test_some_sentences_have_none_and_some_have_many():
    counts = [len(s.spans) for s in read("train")]
    assert 0.05 < counts.count(0) / len(counts) < 0.25
    assert sum(count >= 4 for count in counts) / len(counts) > 0.2


def test_words_are_names_in_one_sentence_and_words_in_another():
    sentences = read("train")
    named = {
        s.text[span.start : span.end]
        for s in sentences
        for span in s.spans
        if span.label == "PER"
    }
    plain = " ".join(s.text for s in sentences if not s.spans)
    assert sum(name in plain for name in named) >= 3
