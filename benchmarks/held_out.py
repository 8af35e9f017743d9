"""What language models lose on texts that were held out, for each kind of text.

TEXTS holds a file a kind, as `pretraining_texts.py` writes them. At most 512 sequences
of each are measured, the same ones and with the same gaps for all presets of one
vocabulary; losses of different vocabularies do not compare, but what a character costs
does. Example:

    python benchmarks/held_out.py bert --texts texts/held_out \
        --presets bert_mini_ko runs/trunk
"""

import argparse
from itertools import chain
from pathlib import Path

import numpy as np

from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.pretraining import PretrainingConfig
from kerasnlp_tutorial.pretraining.batches import PackedSequences
from kerasnlp_tutorial.pretraining.bert_model import losses
from kerasnlp_tutorial.pretraining.monitor import mean_measures
from kerasnlp_tutorial.pretraining.run import ARCHITECTURES

_SEQUENCES = 512


def measure(architecture: str, preset: str, paths: list[Path]) -> list[dict]:
    """Return loss and accuracy of a preset on each file, and its tokens."""
    config = PretrainingConfig(
        architecture=architecture,
        text=tuple(map(str, paths)),
        initial=preset,
        batch_size=16,
        steps=1,
    )
    upstream = ARCHITECTURES[architecture](config, Path())
    model = upstream.task()
    preprocessor, model.preprocessor = model.preprocessor, None
    model.compile(jit_compile=False, **losses(model))
    found = []
    for path in paths:
        texts = list(TextLines([path]))
        rows = upstream.encode(texts)
        ids = np.fromiter(
            chain.from_iterable([*row, upstream.end_token_id] for row in rows), "uint16"
        )
        sequences = PackedSequences(
            ids, upstream.length, config.batch_size, config.seed
        )
        count = min(sequences.per_epoch, _SEQUENCES // config.batch_size)
        measured = mean_measures(
            model,
            (
                upstream.objective.batch(sequences.batch(step), step)
                for step in range(count)
            ),
        )
        characters = sum(map(len, texts))
        found.append({**measured, "tokens": len(ids), "characters": characters})
    model.preprocessor = preprocessor
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("architecture", choices=ARCHITECTURES)
    parser.add_argument("--texts", required=True, type=Path, help="folder of files")
    parser.add_argument("--presets", nargs="+", required=True)
    options = parser.parse_args()
    paths = sorted(options.texts.glob("*.txt"))
    print("| preset | kind | tokens | loss | perplexity | of a character | accuracy |")
    print("|---|---|---|---|---|---|---|")
    for preset in options.presets:
        measured = measure(options.architecture, preset, paths)
        for path, row in zip(paths, measured, strict=True):
            loss, of_a_character = row["loss"], ""
            if options.architecture == "gpt2":  # it asks for every token
                tokens = row["tokens"] / row["characters"]
                of_a_character = f"{np.exp(loss * tokens):.2f}"
            print(
                f"| {Path(preset).name} | {path.stem} | {row['tokens']:,} | {loss:.3f} "
                f"| {np.exp(loss):.1f} | {of_a_character} | {row['accuracy']:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
