"""BERT with an extractive question answering head."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.bert_question_answering_preprocessor import (
    BertQuestionAnsweringPreprocessor,
)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertQuestionAnswering(keras_nlp.models.Task):
    """An end-to-end BERT model for extractive question answering.

    The model puts a dense layer on the output vector of each token of a
    `keras_nlp.models.BertBackbone`. It has two outputs for each token: the logit that
    the answer starts there, and the logit that it ends there. The logits of padding
    are about -1e4.

    With a `preprocessor`, `fit()`, `predict()` and `evaluate()` take a tuple of
    questions and passages. Without one, they take preprocessed inputs. A long passage
    is split into several windows, each a row of the batch, so `predict()` can return
    more rows than there are questions.

    Args:
        backbone: A `keras_nlp.models.BertBackbone`.
        preprocessor: A `BertQuestionAnsweringPreprocessor` or `None`. If `None`, inputs
            must be preprocessed.
        dropout: float. Dropout rate between the backbone and the dense layer.
        **kwargs: Keyword arguments of `keras_nlp.models.Task`.

    Call arguments:
        inputs: A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of
            dtype int32 and shape `(batch, tokens)`.

    Returns (of a call):
        Logits of shape `(batch, 2, tokens)`: of the start and of the end.

    Examples:

    Raw text, with a custom backbone and vocabulary.
    ```python
    import keras_nlp
    import numpy as np
    import tensorflow as tf

    from kerasnlp_tutorial.models import (
        BertQuestionAnswering,
        BertQuestionAnsweringPreprocessor,
        KoreanBertTokenizer,
    )

    questions = ["누가 이겼나?", "어디에서 이겼나?"]
    passages = ["이순신이 바다에서 이겼다"] * 2
    # Start and end of each answer, in characters of the passage.
    spans = np.array([[0, 3], [5, 7]])

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "누가", "어디", "?"]
    vocabulary += ["이순", "##신", "##이", "바다", "##에서", "이겼", "##나", "##다"]
    preprocessor = BertQuestionAnsweringPreprocessor(
        KoreanBertTokenizer(vocabulary),
        sequence_length=16,
        doc_stride=4,
        max_query_length=6,
    )
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=16,
    )
    model = BertQuestionAnswering(backbone, preprocessor)
    pairs = (questions, passages)
    model.fit(tf.data.Dataset.from_tensor_slices((pairs, spans)).batch(2))
    model.predict(pairs)  # (2, 2, 16)
    ```

    Preprocessed integer data.
    ```python
    features = {
        "token_ids": np.array([[2, 5, 13, 14, 3, 8, 9, 10, 13, 15, 3, 0]]),
        "segment_ids": np.array([[0] * 5 + [1] * 6 + [0]]),
        "padding_mask": np.array([[1] * 11 + [0]]),
    }
    # Positions of the first and the last token of the answer.
    targets = np.array([[5, 6]])

    model = BertQuestionAnswering(backbone)
    model.fit(features, targets)
    ```

    Pretrained backbone and tokenizer.
    ```python
    from kerasnlp_tutorial.checkpoints import preset_folder

    preset = str(preset_folder("bert_mini_ko"))
    preprocessor = BertQuestionAnsweringPreprocessor(
        KoreanBertTokenizer.from_preset(preset),
        sequence_length=128,
        doc_stride=48,
        max_query_length=32,
    )
    model = BertQuestionAnswering(
        keras_nlp.models.BertBackbone.from_preset(preset), preprocessor
    )
    model.backbone.trainable = False
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
        """Configure the model for training.

        Args:
            optimizer: A Keras optimizer. `"auto"` is Adam with a learning rate of 5e-5.
            loss: A Keras loss. `"auto"` is sparse categorical cross-entropy on logits,
                the mean of start and end as in BERT.
            metrics: A list of Keras metrics. `"auto"` is the sparse categorical
                accuracy.
            **kwargs: Keyword arguments of `keras.Model.compile`.
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
