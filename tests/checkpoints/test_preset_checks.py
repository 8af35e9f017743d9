"""Folders that are damaged, mixed up or hostile; each is one `InputError`."""

import json
import resource
import shutil
import struct
from concurrent.futures import ThreadPoolExecutor

import h5py
import keras
import keras_nlp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import kerasnlp_tutorial.models  # noqa: F401  registers the tokenizer
from kerasnlp_tutorial import runs
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.checkpoints import (
    export_to_huggingface,
    load_bert,
    load_causal_lm,
    load_prompt,
    load_task,
    new_prompt,
    preset_folder,
    presets,
)
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    train_wordpiece,
)
from kerasnlp_tutorial.trained import load_trained

TEXTS = ["정말 좋다", "정말 싫다", "그냥 그렇다", "한마디로 최고", "한마디로 최악"] * 3
TASK, MODEL = "task.weights.h5", "model.weights.h5"


def bert(task_class, preprocessor_class, *arguments):
    tokenizer = KoreanBertTokenizer(train_wordpiece(TEXTS, 60))
    backbone = keras_nlp.models.BertBackbone(
        tokenizer.vocabulary_size(), 2, 2, 16, 32, max_sequence_length=24
    )
    preprocessor = preprocessor_class(tokenizer, sequence_length=16)
    return task_class(backbone, *arguments, preprocessor=preprocessor)


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A trained classifier, a masked and a causal language model, and exports."""
    folder = tmp_path_factory.mktemp("originals")
    models = keras_nlp.models
    classifier = bert(
        models.BertTextClassifier, models.BertTextClassifierPreprocessor, 2
    )
    config = ch04.Config(output=str(folder / "trained"))
    with runs.Run.begin("ch04", config) as run:
        run.finish(classifier, ("긍정", "부정"), {})
    masked = bert(models.BertMaskedLM, models.BertMaskedLMPreprocessor)
    masked.save_to_preset(str(folder / "masked"))
    bpe = ByteLevelBPE.train(TEXTS * 9, 280)
    gpt2 = models.GPT2CausalLM(
        models.GPT2Backbone(len(bpe.vocabulary), 1, 2, 16, 32, max_sequence_length=24),
        models.GPT2CausalLMPreprocessor(
            keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges), 24
        ),
    )
    gpt2.save_to_preset(str(folder / "causal"))
    export_to_huggingface(folder / "trained", folder / "exported")
    export_to_huggingface(folder / "causal", folder / "exported-causal")
    prompt = new_prompt(str(folder / "masked"), ["최고", "최악"], 2, "정말", 16)
    prompt.save_to_preset(str(folder / "prompt"))
    return folder


@pytest.fixture
def copy(originals, tmp_path, monkeypatch):
    """A function that copies one of them, to be spoilt."""
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    return lambda name: shutil.copytree(originals / name, tmp_path / "copy")


def change(path, **fields):
    content = json.loads(path.read_text(encoding="utf-8"))
    inner = content["config"] if "registered_name" in content else content
    inner.update(fields)
    path.write_text(json.dumps(content), encoding="utf-8")


def as_task(folder):
    load_task(folder)


def as_backbone(folder):
    load_bert(ch04.Config(backbone=str(folder), sequence_length=8), [])


def spoil_weights(path, spoil):
    """Apply a function to the file and to the name of its first matrix."""
    with h5py.File(path, "a") as file:
        names = []
        file.visititems(
            lambda name, item: (
                names.append(name)
                if isinstance(item, h5py.Dataset) and item.ndim > 1
                else None
            )
        )
        spoil(file, names[0])


def with_nan(file, name):
    # Older versions of Keras also store the backbone here, and load it from elsewhere.
    def spoil(name, item):
        if isinstance(item, h5py.Dataset) and item.ndim > 1:
            item[0] = np.nan

    file.visititems(spoil)


def removed(file, name):
    del file[name]


def of_another_shape(file, name):
    del file[name]
    file[name] = np.zeros((3, 3), "float32")


def without_values(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape, "float32")  # written when first used: never


@pytest.mark.parametrize("opening", [as_task, as_backbone])
@pytest.mark.parametrize("spoil", [with_nan, removed, of_another_shape, without_values])
def test_weights_that_are_not_the_models(copy, spoil, opening):
    folder = copy("trained")
    spoil_weights(folder / MODEL, spoil)
    with pytest.raises(InputError, match="copy.* (damaged|not finite)"):
        opening(folder)


@pytest.mark.parametrize("spoil", [with_nan, removed, of_another_shape, without_values])
def test_a_head_that_is_not_the_models(copy, spoil):
    folder = copy("trained")
    spoil_weights(folder / TASK, spoil)
    with pytest.raises(InputError, match="copy.* (damaged|not finite)"):
        load_task(folder)
    as_backbone(folder)  # needs no head


def test_without_its_head_it_is_no_task_but_a_backbone(copy):
    folder = copy("trained")
    (folder / TASK).unlink()
    message = "task.weights.h5 is missing: .* predictions would be random"
    for opening in (load_task, load_trained):
        with pytest.raises(InputError, match=message):
            opening(folder)
    with pytest.raises(InputError, match=message):
        export_to_huggingface(folder, folder.parent / "exported")
    assert not (folder.parent / "exported").exists()
    as_backbone(folder)


@pytest.mark.parametrize("kind", ["masked", "causal"])
@pytest.mark.parametrize("name", [MODEL, TASK])
def test_missing_and_cut_weights_of_language_models(copy, kind, name):
    folder = copy(kind)
    if not (folder / name).exists():
        pytest.skip("the head of a GPT-2 is its table of embeddings")
    content = (folder / name).read_bytes()
    for left in (None, b"", content[:500], content[:-100], b"<html>" * 99):
        (folder / name).unlink(missing_ok=True)
        if left is not None:
            (folder / name).write_bytes(left)
        with pytest.raises(InputError, match=f"{name} is (missing|damaged)"):
            load_task(folder)


def test_weights_of_another_architecture(copy, originals):
    folder = copy("trained")
    shutil.copy(originals / "causal" / MODEL, folder / MODEL)
    for opening in (as_task, as_backbone):
        with pytest.raises(InputError, match="copy is damaged"):
            opening(folder)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("trained", "vocabulary.txt"),
        ("causal", "vocabulary.json"),
        ("causal", "merges.txt"),
    ],
)
def test_missing_and_cut_vocabularies(copy, kind, name):
    folder = copy(kind)
    path = folder / "assets" / "tokenizer" / name
    content = path.read_bytes()
    half = content[: content.rfind(b"\n", 0, len(content) // 2) + 1]
    for left in (None, b"", b"a\nb\n", b"\xff\xfe" * 40, content[:-3] + b"\xeb", half):
        path.unlink(missing_ok=True)
        if left is not None:
            path.write_bytes(left)
        with pytest.raises(InputError, match="copy"):
            load_task(folder)


@pytest.mark.parametrize("content", ["[]", "{}", "{", "null", '"x"', "[" * 99999])
@pytest.mark.parametrize("name", ["config.json", "task.json"])
def test_settings_of_another_kind(copy, name, content):
    folder = copy("trained")
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=name):
        load_task(folder)


@pytest.mark.parametrize("value", [0, -1, 10**9, "x", None, [1], True, 1.5])
@pytest.mark.parametrize(
    "field", ["hidden_dim", "num_layers", "num_heads", "vocabulary_size"]
)
def test_sizes_are_compared_before_memory_is_taken(copy, field, value, monkeypatch):
    folder = copy("trained")
    change(folder / "config.json", **{field: value})
    if not isinstance(value, bool):
        # Nothing is built: it would take terabytes.
        monkeypatch.setattr(keras_nlp.models.BertBackbone, "from_preset", None)
    with pytest.raises(InputError, match="config.json"):
        as_backbone(folder)


def test_heads_of_another_size(copy):
    folder = copy("trained")
    change(folder / "task.json", num_classes=10**9)
    with pytest.raises(InputError, match="num_classes is 1000000000"):
        load_task(folder)
    change(folder / "task.json", num_classes=2)
    for labels, message in (
        (["a", "b", "c"], "3 labels for a model of 2 classes"),
        (["a"], "1 labels for a model of 2 classes"),
    ):
        content = json.loads((folder / "training.json").read_text())
        (folder / "training.json").write_text(json.dumps(content | {"labels": labels}))
        with pytest.raises(InputError, match=message):
            load_task(folder)


def test_a_class_that_nobody_knows(copy):
    folder = copy("trained")
    content = json.loads((folder / "task.json").read_text())
    content["registered_name"] = "keras_hub>Nothing"
    (folder / "task.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="knows no 'keras_hub>Nothing'"):
        load_task(folder)


def test_a_chapters_name_on_another_chapters_model(copy):
    folder = copy("causal")
    config = {"chapter": "ch04", "labels": [], "metrics": {}, "config": {}}
    (folder / "training.json").write_text(json.dumps(config))
    with pytest.raises(
        InputError, match="ch04 trains a BertTextClassifier or a .*GPT2"
    ):
        load_trained(folder)


def test_mistakes_of_ours_are_not_put_down_to_our_own_presets(monkeypatch):
    def fail(*arguments, **options):
        raise FileNotFoundError("ours")

    monkeypatch.setattr(keras_nlp.models.GPT2CausalLM, "from_preset", fail)
    with pytest.raises(FileNotFoundError, match="ours"):
        presets.open_task(keras_nlp.models.GPT2CausalLM, preset_folder("gpt2_mini_ko"))


# Folders of Hugging Face's.


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hidden_act": ["gelu"]}, r"hidden_act must be one of gelu, .*\['gelu'\]"),
        ({"vocab_size": "9"}, "vocab_size must be a whole number"),
        ({"vocab_size": -1}, "vocab_size must be above 0"),
        ({"vocab_size": 10**9}, r"must have shape \(1000000000, 16\)"),
        ({"num_attention_heads": 0}, "num_attention_heads must be above 0"),
        ({"num_attention_heads": 5}, "a divisor of the hidden size 16"),
        ({"num_hidden_layers": 10**9}, "lacks tensor 'encoder.layer.2.attention"),
        ({"hidden_size": 1.5}, "hidden_size must be a whole number"),
        ({"hidden_size": True}, "hidden_size must be a whole number"),
        ({"intermediate_size": 10**12}, "'encoder.layer.0.intermediate.dense.weight'"),
        ({"max_position_embeddings": 10**9}, "'embeddings.position_embeddings.weight'"),
        ({"type_vocab_size": 10**9}, "'embeddings.token_type_embeddings.weight'"),
        ({"mark_matches": True}, "type_vocab_size must be at least 3 with mark_match"),
        ({"hidden_dropout_prob": "x"}, "hidden_dropout_prob must be a number"),
        ({"hidden_dropout_prob": float("nan")}, "at least 0 and below 1"),
        ({"id2label": ["a"]}, "id2label must be an object of 2 different labels"),
        ({"id2label": {"x": "a", "y": "b"}}, "id2label must be an object of 2"),
        ({"id2label": {"0": "a", "1": "a"}}, "id2label must be an object of 2"),
        ({"id2label": {"0": "a"}}, "id2label must be an object of 2"),
        ({"architectures": "x"}, "architectures must be a list of strings"),
        ({"pad_token_id": -1}, "pad_token_id must be a token id"),
        ({"model_type": ["bert"]}, r"model_type must be 'bert' or 'gpt2'"),
    ],
)
def test_settings_of_a_hugging_face_folder(copy, fields, message):
    folder = copy("exported")
    change(folder / "config.json", **fields)
    with pytest.raises(InputError, match=message):
        load_task(folder)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"activation_function": ["x"]}, "activation_function must be one of"),
        ({"n_head": 0}, "n_head must be above 0"),
        ({"n_inner": "x"}, "n_inner must be a whole number"),
        ({"n_positions": 10**9}, "tensor 'wpe.weight' must have shape"),
        ({"n_layer": 10**9}, "lacks tensor 'h.1.attn.c_attn.weight'"),
        ({"vocab_size": None}, "lacks 'vocab_size'"),
    ],
)
def test_settings_of_a_hugging_face_gpt2(copy, fields, message):
    folder = copy("exported-causal")
    change(folder / "config.json", **fields)
    with pytest.raises(InputError, match=message):
        load_causal_lm(folder)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("[]", "must hold a JSON object"),
        ("{", "is damaged"),
        ("{}", "no object 'weight_map'"),
        ('{"weight_map": ["a"]}', "no object 'weight_map'"),
        ('{"weight_map": {"a": 5}}', "name of a file in the same folder; received '5'"),
        ('{"weight_map": {"a": "../b"}}', "in the same folder; received '../b'"),
        ('{"weight_map": {"a": "/b"}}', "in the same folder; received '/b'"),
        ('{"weight_map": {"a": ""}}', "in the same folder; received ''"),
        ('{"weight_map": {"a": ".."}}', "is missing"),
    ],
)
def test_shards_lie_in_the_folder(copy, index, message):
    folder = copy("exported")
    (folder / "model.safetensors").rename(folder.parent / "b")
    (folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(InputError, match=message):
        preset_folder(folder)


def test_a_tensor_of_another_shape_is_not_read(copy):
    folder = copy("exported")
    name, size = "bert.embeddings.word_embeddings.weight", 3 * 2**30
    entry = {"dtype": "F32", "shape": [size // 64, 16], "data_offsets": [0, size]}
    header = json.dumps({name: entry}).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + size)  # sparse: takes no room
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="word_embeddings.weight' must have shape"):
        preset_folder(folder)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000  # KiB


def test_values_that_are_not_finite_in_a_hugging_face_folder(copy):
    folder = copy("exported")
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.weight"][0, 0] = np.inf
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(InputError, match="'classifier.weight' holds values that are"):
        load_task(folder)


# Prompts.


def spoil_prompt(folder, vectors=None, **fields):
    import safetensors

    path = folder / "prompt.safetensors"
    with safetensors.safe_open(path, "numpy") as file:
        stored = json.loads(file.metadata()["config"]) | fields
        vectors = file.get_tensor("prompt") if vectors is None else vectors
    save_file({"prompt": vectors}, path, {"config": json.dumps(stored)})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"base": "/gone"}, "the language model of .*prompt.safetensors: no preset"),
        ({"base": 5}, "is no saved prompt: its config"),
        ({"base": "bert_mini_ko"}, "is for a model of 16 dimensions; .* has 256"),
        ({"base": "kaggle://a/b"}, "'kaggle://a/b' is not downloaded"),
        ({"label_ids": [10**9, 1]}, "is for another model"),
        ({"label_ids": [1, 1]}, "label_ids must be different"),
        ({"label_ids": "ab"}, "is no saved prompt"),
        ({"sequence_length": 10**9}, "is for another model"),
        ({"sequence_length": 0}, "is no saved prompt"),
        ({"template": "{text}"}, r"must have one \[MASK\]; received"),
        ({"template": "[MASK]"}, "must have one {text}"),
        ({"vectors": np.zeros((2, 16), "float32") * np.nan}, "are not finite"),
        ({"vectors": np.zeros(16, "float32")}, "its shape is"),
        ({"vectors": np.zeros((200, 16), "float32")}, "is for another model"),
    ],
)
def test_damaged_and_hostile_prompts(copy, fields, message):
    folder = copy("prompt")
    load_prompt(folder)
    spoil_prompt(folder, **fields)
    with pytest.raises(InputError, match=message):
        load_prompt(folder)


@pytest.mark.parametrize("base", ["hf://nobody/nothing", "kcbert-base"])
def test_a_prompt_fetches_nothing(copy, base, monkeypatch, tmp_path):
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "h"))
    # Any question to the hub would be an error of this test.
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", None)
    folder = copy("prompt")
    spoil_prompt(folder, base=base)
    with pytest.raises(InputError, match="not on this machine; .* `hf download "):
        load_task(folder)


# What is written.


@pytest.fixture
def small_disk():
    """A function that lets no file grow beyond a size, until the test ends."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [100, 10_000])
