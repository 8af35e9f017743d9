"""A masked language model on a `FlexibleBertBackbone`."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.flexible_bert_backbone import activation_function


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class FlexibleBertMaskedLM(keras_nlp.models.BertMaskedLM):
    """A `keras_nlp.models.BertMaskedLM` whose head is as its backbone's layers.

    Published checkpoints use the same activation and epsilon in the head;
    `BertMaskedLM` has its own.

    Args:
        backbone: a `FlexibleBertBackbone`.
        preprocessor: a `keras_nlp.models.BertMaskedLMPreprocessor`, or None.
        **kwargs: those of `BertMaskedLM`.
    """

    def __init__(self, backbone, preprocessor=None, **kwargs):
        super().__init__(backbone, preprocessor, **kwargs)
        head, function = self.masked_lm_head, activation_function(backbone.activation)
        head.intermediate_activation = function
        head.layer_norm_epsilon = backbone.layer_norm_epsilon
        head._intermediate_dense.activation = function
        head._intermediate_layer_norm.epsilon = backbone.layer_norm_epsilon
