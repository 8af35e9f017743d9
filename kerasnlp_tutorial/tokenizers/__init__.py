"""Korean text to token ids: normalisation, WordPiece, vocabulary training."""

from kerasnlp_tutorial.tokenizers.korean_bert_tokenizer import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.vocabulary import train_wordpiece

__all__ = ["KoreanBertTokenizer", "train_wordpiece"]
