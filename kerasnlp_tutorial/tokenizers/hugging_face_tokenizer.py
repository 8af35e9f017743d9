"""A KerasNLP tokenizer for any `tokenizer.json`."""

import json
from pathlib import Path
from typing import Any

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from tokenizers import Encoding, Tokenizer

_FILE = "tokenizer.json"


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class HuggingFaceTokenizer(keras_nlp.tokenizers.Tokenizer):
    """A KerasNLP tokenizer that runs a tokenizer of Hugging Face's `tokenizers`.

    It gives the ids that a checkpoint was trained with, even if KerasNLP has no class
    for its tokenizer, such as the character BPE of KoGPT2. It does not add special
    tokens; preprocessors do.

    The layer works eagerly and inside `tf.data`. It calls Python, so a graph with it
    cannot be exported.

    Args:
        tokenizer: string. Content or path of a `tokenizer.json`; `None` if assets are
            loaded later.
        special_tokens: dictionary. KerasNLP's names of special tokens, such as
            `{"cls_token": "[CLS]"}`. Token and id become attributes, such as
            `cls_token` and `cls_token_id`.
        **kwargs: `name` and `dtype` (an integer type) of the layer.

    Call arguments:
        inputs: a string, or a list or tensor of strings, shape (batch,).

    Returns (of a call):
        int32 ids. Inside `tf.data`: shape (tokens,) or ragged (batch, tokens).
        Eagerly: a NumPy array (tokens,) or a list of lists.

    Raises:
        ValueError: a special token is not in the vocabulary.

    Examples:
    ```python
    tokenizer = HuggingFaceTokenizer(
        "tokenizer.json", {"start_token": "</s>", "end_token": "</s>"}
    )
    tokenizer(["영화가 좋다"])
    ```
    """

    backbone_cls = None

    def __init__(self, tokenizer=None, special_tokens=None, **kwargs):
        kwargs.setdefault("dtype", "int32")
        super().__init__(**kwargs)
        self.file_assets = [_FILE]
        self._special_token_names = dict(special_tokens or {})
        self._tokenizer = None
        if tokenizer is not None:
            text = str(tokenizer)
            if not text.lstrip().startswith("{"):
                text = Path(tokenizer).read_text(encoding="utf-8")
            self._set(Tokenizer.from_str(text))

    def _set(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        for name, token in self._special_token_names.items():
            if tokenizer.token_to_id(token) is None:
                raise ValueError(
                    f"{name} must be in the vocabulary; received {token!r}"
                )
            self._add_special_token(token, name)

    def save_assets(self, dir_path):
        """Write the `tokenizer.json` to a folder."""
        (Path(dir_path) / _FILE).write_text(self.to_json(), encoding="utf-8")

    def load_assets(self, dir_path):
        """Read the `tokenizer.json` from a folder."""
        self._set(Tokenizer.from_file(str(Path(dir_path) / _FILE)))

    def to_json(self) -> str:
        """Return the content of the `tokenizer.json`."""
        return self._tokenizer.to_str()

    @property
    def unknown_token_id(self) -> int | None:
        """Id of the unknown token; None if the tokenizer has none."""
        model = json.loads(self.to_json())["model"]
        if model["type"] == "Unigram":
            return model["unk_id"]
        token = model.get("unk_token")
        return None if token is None else self._tokenizer.token_to_id(token)

    def vocabulary_size(self):
        """Return the number of ids, including unused ones."""
        return max(self._tokenizer.get_vocab().values()) + 1

    def get_vocabulary(self):
        """Return the tokens in the order of their ids; None for unused ids."""
        tokens = [None] * self.vocabulary_size()
        for token, id in self._tokenizer.get_vocab().items():
            tokens[id] = token
        return tokens

    def id_to_token(self, id):
        """Return the token of an id.

        Raises:
            ValueError: no token has the id.
        """
        token = self._tokenizer.id_to_token(int(id))
        if token is None:
            raise ValueError(f"no token has the id {id}")
        return token

    def token_to_id(self, token):
        """Return the id of a token.

        Raises:
            ValueError: the token is not in the vocabulary.
        """
        id = self._tokenizer.token_to_id(token)
        if id is None:
            raise ValueError(f"{token!r} is not in the vocabulary")
        return id

    def tokenize(self, inputs):
        """Return the ids of a text or of a batch, as in a call of the layer."""
        if tf.executing_eagerly():
            texts = _strings(inputs)
            ids = self._ids(texts if isinstance(texts, list) else [texts])
            if isinstance(texts, list):
                listed = [row.tolist() for row in ids]
                # Older KerasNLP expects tensors and converts them itself.
                if hasattr(self, "_use_tf_workflow"):
                    return listed
                return tf.ragged.constant(listed, dtype="int32", ragged_rank=1)
            if hasattr(self, "_use_tf_workflow"):
                return ids[0]
            return tf.constant(ids[0])
        texts = tf.convert_to_tensor(inputs, tf.string)
        ids, _, _ = self.tokenize_with_offsets(tf.reshape(texts, [-1]))
        return ids.values if texts.shape.rank == 0 else ids

    def tokenize_with_offsets(
        self, inputs
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
        """Return the ids of a batch and the character positions of the tokens.

        Args:
            inputs: list or tensor of strings, (batch,).

        Returns:
            ids, starts and ends (exclusive), int32, each ragged, (batch, tokens).
            Starts and ends are positions in the original text, in characters.
        """

        def encode(texts: np.ndarray) -> tuple[np.ndarray, ...]:
            rows = self._encode([text.decode("utf-8", "replace") for text in texts])
            offsets = [pair for row in rows for pair in row.offsets]
            starts, ends = np.array(offsets, "int32").reshape(-1, 2).T
            ids = np.concatenate([np.zeros(0, "int32"), *(row.ids for row in rows)])
            lengths = np.array([len(row.ids) for row in rows], "int64")
            return ids.astype("int32"), starts, ends, lengths

        with tf.device("cpu"):
            texts = tf.convert_to_tensor(inputs, tf.string)
            types = ["int32", "int32", "int32", "int64"]
            *flat, lengths = tf.numpy_function(encode, [texts], types)
            lengths.set_shape([texts.shape[0]])
            for part in flat:
                part.set_shape([None])
            return tuple(tf.RaggedTensor.from_row_lengths(x, lengths) for x in flat)

    def _encode(self, texts: list[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(texts, add_special_tokens=False)

    def _ids(self, texts: list[str]) -> list[np.ndarray]:
        return [np.array(row.ids, "int32") for row in self._encode(texts)]

    def detokenize(self, inputs):
        """Return the text for ids of shape (tokens,), or each text of a batch."""
        rows = inputs.to_list() if hasattr(inputs, "to_list") else inputs
        rows = [np.asarray(row).tolist() for row in rows]
        if rows and isinstance(rows[0], list):
            text = self._tokenizer.decode_batch(rows, skip_special_tokens=False)
        else:
            text = self._tokenizer.decode(rows, skip_special_tokens=False)
        return text if hasattr(self, "_use_tf_workflow") else tf.constant(text)

    def get_config(self):
        config = super().get_config()
        config["special_tokens"] = self._special_token_names
        return config


def _strings(inputs: Any) -> Any:
    """Return a string, or a list of strings, for strings or bytes of any container."""
    if isinstance(inputs, str):
        return inputs
    values = np.asarray(inputs)
    if values.ndim == 0:
        value = values.item()
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return [_strings(value) for value in values.tolist()]
