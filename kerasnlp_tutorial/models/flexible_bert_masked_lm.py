"""A BERT masked language model whose head matches a `FlexibleBertBackbone`."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.flexible_bert_backbone import activation_function


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class FlexibleBertMaskedLM(keras_nlp.models.BertMaskedLM):
    """A BERT masked language model whose head matches its backbone.

    Published checkpoints use the activation and the layer normalization epsilon of the
    backbone in the head too; the head of `keras_nlp.models.BertMaskedLM` has fixed
    ones.

    Args:
        backbone: A `FlexibleBertBackbone`.
        preprocessor: A `keras_nlp.models.BertMaskedLMPreprocessor` or `None`. If
            `None`, inputs must be preprocessed.
        **kwargs: Keyword arguments of `keras_nlp.models.BertMaskedLM`.

    Call arguments:
        inputs: A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of
            dtype int32 and shape `(batch, tokens)`, and `mask_positions`, of dtype
            int32 and shape `(batch, masks)`.

    Returns (of a call):
        Logits of shape `(batch, masks, vocabulary_size)`.

    Examples:

    Raw text, with a custom backbone and vocabulary.
    ```python
    import keras_nlp
    import numpy as np

    from kerasnlp_tutorial.models import (
        FlexibleBertBackbone,
        FlexibleBertMaskedLM,
        KoreanBertTokenizer,
    )

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["배가", "산", "##에", "간다", "바다"]
    preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
        KoreanBertTokenizer(vocabulary), sequence_length=8, mask_selection_length=2
    )
    backbone = FlexibleBertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=8,
    )
    masked_lm = FlexibleBertMaskedLM(backbone, preprocessor)
    masked_lm.fit(["배가 산에 간다", "배가 바다에 간다"], batch_size=2)
    ```

    Preprocessed integer data.
    ```python
    features = {
        "token_ids": np.array([[2, 5, 4, 7, 8, 3, 0, 0]] * 2),
        "segment_ids": np.zeros((2, 8), "int32"),
        "padding_mask": np.array([[1, 1, 1, 1, 1, 1, 0, 0]] * 2),
        "mask_positions": np.array([[2]] * 2),
    }
    labels = np.array([[6], [9]])

    masked_lm = FlexibleBertMaskedLM(backbone)
    masked_lm.fit(features, labels, batch_size=2)
    ```

    Another activation in backbone and head.
    ```python
    config = backbone.get_config() | {"activation": "gelu_new"}
    masked_lm = FlexibleBertMaskedLM(FlexibleBertBackbone.from_config(config))
    ```

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    def __init__(self, backbone, preprocessor=None, **kwargs):
        super().__init__(backbone, preprocessor, **kwargs)
        head, activation = self.masked_lm_head, activation_function(backbone.activation)
        head.intermediate_activation = activation
        head.layer_norm_epsilon = backbone.layer_norm_epsilon
        head._intermediate_dense.activation = activation
        head._intermediate_layer_norm.epsilon = backbone.layer_norm_epsilon
