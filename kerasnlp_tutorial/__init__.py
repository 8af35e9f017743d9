"""Korean NLP with BERT and GPT on Keras, chapter by chapter.

The chapters are modules (`kerasnlp_tutorial.chapters`), their shared parts live
in the packages beside this file. Importing this package imports neither Keras
nor TensorFlow.
"""

from kerasnlp_tutorial import _clone

__version__ = "0.1.0"

_clone.find_chapters_and_data()
