"""A frozen language model that answers with words, steered by learnt vectors."""

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
    """Learnt vectors in front of each sequence's embeddings.

    Args:
        length: number of vectors.
        **kwargs: of a Keras layer.

    Call arguments:
        inputs: embeddings, (batch, tokens, hidden).

    Returns (of a call):
        (batch, length + tokens, hidden).
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
    """Classifies by the word that a frozen language model would say.

    A text and its surroundings (see `PromptTunedTextClassifierPreprocessor`) go through
    the model with learnt vectors in front. BERT fills the `[MASK]`, GPT-2 says the next
    token; the logits of one token for each class are the logits of the classes. Only
    the vectors are learnt (Lester et al., 2021, https://arxiv.org/abs/2104.08691).

    Args:
        language_model: a `BertMaskedLM` or a `GPT2CausalLM`; it is frozen.
        preprocessor: a `PromptTunedTextClassifierPreprocessor`, or None.
        label_ids: token id for each class, all different.
        prompt_length: number of learnt vectors.
        initial_ids: ids of tokens whose embeddings the vectors are at first, repeated
            as often as needed; None for random vectors.
        base: name of the language model's preset, which a saved prompt refers to.
        mask_token_id: of BERT's `[MASK]`; None for that of its tokenizer.
        **kwargs: those of a `keras_nlp.models.Task`.

    Call arguments:
        inputs: `token_ids`, `padding_mask`, and for BERT `segment_ids`, int32,
            (batch, tokens).

    Returns (of a call):
        Logits, (batch, classes).

    Raises:
        ValueError: the model is of another class, or two classes share a token.
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
        if mask_token_id is None and self._fills_gaps:
            mask_token_id = language_model.preprocessor.tokenizer.mask_token_id
        self.mask_token_id = mask_token_id

        # === Functional Model ===
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in self.backbone.input
        }
        outputs = self._answers(inputs)
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

    def _answers(self, inputs):
        """Return the logits of all tokens where the answer is, (batch, vocabulary)."""
        backbone = self.backbone
        x = self.soft_prompt(backbone.token_embedding(inputs["token_ids"]))
        mask = self._widened(inputs["padding_mask"], 1)
        parts = [x, backbone.position_embedding(x)]
        if self._fills_gaps:
            segments = self._widened(inputs["segment_ids"], 0)
            parts.append(backbone.segment_embedding(segments))
            x = backbone.embeddings_layer_norm(backbone.embeddings_add(parts))
            for layer in backbone.transformer_layers:
                x = layer(x, padding_mask=mask)
            gaps = ops.equal(inputs["token_ids"], self.mask_token_id)
            place = ops.argmax(gaps, axis=1)
            place = ops.cast(place, "int32")[:, None] + self.soft_prompt.length
            return self.language_model.masked_lm_head(x, place)[:, 0]
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
    def _fills_gaps(self):
        return isinstance(self.language_model, keras_nlp.models.BertMaskedLM)

    def _widened(self, values, filler):
        """Put a value in front of each sequence for every vector of the prompt."""
        return ops.pad(
            values, ((0, 0), (self.soft_prompt.length, 0)), constant_values=filler
        )

    @property
    def prompt(self) -> np.ndarray:
        """The learnt vectors, float32, (prompt_length, hidden)."""
        return ops.convert_to_numpy(self.soft_prompt.vectors)

    @prompt.setter
    def prompt(self, vectors: np.ndarray) -> None:
        self.soft_prompt.vectors.assign(vectors)

    def save_to_preset(self, preset_dir, max_shard_size=10):
        """Write the learnt vectors, and what they belong to, as one small file.

        `kerasnlp_tutorial.checkpoints.load_prompt` opens it. The language model is
        not written; it is found by its name, `base`.
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
        # One tokenizer, as it was: its vocabulary is stored once.
        if config["preprocessor"] is not None:
            tokenizer = config["language_model"].preprocessor.tokenizer
            config["preprocessor"].tokenizer = tokenizer
        return cls(**config)
