"""A BERT that gives each token a class."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.bert_token_classifier_preprocessor import (
    BertTokenClassifierPreprocessor,
)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertTokenClassifier(keras_nlp.models.Task):
    """A BERT with a classifier on the vector of each token.

    Args:
        backbone: a `keras_nlp.models.BertBackbone`.
        num_classes: tags, `O` included.
        preprocessor: a `BertTokenClassifierPreprocessor`, or None if the model is given
            features.
        dropout: rate between the backbone and the classifier.

    The model takes `token_ids`, `segment_ids` and `padding_mask`, int32, (batch,
    tokens), or with a preprocessor texts, and returns logits, (batch, tokens,
    num_classes).

    Examples:
    ```python
    model = BertTokenClassifier(backbone, len(preprocessor.tags), preprocessor)
    model.fit(tf.data.Dataset.from_tensor_slices((texts, spans)).batch(32))
    model.predict(["이순신은 한산도에 있었다"])
    ```

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    backbone_cls = keras_nlp.models.BertBackbone
    preprocessor_cls = BertTokenClassifierPreprocessor

    def __init__(self, backbone, num_classes, preprocessor=None, dropout=0.1, **kwargs):
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.output_dropout = keras.layers.Dropout(
            dropout, dtype=backbone.dtype_policy, name="output_dropout"
        )
        self.output_dense = keras.layers.Dense(
            num_classes,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            dtype=backbone.dtype_policy,
            name="logits",
        )

        # === Functional Model ===
        inputs = backbone.input
        x = backbone.output["sequence_output"]
        outputs = self.output_dense(self.output_dropout(x))
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.num_classes = num_classes
        self.dropout = dropout

    def compile(
        self,
        optimizer="auto",
        loss="auto",
        *,
        weighted_metrics="auto",
        **kwargs,
    ):
        """Compile the model; `auto` is Adam at 5e-5, cross-entropy and accuracy."""
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        if loss == "auto":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if weighted_metrics == "auto":
            weighted_metrics = [
                keras.metrics.SparseCategoricalAccuracy(name="accuracy")
            ]
        super().compile(
            optimizer=optimizer,
            loss=loss,
            weighted_metrics=weighted_metrics,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        config.update({"num_classes": self.num_classes, "dropout": self.dropout})
        return config
