"""What KerasNLP lacks, in KerasNLP's idiom.

Importing this package registers every class of the project that a saved preset
can name, so that KerasNLP's own `from_preset` opens what a chapter has saved.
"""

from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

__all__ = ["KoreanBertTokenizer"]
