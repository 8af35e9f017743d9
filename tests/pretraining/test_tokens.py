import json
import os
import shutil
import threading
import time
import tracemalloc

import fsspec
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining import token_index as token_index_module
from kerasnlp_tutorial.pretraining import tokens as tokens_module
from kerasnlp_tutorial.pretraining.tokens import (
    Tokenization,
    fingerprint,
    read_tokens,
    write_tokens,
)
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

TEXTS = [f"{i}{'가나다라마바사'[: i % 7]}" for i in range(1000)]
END = 9


def encode(texts):
    return [[10 + ord(character) % 7 for character in text] for text in texts]


def tokenization(encode=encode, **changes):
    return Tokenization(encode, END, **({"held_out": 0.1, "vocabulary": "v"} | changes))


def joined(texts):
    return [id for ids in encode(texts) for id in (*ids, END)]


@pytest.fixture
def small(monkeypatch):
    """Shards of 1 kB, of which the texts make about twenty."""
    monkeypatch.setattr(token_index_module, "_SHARD_BYTES", 1000)
    monkeypatch.setattr(tokens_module, "_CHUNK_CHARACTERS", 100)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return [str(path)]


def shards_of(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def content(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("files", [1, 7])
def test_every_tenth_text_is_held_out(tmp_path, monkeypatch, files):
    monkeypatch.setattr(tokens_module, "_CHUNK_CHARACTERS", 33)
    for i in range(files):
        path = tmp_path / f"{i}.txt"
        path.write_text("\n".join(TEXTS[i * 1000 // files : (i + 1) * 1000 // files]))
    settings = tokenization(unknown_token_id=12)
    tokens = write_tokens(tmp_path / "tokens", [f"{tmp_path}/*.txt"], settings)
    held_out = TEXTS[9::10]
    train = joined([text for i, text in enumerate(TEXTS) if i % 10 != 9])
    assert tokens.train[:].tolist() == train
    assert tokens.held_out[:].tolist() == joined(held_out)
    assert tokens.texts == 1000 and tokens.unknown == train.count(12)
    assert tokens.held_out_characters == sum(map(len, held_out))
    assert shards_of(tmp_path / "tokens") == ["00000"]


def test_a_large_file_makes_several_shards(tmp_path, text, small):
    tokens = write_tokens(tmp_path / "tokens", text, tokenization())
    names = shards_of(tmp_path / "tokens")
    assert len(names) > 10 and tokens.texts == 1000
    assert len(tokens.train) + len(tokens.held_out) == len(joined(TEXTS))
    assert len(tokens.held_out) == pytest.approx(len(joined(TEXTS)) / 10, rel=0.2)
    # Without those held out, the texts follow each other as in the file.
    index = json.loads((tmp_path / "tokens/index.json").read_text())
    data, train, held_out = (tmp_path / "text.txt").read_bytes(), [], []
    for shard in index["shards"]:
        ((_, start, stop),) = shard["parts"]
        texts = data[start:stop].decode().split()
        assert shard["texts"] == len(texts)
        train += [text for i, text in enumerate(texts) if i % 10 != 9]
        held_out += texts[9::10]
    assert sorted(train + held_out) == sorted(TEXTS)
    assert tokens.train[:].tolist() == joined(train)
    assert tokens.held_out[:].tolist() == joined(held_out)


def test_compressed_and_remote_files_are_not_cut(tmp_path, small):
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/pretraining/a.txt", "\n".join(TEXTS).encode())
    text = ["memory://pretraining/*.txt"]
    tokens = write_tokens(tmp_path / "tokens", text, tokenization())
    assert shards_of(tmp_path / "tokens") == ["00000"]
    assert tokens.held_out[:].tolist() == joined(TEXTS[9::10])
    filesystem.store.clear()


def test_a_killed_process_leaves_the_shards_that_are_whole(tmp_path, text, small):
    whole = write_tokens(tmp_path / "whole", text, tokenization())
    seen = []

    def killed(texts):
        if TEXTS[150] in texts:
            raise SystemExit("as if killed")
        return spy(texts)

    def spy(texts):
        seen.extend(texts)
        return encode(texts)

    folder = tmp_path / "tokens"
    with pytest.raises(SystemExit):
        write_tokens(folder, text, tokenization(killed))
    done = shards_of(folder)
    assert 0 < len(done) < len(shards_of(tmp_path / "whole"))
    assert read_tokens(folder) is None
    index = json.loads((folder / "index.json").read_text())
    first = index["shards"][len(done)]["parts"][0][1]  # byte
    seen.clear()
    tokens = write_tokens(folder, text, tokenization(spy))
    missing = (tmp_path / "text.txt").read_bytes()[first:].decode().split()
    assert seen == missing and len(missing) < len(TEXTS)
    assert content(folder) == content(tmp_path / "whole")
    assert np.array_equal(tokens.train[:], whole.train[:])
    seen.clear()
    write_tokens(folder, text, tokenization(spy))
    assert seen == []


def test_processes_share_the_work(tmp_path, text, small):
    write_tokens(tmp_path / "whole", text, tokenization())
    encoded = {0: [], 1: []}

    def run(process):
        def spy(texts):
            encoded[process].extend(texts)
            return encode(texts)

        settings, share = tokenization(spy), (process, 2)
        write_tokens(
            tmp_path / "shared", text, settings, share, lambda: time.sleep(0.01)
        )

    second = threading.Thread(target=run, args=(1,))
    second.start()  # waits for the index
    run(0)
    second.join()
    assert content(tmp_path / "shared") == content(tmp_path / "whole")
    assert sorted(encoded[0] + encoded[1]) == sorted(TEXTS)
    assert 300 < len(encoded[0]) < 700


def test_waiting_can_be_given_up(tmp_path, text, small):
    def give_up():
        raise TimeoutError

    for process in (1, 0):  # no index, then no shards of the other process
        with pytest.raises(TimeoutError):
            write_tokens(tmp_path / "t", text, tokenization(), (process, 2), give_up)
    assert shards_of(tmp_path / "t")[:2] == ["00000", "00002"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": "w"}, r"of another vocabulary \(v; here it is w\)"),
        ({"held_out": 0.5}, "with held_out=0.1; here it is 0.5"),
        ({"end_token_id": 8}, "with end token 9; here it is 8"),
    ],
)
def test_tokens_of_another_tokenization_are_kept(tmp_path, text, changes, message):
    folder = tmp_path / "tokens"
    write_tokens(folder, text, tokenization())
    before = content(folder)
    fields = vars(tokenization()) | changes
    with pytest.raises(InputError, match=f"holds tokens {message}; .*another folder"):
        write_tokens(folder, text, Tokenization(**fields))
    assert content(folder) == before


def test_tokens_of_other_texts_are_kept(tmp_path, text):
    folder, other = tmp_path / "tokens", tmp_path / "other.txt"
    other.write_text("하나\n둘\n", encoding="utf-8")
    both = [*text, str(other)]
    write_tokens(folder, both, tokenization())
    write_tokens(folder, [f"{tmp_path}/text.txt", str(other)], tokenization())
    before = content(folder)
    third = shutil.copy(other, tmp_path / "third.txt")

    def check(texts, message):
        with pytest.raises(InputError, match=f"holds tokens {message}; .*another fold"):
            write_tokens(folder, texts, tokenization())

    check(text, "of .*other.txt as well, which is not among the texts")
    check([*both, str(third)], "without the text .*third.txt")
    check(both[::-1], "of the same texts in another order")
    os.utime(other, (0, 0))
    check(both, "of .*other.txt before it was changed")
    assert content(folder) == before


def test_a_folder_with_an_index_of_something_else(tmp_path, text):
    (tmp_path / "index.json").write_text("{}")
    with pytest.raises(InputError, match="in format None; this version reads format 1"):
        write_tokens(tmp_path, text, tokenization())


def test_a_fingerprint_is_that_of_class_and_vocabulary():
    def make(*tokens, tokenizer_class=KoreanBertTokenizer):
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        return tokenizer_class(vocabulary=[*special, *tokens])

    first = fingerprint(make("가", "나"))
    assert first == fingerprint(make("가", "나"))
    others = [make("나", "가"), make("가")]
    others.append(make("가", "나", tokenizer_class=keras_nlp.tokenizers.BertTokenizer))
    ids = {token: i for i, token in enumerate(["<|endoftext|>", "a", "b", "ab", "ba"])}
    for merges in (["a b", "b a"], ["b a", "a b"]):
        others.append(keras_nlp.tokenizers.GPT2Tokenizer(ids, merges))
    assert len({first, *map(fingerprint, others)}) == 6


def test_a_damaged_shard_is_named(tmp_path, text):
    write_tokens(tmp_path / "tokens", text, tokenization())
    path = tmp_path / "tokens/00000/train.ids"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(InputError, match="train.ids is damaged: it must have .* bytes"):
        read_tokens(tmp_path / "tokens")


def test_what_cannot_be_read_or_written_is_told(tmp_path, text):
    with pytest.raises(InputError, match="none.txt does not exist"):
        write_tokens(tmp_path / "tokens", ["none.txt"], tokenization())
    with pytest.raises(InputError, match="cannot write .*text.txt"):
        write_tokens(tmp_path / "text.txt", text, tokenization())
    (tmp_path / "one.txt").write_text("하나\n", encoding="utf-8")
    with pytest.raises(InputError, match="1 texts are too few to train on some"):
        write_tokens(tmp_path / "one", [f"{tmp_path}/one.txt"], tokenization())


def test_memory_does_not_grow_with_the_texts(tmp_path):
    path = tmp_path / "big.txt"
    line = "배우들 연기가 살아 있네요 " * 40
    with path.open("w", encoding="utf-8") as file:
        for _ in range(14_000):
            file.write(f"{line}\n")
    assert path.stat().st_size > 2e7
    row = list(range(100))
    settings = tokenization(lambda texts: [row] * len(texts))
    tracemalloc.start()
    tokens = write_tokens(tmp_path / "tokens", [str(path)], settings)
    assert tracemalloc.get_traced_memory()[1] < 1e7
    tracemalloc.stop()
    assert tokens.texts == 14_000
