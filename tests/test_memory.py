import pytest

from kerasnlp_tutorial import memory
from kerasnlp_tutorial.errors import InputError


def test_the_container_decides(tmp_path, monkeypatch):
    machine = memory.total_bytes()
    assert machine > 2**28
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_LIMITS", (limit, tmp_path / "none"))
    limit.write_text("max\n")
    assert memory.total_bytes() >= machine
    limit.write_text("1000000\n")
    assert memory.total_bytes() == 1_000_000
    memory.check_room(62_500, 4, "a model")
    with pytest.raises(InputError, match="a model has 62,501 weights, .* 0.0 GB"):
        memory.check_room(62_501, 4, "a model")


def test_the_weights_of_bert_base():
    count = memory.transformer_weights(30522, 12, 768, 3072, 512)
    assert count == pytest.approx(109.5e6, rel=0.01)
