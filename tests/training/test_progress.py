import itertools

import numpy as np

from kerasnlp_tutorial import training
from kerasnlp_tutorial.training import progress


def test_a_line_an_epoch_with_the_time_left(capsys, monkeypatch, preprocessor):
    clock = itertools.count(step=10)  # every look at the clock takes 10 s
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    lines = training.EpochLines()
    lines.set_params({"epochs": 3})
    lines.on_train_begin()
    for epoch in range(3):
        lines.on_epoch_begin(epoch)
        lines.on_epoch_end(epoch, {"loss": 0.5, "val_accuracy": 0.75})
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 1/3: loss 0.5000, val_accuracy 0.7500; 10 s, about 40 s left",
        "Epoch 2/3: loss 0.5000, val_accuracy 0.7500; 10 s, about 20 s left",
        "Epoch 3/3: loss 0.5000, val_accuracy 0.7500; 10 s",
    ]


def test_the_time_left_is_within_the_budget(capsys, monkeypatch):
    clock = itertools.count(step=10)
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    lines = training.EpochLines(max_minutes=0.5)
    lines.set_params({"epochs": 100})
    lines.on_train_begin()
    lines.on_epoch_begin(0)
    lines.on_epoch_end(0, {"loss": 0.5})
    assert capsys.readouterr().out.endswith("10 s, about 10 s left\n")


def test_fit_prints_these_lines_only(capsys, preprocessor, small_model):
    model = small_model()
    features = training.encode(preprocessor, ["가나다", "라마바"] * 4)
    dataset = training.length_grouped_dataset(features, np.zeros(8, "int32"), 4)
    with training.already_encoded(model):
        model.fit(
            dataset,
            epochs=2,
            verbose=training.progress_verbosity(),
            callbacks=[training.EpochLines()],
        )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert "left" in lines[0] and "left" not in lines[1]


def test_durations():
    assert [progress.duration(s) for s in (0.4, 99.4, 150)] == [
        "0 s",
        "99 s",
        "2.5 min",
    ]
