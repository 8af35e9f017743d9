"""A BERT that points to the answer of a question in a passage."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.bert_question_answering_preprocessor import (
    BertQuestionAnsweringPreprocessor,
)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertQuestionAnswering(keras_nlp.models.Task):
    """A BERT with two scores for each token: an answer begins, or ends, here.

    Args:
        backbone: a `keras_nlp.models.BertBackbone`.
        preprocessor: a `BertQuestionAnsweringPreprocessor`, or None if the model is
            given features.
        dropout: rate between the backbone and the scores.

    The model takes `token_ids`, `segment_ids` and `padding_mask`, int32, (batch,
    tokens), or with a preprocessor a tuple of questions and passages, and returns
    logits, (batch, 2, tokens): of the start and of the end. Padding has a very low one.

    Examples:
    ```python
    model = BertQuestionAnswering(backbone, preprocessor)
    pairs = (questions, passages)
    model.fit(tf.data.Dataset.from_tensor_slices((pairs, spans)).batch(32))
    model.predict((["누가 이겼나?"], ["이순신이 이겼다"]))
    ```

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    backbone_cls = keras_nlp.models.BertBackbone
    preprocessor_cls = BertQuestionAnsweringPreprocessor

    def __init__(self, backbone, preprocessor=None, dropout=0.0, **kwargs):
        # === Layers ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.output_dropout = keras.layers.Dropout(
            dropout, dtype=backbone.dtype_policy, name="output_dropout"
        )
        self.output_dense = keras.layers.Dense(
            2,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            dtype=backbone.dtype_policy,
            name="logits",
        )

        # === Functional Model ===
        inputs = backbone.input
        x = backbone.output["sequence_output"]
        x = self.output_dense(self.output_dropout(x))
        x = keras.ops.transpose(x, (0, 2, 1))
        mask = keras.ops.expand_dims(inputs["padding_mask"], 1)
        outputs = x + 1e4 * (keras.ops.cast(mask, x.dtype) - 1)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.dropout = dropout

    def compile(
        self,
        optimizer="auto",
        loss="auto",
        *,
        metrics="auto",
        **kwargs,
    ):
        """Compile the model; `auto` is Adam at 5e-5, cross-entropy and accuracy.

        The loss is the mean of that of starts and that of ends, as in BERT.
        """
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(5e-5)
        if loss == "auto":
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if metrics == "auto":
            metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def get_config(self):
        config = super().get_config()
        config.update({"dropout": self.dropout})
        return config
