"""Korean NLP with BERT and GPT on Keras, chapter by chapter.

The chapters are modules (`kerasnlp_tutorial.chapters`), their shared parts live
in the packages beside this file. Importing this package imports neither Keras
nor TensorFlow.
"""

from pathlib import Path as _Path

__version__ = "0.1.0"

# In a clone, `chapters/` and `data/` lie beside this package, not in it; a wheel
# and an editable install map them here (setup.cfg). This line makes a plain clone
# work too, also when it shadows an installed copy.
_root = _Path(__file__).resolve().parent.parent
if (_root / "setup.cfg").is_file() and (_root / "chapters/__init__.py").is_file():
    __path__.append(str(_root))
