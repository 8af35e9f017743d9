"""A BERT backbone with configurable activation and layer normalization epsilon."""

from typing import Any

import keras
import keras_nlp

_Metaclass: Any = type(keras_nlp.models.BertBackbone)


class _EqualToBertBackbone(_Metaclass):
    """Metaclass that makes a class equal to `BertBackbone`.

    KerasNLP's `from_preset` compares the backbone class of a preset with `==`, not
    with `issubclass`. Equality lets every BERT task and tokenizer open presets of
    this package.
    """

    def __eq__(cls, other):
        return other is keras_nlp.models.BertBackbone or super().__eq__(other)

    __hash__ = type.__hash__


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class FlexibleBertBackbone(
    keras_nlp.models.BertBackbone, metaclass=_EqualToBertBackbone
):
    """A BERT backbone with configurable activation and layer normalization epsilon.

    `keras_nlp.models.BertBackbone` always uses the tanh approximation of GELU. Most
    published checkpoints were trained with the exact GELU (`hidden_act: gelu`); with
    the approximation, their outputs change by about 1e-3. `save_to_preset()` and
    `.keras` files store both arguments.

    Args:
        activation: string. Activation of the feed-forward layers: the name of a Keras
            activation, such as `"gelu"` (exact) or `"relu"`, or `"gelu_new"` (the tanh
            approximation of GELU).
        layer_norm_epsilon: float. Epsilon of all layer normalization layers.
        **kwargs: Keyword arguments of `keras_nlp.models.BertBackbone`.

    Call arguments:
        inputs: A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of
            dtype int32 and shape `(batch, tokens)`.

    Returns (of a call):
        A dictionary of `sequence_output`, of shape `(batch, tokens, hidden_dim)`, and
        `pooled_output`, of shape `(batch, hidden_dim)`.

    Examples:

    Custom backbone with random weights.
    ```python
    import numpy as np

    from kerasnlp_tutorial.models import FlexibleBertBackbone

    backbone = FlexibleBertBackbone(
        activation="gelu",
        layer_norm_epsilon=1e-12,
        vocabulary_size=100,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=12,
    )
    outputs = backbone(
        {
            "token_ids": np.ones((1, 12), "int32"),
            "segment_ids": np.zeros((1, 12), "int32"),
            "padding_mask": np.array([[1] * 10 + [0] * 2]),
        }
    )
    outputs["sequence_output"]  # (1, 12, 16)
    ```

    Text classification with classes of KerasNLP, on raw text.
    ```python
    import keras_nlp

    from kerasnlp_tutorial.models import KoreanBertTokenizer

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "재미", "##있다"]
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
        KoreanBertTokenizer(vocabulary), sequence_length=12
    )
    classifier = keras_nlp.models.BertTextClassifier(
        backbone, num_classes=2, preprocessor=preprocessor
    )
    classifier.fit(["재미있다", "재미없다"], np.array([1, 0]), batch_size=2)
    ```

    Preprocessed integer data.
    ```python
    features = preprocessor(["재미있다", "재미없다"])
    classifier = keras_nlp.models.BertTextClassifier(backbone, num_classes=2)
    classifier.fit(features, np.array([1, 0]), batch_size=2)
    ```

    Reference:
        [Hendrycks and Gimpel, 2016](https://arxiv.org/abs/1606.08415)
    """

    def __init__(self, activation="gelu", layer_norm_epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.activation = activation
        self.layer_norm_epsilon = layer_norm_epsilon
        function = activation_function(activation)
        self.embeddings_layer_norm.epsilon = layer_norm_epsilon
        for layer in self.transformer_layers:
            layer.activation = function
            layer.layer_norm_epsilon = layer_norm_epsilon
            layer._feedforward_intermediate_dense.activation = function
            layer._self_attention_layer_norm.epsilon = layer_norm_epsilon
            layer._feedforward_layer_norm.epsilon = layer_norm_epsilon

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "activation": self.activation,
                "layer_norm_epsilon": self.layer_norm_epsilon,
            }
        )
        return config


def activation_function(name: str):
    """Return the activation function of a name, as checkpoints use it.

    Args:
        name: string. `"gelu_new"`, or the name of a Keras activation.
    """
    if name == "gelu_new":
        return gelu_new
    return keras.activations.get(name)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
def gelu_new(x):
    """Return the tanh approximation of GELU."""
    return keras.activations.gelu(x, approximate=True)
