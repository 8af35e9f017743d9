"""Speed of text generation, compared with transformers.

    python benchmarks/generate.py
    python benchmarks/generate.py --layers 4 --hidden 256
    python benchmarks/generate.py --agreement

Both libraries load the same GPT-2 with random weights, saved by transformers. They get
the same ids and generate the same number of tokens (greedy, float32, with a key-value
cache), in alternating calls. Then ten prompts of different lengths show how often this
package compiles. `half precision` is `TextGenerator(..., half_precision=True)`, for
single texts; `--agreement` says instead of all this how many of 200 prompts it
continues with the same tokens.

    pip install torch transformers
"""

import argparse
import functools
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tokenizers
import torch
import transformers
from finetune import environment

from kerasnlp_tutorial import datasets
from kerasnlp_tutorial.checkpoints import load_causal_lm
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator

END = "<|endoftext|>"
BATCHES = (1, 8)


def write_checkpoint(folder: Path, options) -> torch.nn.Module:
    """Save a GPT-2 with random weights and its tokenizer, and return the model.

    Args:
        folder: folder for the checkpoint.
        options: command line options.
    """
    path = datasets.SAMPLE.path("ratings_train.txt")
    texts = [example.text for example in datasets.read_nsmc(path)]
    tokenizer = tokenizers.ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        texts, vocab_size=options.vocabulary, special_tokens=["<pad>", END]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(7)
    config = transformers.GPT2Config(
        vocab_size=tokenizer.get_vocab_size(),
        n_positions=256,
        n_embd=options.hidden,
        n_layer=options.layers,
        n_head=options.hidden // 64,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    model.save_pretrained(folder)
    return model


def make_prompts(count: int, step: int) -> list[str]:
    """Return prompts of 1, 1 + step, 1 + 2 * step, ... words.

    Args:
        count: number of prompts.
        step: difference of their lengths in words.
    """
    text = "배우들 연기가 정말 살아 있고 음악도 좋아서 시간 가는 줄 모르고 보았다"
    words = text.split() * count
    return [" ".join(words[: 1 + step * i]) for i in range(count)]


def measure(generators, torch_model, batch: int, options) -> dict[str, list[float]]:
    """Return the duration of each call in seconds, for all in turn.

    Args:
        generators: instances of `TextGenerator` of this package, by name.
        torch_model: the model of transformers.
        batch: number of prompts.
        options: command line options.
    """
    prompts = make_prompts(3, 1)[2:] * batch
    generate, *_ = generators.values()
    ids = [1, *map(int, generate.tokenizer(prompts[0]))]
    inputs = torch.tensor([ids] * batch)

    def call_transformers():
        with torch.inference_mode():
            torch_model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                do_sample=False,
                min_new_tokens=options.new_tokens,
                max_new_tokens=options.new_tokens,
            )

    calls = {
        name: functools.partial(generate, prompts)
        for name, generate in generators.items()
    }
    calls["transformers"] = call_transformers
    seconds = {name: [] for name in calls}
    for _ in range(options.calls):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def agreement(new_tokens: int) -> None:
    """Print how often half precision writes the same tokens, by greedy search.

    Args:
        new_tokens: number of tokens that are written.
    """

    class Ids(TextGenerator):
        """Writes ids, also those behind the end of a text."""

        def _text(self, given, new):
            return " ".join(map(str, new))

    model = load_causal_lm("gpt2_mini_ko")
    # Its weights are stored in float16, and nothing would have to be rounded.
    generator = np.random.default_rng(7)
    for weight in model.trainable_variables:
        weight.assign(weight * (1 + generator.normal(0, 1e-3, weight.shape)))
    path = datasets.SAMPLE.path("ratings_test.txt")
    texts = [example.text for example in datasets.read_nsmc(path)][:200]
    options = DecodingOptions(min_new_tokens=new_tokens, max_new_tokens=new_tokens)
    rows = []
    for half_precision in (False, True):
        generate = Ids(model, options, half_precision=half_precision)
        found = [generate([" ".join(text.split()[:3])]) for text in texts]
        rows.append(np.array([row.split() for (row,) in found]))
    same = rows[0] == rows[1]
    print(
        f"gpt2_mini_ko, {len(texts)} prompts, {new_tokens} tokens each: half precision "
        f"writes the same text for {same.all(axis=1).mean():.1%} of them, the same "
        f"token at {same.mean():.1%} of the places"
    )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--agreement", action="store_true")
    parser.add_argument("--calls", type=int, default=6, help="the first compiles")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.agreement:
        return agreement(options.new_tokens)
    os.environ["KERASNLP_TUTORIAL_CACHE"] = tempfile.mkdtemp()
    folder = Path(tempfile.mkdtemp())
    torch_model = write_checkpoint(folder, options)
    decoding = DecodingOptions(
        min_new_tokens=options.new_tokens, max_new_tokens=options.new_tokens
    )
    model = load_causal_lm(folder)
    generate = TextGenerator(model, decoding)
    half = TextGenerator(model, decoding, half_precision=True)
    print(environment())
    print("| batch | | first call, s | tokens/s first | tokens/s later | ratio |")
    print("|---|---|---|---|---|---|")
    for batch in BATCHES:
        generators = {"this package": generate}
        if batch == 1:
            generators["half precision"] = half
        seconds = measure(generators, torch_model, batch, options)
        tokens = batch * options.new_tokens
        later = {name: tokens / statistics.median(s[1:]) for name, s in seconds.items()}
        for name, (first, *_) in seconds.items():
            print(
                f"| {batch} | {name} | {first:.2f} | {tokens / first:.0f} | "
                f"{later[name]:.0f} | {later[name] / later['transformers']:.2f} |"
            )
    fresh = TextGenerator(model, decoding)
    prompts = make_prompts(10, 9)
    for prompt in prompts:
        fresh([prompt])
    lengths = [len(fresh.tokenizer(prompt)) for prompt in prompts]
    compiled = fresh.model.make_generate_function().experimental_get_tracing_count()
    print(f"prompts of {lengths} tokens: compiled {compiled} times")


if __name__ == "__main__":
    main()
