"""BERT with a token classification head."""

import keras
import keras_nlp

from kerasnlp_tutorial.models.bert_token_classifier_preprocessor import (
    BertTokenClassifierPreprocessor,
)


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertTokenClassifier(keras_nlp.models.Task):
    """An end-to-end BERT model for token classification, such as NER.

    The model puts a dense layer on the output vector of each token of a
    `keras_nlp.models.BertBackbone`.

    With a `preprocessor`, `fit()`, `predict()` and `evaluate()` take raw text. Without
    one, they take preprocessed inputs.

    Args:
        backbone: A `keras_nlp.models.BertBackbone`.
        num_classes: int. Number of tags, `O` included.
        preprocessor: A `BertTokenClassifierPreprocessor` or `None`. If `None`, inputs
            must be preprocessed.
        dropout: float. Dropout rate between the backbone and the dense layer.
        **kwargs: Keyword arguments of `keras_nlp.models.Task`.

    Call arguments:
        inputs: A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of
            dtype int32 and shape `(batch, tokens)`.

    Returns (of a call):
        Logits of shape `(batch, tokens, num_classes)`.

    Examples:

    Raw text, with a custom backbone and vocabulary.
    ```python
    import keras_nlp
    import numpy as np
    import tensorflow as tf

    from kerasnlp_tutorial.models import (
        BertTokenClassifier,
        BertTokenClassifierPreprocessor,
        KoreanBertTokenizer,
    )

    texts = ["이순신은 서울에 갔다", "서울에 갔다"]
    # Start, end and label index of each entity.
    spans = tf.ragged.constant([[[0, 3, 0], [5, 7, 1]], [[0, 2, 1]]], ragged_rank=1)

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["이순", "##신", "##은", "서울", "##에", "갔다"]
    preprocessor = BertTokenClassifierPreprocessor(
        KoreanBertTokenizer(vocabulary), labels=["PER", "LOC"], sequence_length=12
    )
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=12,
    )
    classifier = BertTokenClassifier(
        backbone, num_classes=len(preprocessor.tags), preprocessor=preprocessor
    )
    classifier.fit(tf.data.Dataset.from_tensor_slices((texts, spans)).batch(2))
    classifier.predict(["이순신은 갔다"])  # (1, 12, 5)
    ```

    Preprocessed integer data.
    ```python
    features = {
        "token_ids": np.array([[2, 5, 6, 7, 8, 9, 10, 3, 0, 0, 0, 0]] * 2),
        "segment_ids": np.zeros((2, 12), "int32"),
        "padding_mask": np.array([[1] * 8 + [0] * 4] * 2),
    }
    tags = np.array([[0, 1, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0]] * 2)
    weights = np.array([[0] + [1] * 6 + [0] * 5] * 2)

    classifier = BertTokenClassifier(backbone, num_classes=5)
    classifier.fit(features, tags, sample_weight=weights, batch_size=2)
    ```

    Pretrained backbone and tokenizer.
    ```python
    from kerasnlp_tutorial.checkpoints import preset_folder

    preset = str(preset_folder("bert_mini_ko"))
    preprocessor = BertTokenClassifierPreprocessor(
        KoreanBertTokenizer.from_preset(preset), labels=["PER", "LOC"]
    )
    classifier = BertTokenClassifier(
        keras_nlp.models.BertBackbone.from_preset(preset),
        num_classes=len(preprocessor.tags),
        preprocessor=preprocessor,
    )
    classifier.backbone.trainable = False
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
        """Configure the model for training.

        Args:
            optimizer: A Keras optimizer. `"auto"` is Adam with a learning rate of 5e-5.
            loss: A Keras loss. `"auto"` is sparse categorical cross-entropy on logits.
            weighted_metrics: Metrics that apply the token weights. `"auto"` is the
                sparse categorical accuracy.
            **kwargs: Keyword arguments of `keras.Model.compile`.
        """
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
