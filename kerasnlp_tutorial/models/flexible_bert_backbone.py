"""A BERT whose activation and epsilon are those of the checkpoint."""

import keras
import keras_nlp


class _TakenForBert(type(keras_nlp.models.BertBackbone)):
    """Makes a class equal to `BertBackbone`.

    KerasNLP's `from_preset` compares a preset's backbone class with `==`, not
    `issubclass`; equality lets every BERT task and tokenizer open our presets.
    """

    def __eq__(cls, other):
        return other is keras_nlp.models.BertBackbone or super().__eq__(other)

    __hash__ = type.__hash__


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class FlexibleBertBackbone(keras_nlp.models.BertBackbone, metaclass=_TakenForBert):
    """A `keras_nlp.models.BertBackbone` with a choice of activation and epsilon.

    `BertBackbone` always computes GELU by its tanh approximation. Most published
    checkpoints were trained with the exact one (`hidden_act: gelu`), and differ by
    about 1e-3 if run with the other. Both arguments are kept by `save_to_preset` and
    `.keras` files.

    Args:
        activation: of the feed-forward layers, a name that Keras knows (`gelu`,
            `relu`), or `gelu_new`, the tanh approximation.
        layer_norm_epsilon: added to the variance in all layer normalisations.
        **kwargs: those of `BertBackbone`.

    Examples:
    ```python
    backbone = FlexibleBertBackbone(
        activation="gelu", layer_norm_epsilon=1e-12, vocabulary_size=32000,
        num_layers=12, num_heads=12, hidden_dim=768, intermediate_dim=3072,
    )
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
    """Return the function that checkpoints call by that name."""
    if name == "gelu_new":
        return gelu_new
    return keras.activations.get(name)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
def gelu_new(x):
    """Return GELU by its tanh approximation."""
    return keras.activations.gelu(x, approximate=True)
