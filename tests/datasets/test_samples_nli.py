"""The embedded sentence pairs: balanced, and the hypothesis gives nothing away."""

from collections import Counter, defaultdict

import pytest

from kerasnlp_tutorial.datasets import HARD_NLI_SAMPLE, NLI_SAMPLE, read_klue_nli


@pytest.fixture(params=[NLI_SAMPLE, HARD_NLI_SAMPLE], ids=lambda corpus: corpus.name)
def read(request):
    """A function that reads a file of either corpus."""
    return lambda split: read_klue_nli(request.param.path(f"{split}.json"))


@pytest.mark.parametrize(("split", "at_least"), [("train", 2400), ("test", 600)])
def test_size_and_balance(read, split, at_least):
    counts = Counter(pair.label for pair in read(split))
    assert counts.total() >= at_least
    assert counts.keys() == {"참", "거짓", "중립"} and len(set(counts.values())) == 1


def test_every_hypothesis_has_every_label_once(read):
    for split in ("train", "test"):
        labels = defaultdict(list)
        for pair in read(split):
            labels[pair.second].append(pair.label)
        assert {tuple(sorted(found)) for found in labels.values()} == {
            ("거짓", "중립", "참")
        }


def test_the_files_share_no_sentence(read):
    train, test = (
        {text for pair in read(split) for text in (pair.first, pair.second)}
        for split in ("train", "test")
    )
    assert not train & test
    premises = [pair.first for split in ("train", "test") for pair in read(split)]
    assert len(set(premises)) == len(premises)


def test_neither_length_nor_negation_tells_the_label(read):
    pairs = read("train") + read("test")
    lengths, negated = defaultdict(list), defaultdict(list)
    for pair in pairs:
        lengths[pair.label].append(len(pair.first))
        negated[pair.label].append(
            any(word in pair.first for word in ("안 ", "않", "못", "없", "아니"))
        )
    means = [sum(v) / len(v) for v in lengths.values()]
    assert max(means) - min(means) < 5
    shares = [sum(v) / len(v) for v in negated.values()]
    assert max(shares) - min(shares) < 0.1


def test_no_near_duplicates_among_the_hypotheses(read):
    def bigrams(text):
        text = "".join(text.split())
        return {text[i : i + 2] for i in range(len(text) - 1)}

    texts = sorted({pair.second for pair in read("train") + read("test")})
    sets = [bigrams(text) for text in texts]
    for i, grams in enumerate(sets):
        for j in range(i):
            shared = len(grams & sets[j]) / min(len(grams), len(sets[j]))
            assert shared <= 0.6, (texts[j], texts[i])
