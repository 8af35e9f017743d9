"""Every field of every settings class, given what no user means."""

import dataclasses
import math
import typing

import pytest

from kerasnlp_tutorial import fine_tuning
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch05_sentence_pair_classification as ch05
from kerasnlp_tutorial.chapters import ch06_named_entity_recognition as ch06
from kerasnlp_tutorial.chapters import ch07_question_answering as ch07
from kerasnlp_tutorial.chapters import ch08_text_generation as ch08
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.datasets import Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions
from kerasnlp_tutorial.pretraining import PretrainingConfig
from kerasnlp_tutorial.settings import parse_fields

REQUIRED = {
    PretrainingConfig: {"architecture": "bert", "text": ("a.txt",), "steps": 1},
}
CLASSES = [
    *(chapter.Config for chapter in (ch04, ch05, ch06, ch07, ch08)),
    DecodingOptions,
    PretrainingConfig,
]
FIELDS = [
    (config, field.name) for config in CLASSES for field in dataclasses.fields(config)
]
VALUES = [-1, 0, 10**30, -(10**400), 1e300, math.nan, math.inf, -math.inf, True]
VALUES += [None, "", "\0", "가" * 9000, [], ["x"], {}, b"x", 1.5, object]


def make(config, **fields):
    return config(**(REQUIRED.get(config, {}) | fields))


@pytest.mark.parametrize(("config", "name"), FIELDS, ids=lambda x: str(x)[-60:])
def test_a_value_is_refused_by_its_name_or_kept(config, name):
    hint = typing.get_type_hints(config)[name]
    for value in VALUES:
        try:
            kept = getattr(make(config, **{name: value}), name)
        except InputError as error:
            assert name in str(error) and len(str(error)) < 500
            continue
        if isinstance(kept, int):
            assert abs(kept) < 2**63
        if isinstance(kept, float):
            assert math.isfinite(kept)
        kinds = (typing.get_origin(hint), *typing.get_args(hint), hint)
        assert type(kept) in kinds


@pytest.mark.parametrize(("config", "name"), FIELDS, ids=lambda x: str(x)[-60:])
def test_texts_of_the_command_line_likewise(config, name):
    for text in ("-1", "0", "9" * 30, "9" * 5000, "nan", "inf", "", "한글", "none"):
        try:
            make(config, **parse_fields(config, {name: text}))
        except InputError as error:
            assert name in str(error) and len(str(error)) < 500


@pytest.mark.parametrize(
    ("config", "fields", "message"),
    [
        (ch04.Config, {"seed": -1}, "seed must be 0 or more; received -1"),
        (ch04.Config, {"seed": 2**32}, "seed must be at most 4294967295"),
        (ch04.Config, {"sequence_length": 3}, "sequence_length must be 8 or more"),
        (ch05.Config, {"sequence_length": 11}, "sequence_length must be 12 or more"),
        (ch06.Config, {"sequence_length": 7}, "sequence_length must be 8 or more"),
        (ch07.Config, {"sequence_length": 42}, "sequence_length must be 43 or more"),
        (ch04.Config, {"batch_size": 99999999999}, "batch_size must be at most 65536"),
        (ch04.Config, {"batch_size": "8"}, "batch_size must be a whole number"),
        (ch04.Config, {"learning_rate": math.inf}, "must be a finite number"),
        (ch04.Config, {"vocabulary_size": 999999999}, "must be at most 1000000"),
        (ch04.Config, {"train_file": ""}, "train_file must be a path; received ''"),
        (ch04.Config, {"output": "a" * 250}, "output must be a path .* 200 bytes"),
        (
            ch04.Config,
            {"method": "lora", "backbone": "scratch"},
            "method 'lora' needs a pretrained backbone, not 'scratch'",
        ),
        (ch04.Config, {"label_words": "긍정=좋다"}, "it is for method 'prompt'"),
        (
            ch04.Config,
            {"method": "prompt", "label_words": "긍정=좋다,긍정=곱다"},
            "a label is given twice",
        ),
        (DecodingOptions, {"beams": 100_000}, "beams must be at most 100"),
        (DecodingOptions, {"repetition_penalty": math.inf}, "must be a finite number"),
        (DecodingOptions, {"temperature": 1e-300}, "above 0 .1e-6 to 1e9."),
        (PretrainingConfig, {"text": "a.txt"}, "text must be tuple; received 'a.txt'"),
    ],
)
def test_what_cannot_work(config, fields, message):
    with pytest.raises(InputError, match=message):
        make(config, **fields)


def test_numbers_become_those_of_the_field():
    config = ch04.Config(learning_rate=1, max_train_examples=None)
    assert type(config.learning_rate) is float and config.learning_rate == 1.0


def test_paths_lead_there_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    config = ch07.Config(
        train_file="a.json",
        test_file="../b.json",
        data_dir="d",
        ids="ids",
        test_ids=str(tmp_path / "ids"),
        backbone="mine",
    )
    assert config.train_file == str(tmp_path / "a.json")
    assert config.test_file == str(tmp_path.parent / "b.json")
    assert config.data_dir == str(tmp_path / "d")
    assert config.ids == config.test_ids == str(tmp_path / "ids")
    assert config.backbone == str(tmp_path / "mine")
    assert ch08.Config(classifier="c").classifier == str(tmp_path / "c")
    pretraining = make(PretrainingConfig, text=["a", "b"], initial="mine")
    assert pretraining.text == (str(tmp_path / "a"), str(tmp_path / "b"))
    assert pretraining.initial == str(tmp_path / "mine")
    # Names stay names, whatever lies in the folder.
    (tmp_path / "bert_mini_ko").mkdir()
    (tmp_path / "bert_mini_ko" / "config.json").write_text("{}")
    for name in ("bert_mini_ko", "kcbert-base", "hf://a/b", "scratch"):
        assert ch04.Config(backbone=name).backbone == name
    assert dataclasses.replace(config) == config


def test_a_model_that_does_not_fit_is_refused_before_it_is_built():
    config = ch04.Config(backbone="scratch", hidden_dim=2**20, num_heads=1)
    with pytest.raises(InputError, match="hidden_dim=1048576.* take .* GB of memory"):
        load_bert(config, ["정말 좋다"] * 9)


def test_label_words_of_other_labels():
    config = ch04.Config(method="prompt", label_words="긍정=좋다,중립=그냥")
    message = "label_words has words for 중립; the labels are 긍정, 부정"
    with pytest.raises(InputError, match=message):
        fine_tuning.prompt_tuned_classifier(
            config, Splits((), (), (), ("긍정", "부정"))
        )


def test_lora_matrices_larger_than_those_they_are_added_to():
    config = ch04.Config(method="lora", lora_rank=300, max_train_examples=20)
    with pytest.raises(InputError, match="lora_rank must be at most 256"):
        ch04.build_model(config, ch04.load_examples(config))
