"""What needs no transformers; `tests/parity/test_export.py` has the rest."""

import numpy as np

from kerasnlp_tutorial.checkpoints import export


def test_an_exported_file_is_readable_by_others(tmp_path):
    path = tmp_path / "model.safetensors"
    export._save_tensors({"weight": np.zeros(2, np.float32)}, path)
    assert path.stat().st_mode & 0o777 == 0o644