def test_an_export_to_a_full_disk_leaves_nothing(copy, size, small_disk, tmp_path):
    folder = copy("trained")
    small_disk(size)
    with pytest.raises(InputError, match="cannot write .*out: .*File too large"):
        export_to_huggingface(folder, tmp_path / "a" / "out")
    assert not list((tmp_path / "a").iterdir())


@pytest.mark.parametrize("kind", ["exported", "exported-causal"])
def test_a_conversion_to_a_full_disk_leaves_nothing(copy, kind, small_disk, tmp_path):
    folder = copy(kind)
    small_disk(10_000)
    with pytest.raises(InputError, match="cannot write .*cache.*: File too large"):
        preset_folder(folder)
    assert not list((tmp_path / "cache" / "checkpoints").iterdir())


def test_a_cache_that_cannot_be_written(copy, monkeypatch, tmp_path):
    folder = copy("exported")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot write .*file.*: Not a directory"):
        preset_folder(folder)


def test_what_a_killed_export_has_left_goes_at_the_next_one(copy, tmp_path):
    folder = copy("trained")
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "model.safetensors").write_bytes(b"half")
    (tmp_path / ".out.lock").touch()
    export_to_huggingface(folder, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"copy", "out"}


def test_models_are_loaded_by_several_threads(copy):
    folder = copy("trained")
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(load_task, [folder] * 12))
    assert [labels for _, labels in loaded] == [("긍정", "부정")] * 12


def test_two_exports_into_one_folder(copy, tmp_path):
    folder = copy("trained")

    def export(_):
        try:
            return export_to_huggingface(folder, tmp_path / "out")
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(export, range(3)))
    assert results.count(tmp_path / "out") == 1
    refused = [result for result in results if "out exists; choose" in str(result)]
    assert len(refused) == 2, results
    keras.utils.set_random_seed(7)
    assert load_task(tmp_path / "out")[1] == ("긍정", "부정")
