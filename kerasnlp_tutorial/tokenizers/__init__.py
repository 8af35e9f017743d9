"""Korean text to token ids: normalization, WordPiece, vocabulary training."""

from kerasnlp_tutorial.tokenizers.byte_level_bpe import (
    ByteLevelBPE,
    encode_texts,
    token_bytes,
)
from kerasnlp_tutorial.tokenizers.hugging_face_tokenizer import HuggingFaceTokenizer
from kerasnlp_tutorial.tokenizers.korean_bert_tokenizer import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.spaces import split_trailing_space
from kerasnlp_tutorial.tokenizers.unknown_tokens import (
    check_known,
    report_unknown,
    unknown_token_id,
    warn_of_unknown,
)
from kerasnlp_tutorial.tokenizers.vocabulary import save_wordpiece, train_wordpiece

__all__ = [
    "ByteLevelBPE",
    "HuggingFaceTokenizer",
    "KoreanBertTokenizer",
    "check_known",
    "encode_texts",
    "report_unknown",
    "save_wordpiece",
    "split_trailing_space",
    "token_bytes",
    "train_wordpiece",
    "unknown_token_id",
    "warn_of_unknown",
]
