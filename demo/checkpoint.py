"""Reads the GGUF file that export.py wrote back into a checkpoint, to train it further.

    python3 demo/checkpoint.py --model demo/twinbolt-demo.gguf --output /tmp/demo/shipped.pt
"""

import argparse
import pathlib

import numpy
import torch

import export
import train
import vocabulary


def size(shape):
    """Bytes of a tensor of this shape as export.py stores it, padding included."""
    count = int(numpy.prod(shape))
    stored = count * 4 if len(shape) == 1 else count // export.BLOCK * export.PACKED.itemsize
    return stored + -stored % export.ALIGNMENT


def weights(data):
    """The tensors of the file: they are its last bytes, in the order of train.shapes."""
    shapes = train.shapes(len(vocabulary.vocabulary().pieces))
    offset = len(data) - sum(map(size, shapes.values()))
    found = {}
    for name, shape in shapes.items():
        count = int(numpy.prod(shape))
        if len(shape) == 1:
            array = numpy.frombuffer(data, "<f4", count, offset)
        else:
            blocks = numpy.frombuffer(data, export.PACKED, count // export.BLOCK, offset)
            array = blocks["d"].astype(numpy.float32)[:, None] * blocks["q"]
        found[name] = torch.tensor(array.reshape(shape), dtype=torch.float32)
        offset += size(shape)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    found = weights(pathlib.Path(options.model).read_bytes())
    torch.save(found, options.output)
    print(f"{options.output}: {len(found)} tensors")


if __name__ == "__main__":
    main()
