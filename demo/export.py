"""Writes a checkpoint as a GGUF file: matrices Q8_0, norms F32.

    python3 demo/export.py --checkpoint /tmp/demo/checkpoint.pt --output demo/twinbolt-demo.gguf
"""

import argparse
import struct

import numpy
import torch

import train
import vocabulary

ALIGNMENT = 32
F32, Q8_0 = 0, 8
BLOCK = 32
PACKED = numpy.dtype([("d", "<f2"), ("q", "i1", BLOCK)])

# GGUF's metadata types, with their struct codes.
U32, F32_VALUE, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
CODES = {U32: "<I", I32: "<i", F32_VALUE: "<f", BOOL: "<?"}


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def scalar(kind, value):
    return string(value) if kind == STRING else struct.pack(CODES[kind], value)


def entry(key, kind, value):
    head = string(key)
    if not isinstance(value, list):
        return head + struct.pack("<I", kind) + scalar(kind, value)
    items = b"".join(scalar(kind, v) for v in value)
    return head + struct.pack("<IIQ", ARRAY, kind, len(value)) + items


def metadata(known):
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, "Twinbolt demo stories"),
        ("general.license", STRING, "MIT"),
        ("general.file_type", U32, 7),
        ("llama.vocab_size", U32, len(known.pieces)),
        ("llama.context_length", U32, train.CONTEXT),
        ("llama.embedding_length", U32, train.DIM),
        ("llama.block_count", U32, train.LAYERS),
        ("llama.feed_forward_length", U32, train.FF),
        ("llama.attention.head_count", U32, train.HEADS),
        ("llama.attention.head_count_kv", U32, train.KV_HEADS),
        ("llama.attention.layer_norm_rms_epsilon", F32_VALUE, train.EPSILON),
        ("llama.rope.dimension_count", U32, train.HEAD_DIM),
        ("llama.rope.freq_base", F32_VALUE, train.ROPE_BASE),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", STRING, known.pieces),
        ("tokenizer.ggml.scores", F32_VALUE, known.scores),
        ("tokenizer.ggml.token_type", I32, known.types),
        ("tokenizer.ggml.unknown_token_id", U32, 0),
        ("tokenizer.ggml.bos_token_id", U32, vocabulary.BOS),
        ("tokenizer.ggml.eos_token_id", U32, vocabulary.EOS),
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.ggml.add_space_prefix", BOOL, True),
    ]


def q8_0(matrix):
    """Blocks of 32 weights: an F16 scale d = max|x| / 127, then round(x / d) as bytes."""
    blocks = matrix.astype(numpy.float32).reshape(-1, BLOCK)
    scale = numpy.abs(blocks).max(1, keepdims=True) / 127
    inverse = numpy.divide(1, scale, out=numpy.zeros_like(scale), where=scale > 0)
    packed = numpy.empty(len(blocks), dtype=PACKED)
    packed["d"] = scale[:, 0]
    packed["q"] = numpy.rint(blocks * inverse)
    return packed.tobytes()


def padded(data):
    return data + bytes(-len(data) % ALIGNMENT)


def gguf(weights):
    known = vocabulary.vocabulary()
    entries = [entry(*e) for e in metadata(known)]
    infos, body = [], b""
    for name, shape in train.shapes(len(known.pieces)).items():
        array = weights[name].numpy()
        assert array.shape == shape, f"{name} is {array.shape}, not {shape}"
        kind = F32 if len(shape) == 1 else Q8_0
        data = array.astype("<f4").tobytes() if kind == F32 else q8_0(array)
        sizes = struct.pack(f"<{len(shape)}Q", *reversed(shape))
        infos.append(string(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", kind, len(body)))
        body += padded(data)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(entries))
    return padded(head + b"".join(entries) + b"".join(infos)) + body


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    data = gguf(torch.load(options.checkpoint))
    with open(options.output, "wb") as file:
        file.write(data)
    print(f"{options.output}: {len(data)} bytes")


if __name__ == "__main__":
    main()
