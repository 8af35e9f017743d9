"""Text classification by prompt tuning of a frozen language model."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import keras_nlp
import numpy as np
from keras import ops
from safetensors.numpy import save_file

PROMPT_FILE = "prompt.safetensors"


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class SoftPrompt(keras.layers.Layer):
    """A layer that prepends trainable vectors to the embeddings of each sequence.

    Args:
        length: int. Number of vectors.
        **kwargs: Keyword arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Embeddings of shape `(batch, tokens, hidden_dim)`.

    Returns (of a call):
        A tensor of shape `(batch, length + tokens, hidden_dim)`.

    Examples:

    ```python
    import numpy as np

    from kerasnlp_tutorial.models.prompt_tuned_text_classifier import SoftPrompt

    soft_prompt = SoftPrompt(length=4)
    soft_prompt(np.zeros((2, 10, 16), "float32"))  # (2, 14, 16)
    ```

    Reference:
        [Lester et al., 2021](https://arxiv.org/abs/2104.08691)
    """

    def __init__(self, length, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def build(self, input_shape):
        self.vectors = self.add_weight(
            shape=(self.length, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="vectors",
        )

    def call(self, inputs):
        shape = (ops.shape(inputs)[0], self.length, inputs.shape[-1])
        vectors = ops.cast(self.vectors, inputs.dtype)
        return ops.concatenate([ops.broadcast_to(vectors, shape), inputs], axis=1)

    def compute_output_shape(self, input_shape):
        batch, tokens, hidden = input_shape
        return (batch, tokens and self.length + tokens, hidden)

    def get_config(self):
        return super().get_config() | {"length": self.length}


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class PromptTunedTextClassifier(keras_nlp.models.Task):
    """A text classifier that tunes a soft prompt of a frozen language model.

    Each class has a label token. The classifier prepends trainable vectors (the soft
    prompt) to the embeddings of a text in its template (see
    `PromptTunedTextClassifierPreprocessor`). The language model predicts a token: BERT
    the one at `[MASK]`, GPT-2 the next one. The logits of the label tokens are the
    logits of the classes. Only the soft prompt is trained.

    With a `preprocessor`, `fit()`, `predict()` and `evaluate()` take raw text. Without
    one, they take preprocessed inputs.

    Args:
        language_model: A `keras_nlp.models.BertMaskedLM` or a
            `keras_nlp.models.GPT2CausalLM`. The classifier freezes it.
        preprocessor: A `PromptTunedTextClassifierPreprocessor` or `None`. If `None`,
            inputs must be preprocessed.
        label_ids: list of ints. The label token of each class, all different.
        prompt_length: int. Number of trainable vectors.
        initial_ids: list of ints or `None`. Token ids whose embeddings initialize the
            vectors, repeated as needed. If `None`, the vectors are random.
        base: string. Name of the preset of the language model. A saved prompt refers to
            it.
        mask_token_id: int or `None`. Id of `[MASK]`, for BERT only. If `None`, it is
            taken from the tokenizer of `language_model.preprocessor`.
        **kwargs: Keyword arguments of `keras_nlp.models.Task`.

    Call arguments:
        inputs: A dictionary of `token_ids`, `padding_mask`, and for BERT `segment_ids`,
            each of dtype int32 and shape `(batch, tokens)`.

    Returns (of a call):
        Logits of shape `(batch, classes)`.

    Raises:
        ValueError: If `language_model` has another class, or two classes have the same
            label token.

    Examples:

    Raw text, with a custom language model.
    ```python
    import keras
    import keras_nlp
    import numpy as np

    from kerasnlp_tutorial.models import (
        KoreanBertTokenizer,
        PromptTunedTextClassifier,
        PromptTunedTextClassifierPreprocessor,
    )

    texts = ["재미있다", "지루하다"]
    labels = np.array([1, 0])

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["재미", "##있다", "지루", "##하다", "최악", "최고"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
        max_sequence_length=16,
    )
    language_model = keras_nlp.models.BertMaskedLM(backbone)
    classifier = PromptTunedTextClassifier(
        language_model,
        PromptTunedTextClassifierPreprocessor(tokenizer, "[MASK] {text}", 12),
        label_ids=[tokenizer.token_to_id(token) for token in ("최악", "최고")],
        prompt_length=4,
        mask_token_id=tokenizer.mask_token_id,
    )
    classifier.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    classifier.fit(texts, labels, batch_size=2)
    classifier.predict(texts)  # (2, 2)
    ```

    Preprocessed integer data.
    ```python
    features = {
        "token_ids": np.array([[2, 4, 5, 6, 3, 0], [2, 4, 7, 8, 3, 0]]),
        "segment_ids": np.zeros((2, 6), "int32"),
        "padding_mask": np.array([[1, 1, 1, 1, 1, 0]] * 2),
    }
    classifier = PromptTunedTextClassifier(
        language_model, label_ids=[9, 10], prompt_length=4, mask_token_id=4
    )
    classifier.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    classifier.fit(features, labels, batch_size=2)
    ```

    Pretrained language model.
    ```python
    from kerasnlp_tutorial.checkpoints import new_prompt

    classifier = new_prompt(
        "bert_mini_ko",
        label_words=["최악", "최고"],
        prompt_length=4,
        initial_words="영화",
        sequence_length=32,
    )
    ```

    Reference:
        [Lester et al., 2021](https://arxiv.org/abs/2104.08691)
    """

    def __init__(
        self,
        language_model,
        preprocessor=None,
        label_ids: Sequence[int] = (),
        prompt_length: int = 20,
        initial_ids: Sequence[int] | None = None,
        base: str = "",
        mask_token_id: int | None = None,
        **kwargs,
    ):
        if len(set(label_ids)) < len(label_ids):
            raise ValueError(f"label_ids must be different; received {label_ids}")
        # === Layers ===
        self.language_model = language_model
        self.backbone = language_model.backbone
        self.preprocessor = preprocessor
        self.soft_prompt = SoftPrompt(prompt_length, name="soft_prompt")
        language_model.trainable = False
        if mask_token_id is None and self._is_masked_lm:
            mask_token_id = language_model.preprocessor.tokenizer.mask_token_id
        self.mask_token_id = mask_token_id

        # === Functional Model ===
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in self.backbone.input
        }
        outputs = self._token_logits(inputs)
        outputs = ops.take(outputs, np.array(label_ids, "int32"), axis=-1)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.label_ids = tuple(label_ids)
        self.prompt_length = prompt_length
        self.base = base
        if initial_ids is not None:
            table = ops.convert_to_numpy(self.backbone.token_embedding.embeddings)
            ids = np.resize(np.array(initial_ids), prompt_length)
            self.soft_prompt.vectors.assign(table[ids])

    def _token_logits(self, inputs):
        """Return the logits of the predicted token, (batch, vocabulary_size)."""
        backbone = self.backbone
        x = self.soft_prompt(backbone.token_embedding(inputs["token_ids"]))
        mask = self._pad_left(inputs["padding_mask"], 1)
        parts = [x, backbone.position_embedding(x)]
        if self._is_masked_lm:
            segments = self._pad_left(inputs["segment_ids"], 0)
            parts.append(backbone.segment_embedding(segments))
            x = backbone.embeddings_layer_norm(backbone.embeddings_add(parts))
            for layer in backbone.transformer_layers:
                x = layer(x, padding_mask=mask)
            is_mask = ops.equal(inputs["token_ids"], self.mask_token_id)
            position = ops.argmax(is_mask, axis=1)
            position = ops.cast(position, "int32")[:, None] + self.soft_prompt.length
            return self.language_model.masked_lm_head(x, position)[:, 0]
        if not isinstance(self.language_model, keras_nlp.models.GPT2CausalLM):
            raise ValueError(
                f"language_model must be a BertMaskedLM or a GPT2CausalLM; received a "
                f"{type(self.language_model).__name__}"
            )
        x = backbone.embeddings_add(parts)
        for layer in backbone.transformer_layers:
            x = layer(x, decoder_padding_mask=mask)
        last = ops.sum(mask, axis=1) - 1  # (batch,)
        x = ops.take_along_axis(backbone.layer_norm(x), last[:, None, None], axis=1)
        return backbone.token_embedding(x[:, 0], reverse=True)

    @property
    def _is_masked_lm(self):
        return isinstance(self.language_model, keras_nlp.models.BertMaskedLM)

    def _pad_left(self, values, constant):
        """Pad each sequence on the left by the length of the soft prompt."""
        return ops.pad(
            values, ((0, 0), (self.soft_prompt.length, 0)), constant_values=constant
        )

    @property
    def prompt(self) -> np.ndarray:
        """The vectors of the soft prompt, float32, (prompt_length, hidden_dim)."""
        return ops.convert_to_numpy(self.soft_prompt.vectors)

    @prompt.setter
    def prompt(self, vectors: np.ndarray) -> None:
        self.soft_prompt.vectors.assign(vectors)

    def save_to_preset(self, preset_dir, max_shard_size=10):
        """Save the soft prompt and its settings in one small file.

        The language model is not saved; the file refers to it by the name `base`. Load
        the file with `kerasnlp_tutorial.checkpoints.load_prompt`.

        Args:
            preset_dir: The directory to write to.
            max_shard_size: Ignored; the file has one shard.
        """
        folder = Path(preset_dir)
        folder.mkdir(parents=True, exist_ok=True)
        stored = {
            "base": self.base,
            "template": self.preprocessor.template,
            "sequence_length": self.preprocessor.sequence_length,
            "label_ids": [int(id) for id in self.label_ids],
        }
        save_file(
            {"prompt": self.prompt},
            folder / PROMPT_FILE,
            metadata={"config": json.dumps(stored, ensure_ascii=False)},
        )

    def get_config(self):
        return {
            "name": self.name,
            "language_model": keras.saving.serialize_keras_object(self.language_model),
            "preprocessor": keras.saving.serialize_keras_object(self.preprocessor),
            "label_ids": list(self.label_ids),
            "prompt_length": self.prompt_length,
            "base": self.base,
            "mask_token_id": self.mask_token_id,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for name in ("language_model", "preprocessor"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        # Only the language model's tokenizer is saved with its vocabulary.
        if config["preprocessor"] is not None:
            tokenizer = config["language_model"].preprocessor.tokenizer
            config["preprocessor"].tokenizer = tokenizer
        return cls(**config)
