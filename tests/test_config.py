import dataclasses

import pytest

from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.settings import parse_fields


def test_texts_become_values_of_the_fields_types():
    texts = {"epochs": "3", "learning_rate": "1e-4", "overwrite": "True", "output": "a"}
    assert parse_fields(TrainingConfig, texts) == {
        "epochs": 3,
        "learning_rate": 1e-4,
        "overwrite": True,
        "output": "a",
    }
    assert parse_fields(TrainingConfig, {"epochs": "none"}) == {"epochs": None}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"epoch": "3"}, "no setting 'epoch'.*epochs"),
        ({"epochs": "three"}, "epochs must be of type int; received 'three'"),
        ({"batch_size": "none"}, "batch_size must be of type int; received 'none'"),
        ({"resume": "1"}, "resume must be true or false; received '1'"),
    ],
)
def test_a_text_that_is_no_value_is_refused(texts, message):
    with pytest.raises(InputError, match=message):
        parse_fields(TrainingConfig, texts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 0),
        ("epochs", 0),
        ("epochs", -1),
        ("max_minutes", 0.0),
        ("max_train_examples", 0),
        ("validation_ratio", 0.0),
        ("validation_ratio", 1.0),
        ("warmup_ratio", 1.0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -0.1),
        ("dropout", 1.0),
        ("sequence_length", 2),
        ("vocabulary_size", 5),
        ("num_layers", 0),
        ("hidden_dim", 30),
    ],
)
def test_a_value_that_cannot_work_is_refused(field, value):
    with pytest.raises(InputError, match=f"{field} must be .*; received"):
        TrainingConfig(**{field: value})


def test_every_field_is_documented():
    # The docstring of a field is the string literal below it.
    import ast
    import inspect
    import itertools

    body = ast.parse(inspect.getsource(TrainingConfig)).body[0].body
    documented = {
        field.target.id
        for field, doc in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(doc, ast.Expr)
    }
    assert documented == {field.name for field in dataclasses.fields(TrainingConfig)}
