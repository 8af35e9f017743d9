"""Korean text to token ids: normalisation, WordPiece, vocabulary training."""

from kerasnlp_tutorial.tokenizers.byte_level_bpe import (
    ByteLevelBPE,
    encode_texts,
    token_bytes,
)
from kerasnlp_tutorial.tokenizers.hugging_face_tokenizer import HuggingFaceTokenizer
from kerasnlp_tutorial.tokenizers.korean_bert_tokenizer import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.vocabulary import save_wordpiece, train_wordpiece

__all__ = [
    "ByteLevelBPE",
    "HuggingFaceTokenizer",
    "KoreanBertTokenizer",
    "encode_texts",
    "save_wordpiece",
    "token_bytes",
    "train_wordpiece",
]
