"""Compare KoreanBertTokenizer's ids with Hugging Face's on real reviews.

python benchmarks/tokenizer_parity.py --data-dir FOLDER_WITH_NSMC
"""

import argparse
import time

import tensorflow as tf
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.datasets import NSMC, read_nsmc
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer, train_wordpiece


def main() -> None:
    """Print the number of mismatches and the speed of both tokenizers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="folder with NSMC's files")
    options = parser.parse_args()
    train, test = (
        [example.text for example in read_nsmc(NSMC.path(name, options.data_dir))]
        for name in ("ratings_train.txt", "ratings_test.txt")
    )
    vocabulary = train_wordpiece(train, 8000)
    ids = {token: i for i, token in enumerate(vocabulary)}
    reference = BertWordPieceTokenizer(ids, lowercase=False, strip_accents=False)
    dataset = tf.data.Dataset.from_tensor_slices(test).batch(512)
    dataset = dataset.map(KoreanBertTokenizer(vocabulary))
    for _ in dataset.take(2):  # trace before timing
        pass

    started = time.perf_counter()
    actual = [row for batch in dataset for row in batch.to_list()]
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    encodings = reference.encode_batch(test, add_special_tokens=False)
    expected = [encoding.ids for encoding in encodings]
    reference_seconds = time.perf_counter() - started

    pairs = zip(actual, expected, strict=True)
    mismatches = sum(a != b for a, b in pairs)
    print(f"{mismatches} mismatches in {len(test)} reviews")
    print(f"KoreanBertTokenizer in tf.data {len(test) / seconds:,.0f} reviews/s")
    print(
        f"Hugging Face, encode_batch     {len(test) / reference_seconds:,.0f} reviews/s"
    )


if __name__ == "__main__":
    main()
