"""Models and preprocessors that KerasNLP does not have.

Importing this package registers every class that a saved preset can refer to, so that
`from_preset` of KerasNLP opens the models that the chapters save.
"""

from kerasnlp_tutorial.models.bert_pair_classifier_preprocessor import (
    BertPairClassifierPreprocessor,
)
from kerasnlp_tutorial.models.bert_question_answering import BertQuestionAnswering
from kerasnlp_tutorial.models.bert_question_answering_preprocessor import (
    BertQuestionAnsweringPreprocessor,
)
from kerasnlp_tutorial.models.bert_token_classifier import BertTokenClassifier
from kerasnlp_tutorial.models.bert_token_classifier_preprocessor import (
    BertTokenClassifierPreprocessor,
)
from kerasnlp_tutorial.models.flexible_bert_backbone import FlexibleBertBackbone
from kerasnlp_tutorial.models.flexible_bert_masked_lm import FlexibleBertMaskedLM
from kerasnlp_tutorial.models.prompt_tuned_text_classifier import (
    PromptTunedTextClassifier,
)
from kerasnlp_tutorial.models.prompt_tuned_text_classifier_preprocessor import (
    PromptTunedTextClassifierPreprocessor,
)
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer

__all__ = [
    "BertPairClassifierPreprocessor",
    "BertQuestionAnswering",
    "BertQuestionAnsweringPreprocessor",
    "BertTokenClassifier",
    "BertTokenClassifierPreprocessor",
    "FlexibleBertBackbone",
    "FlexibleBertMaskedLM",
    "HuggingFaceTokenizer",
    "KoreanBertTokenizer",
    "PromptTunedTextClassifier",
    "PromptTunedTextClassifierPreprocessor",
]
