"""Read changed files under an audit hook: a script, as the hook can't be removed again.

    mutants.py PLUGIN FOLDER COUNT SEED

It makes a model file, a checkpoint, an IDX file and a gzip file, and reads COUNT changed ones of each; below 100, files
that would grow in memory are a tenth as large, too. Whatever is neither read nor refused with one of nnzoo's own errors
ends the script; so does a read that imports, executes, starts, connects to, writes or removes anything. It prints one
JSON object: how many of each were read and refused, and by how many bytes the memory of the process has grown.
"""

import gzip
import inspect
import json
import os
import random
import resource
import string
import struct
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from nnzoo.datafiles.idx import load_idx, unpack_gzip
from nnzoo.errors import NnzooError
from nnzoo.files import tensors as tensor_file
from nnzoo.model import DeepNeuralNetwork
from nnzoo.model.model_file import read_model
from nnzoo.plugins.registry import Registry
from nnzoo.runs.checkpoint import read_checkpoint, restore_checkpoint, save_checkpoint
from nnzoo.training.prepare import prepare_new
from nnzoo.training.recipe import resolve_recipe

MEBIBYTE = 1 << 20
HARMLESS = ("object.__getattr__", "sys._getframe")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Ends the process if anything is done, while it is on, that reading a file has no need of.

    What our own classes say of their fields is evaluated when it is shown in a message; nothing else may be.
    """

    def __init__(self, components):
        bases = {base for component in components for base in component.__mro__}
        self.on = False
        self._own = {str(text) for base in bases for text in inspect.get_annotations(base).values()}
        self._expected = False

    def __call__(self, event, arguments):
        if not self.on:
            return
        if event == "compile" and bytes(arguments[0] or b"").decode() in self._own:
            self._expected = True
        elif event == "exec" and self._expected:
            self._expected = False
        elif event not in HARMLESS and not (event == "open" and not arguments[2] & WRITING):
            os.write(2, f"{event} {arguments!r}\n".encode())
            os._exit(3)


def peak():
    """The most memory that the process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def blind(data, dice):
    """Bits flipped; bytes set, taken out, put in, moved; the end cut off."""
    mutant = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        place, length = dice.randrange(len(mutant)), dice.choice((1, 1, 2, 8, 64))
        match dice.randrange(6):
            case 0:
                mutant[place] ^= 1 << dice.randrange(8)
            case 1:
                mutant[place : place + length] = dice.randbytes(length)
            case 2:
                del mutant[place : place + length]
            case 3:
                mutant[place:place] = dice.randbytes(length)
            case 4:
                mutant[place : place + length] = mutant[: len(mutant) // 2][-length:]
            case 5:
                del mutant[max(1, place) :]
        mutant = mutant or bytearray(b"\0")
    return bytes(mutant)


def number(dice):
    return dice.choice((0, 1, -1, 3, 2**31, 2**63, 2**64, 10**18, 10**30, 0.5, 1e308, 1e-320, True))


def anything(dice, depth=2):
    """A value that is not expected there."""
    words = (
        "",
        "nnzoo/relu",
        "os.system",
        "nnzoo.builtin.models",
        "../../x",
        "a" * 1000,
        "\0",
        "\x1b[2J",
        "é",
        "mlp:hidden=9",
    )
    match dice.randrange(6 if depth else 4):
        case 0:
            return number(dice)
        case 1:
            return dice.choice(words)
        case 2:
            return None
        case 3:
            return "".join(dice.choices(string.printable, k=dice.randrange(20)))
        case 4:
            return [anything(dice, depth - 1) for _ in range(dice.randrange(4))]
    return {str(anything(dice, 0)): anything(dice, depth - 1) for _ in range(dice.randrange(4))}


def changed(value, dice):
    """A JSON value with one place in it changed."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        match dice.randrange(8):
            case 0:
                return {name: item for name, item in value.items() if name != key}
            case 1:
                return {**value, str(anything(dice, 0)): value[key]}
            case 2:
                return {**value, key: value[dice.choice(list(value))]}
        return {**value, key: changed(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.9:
        place = dice.randrange(len(value))
        return [*value[:place], changed(value[place], dice), *value[place + 1 :]]
    if isinstance(value, int | float) and dice.random() < 0.5:
        return dice.choice((number(dice), value + 1, -value, value * 2))
    return anything(dice)


def knowing(data, dice):
    """A file of the same make with other contents, and often with the SHA-256 that belongs to them."""
    length = int.from_bytes(data[:8], "little")
    header, values = json.loads(data[8 : 8 + length]), data[8 + length :]
    if dice.random() < 0.2:  # places and shapes that contradict the file
        text = json.dumps(changed(header, dice)).encode()
        return len(text).to_bytes(8, "little") + text + values
    metadata = header["__metadata__"]
    path = Path("original")
    path.write_bytes(data)
    tensors = load_file(path)
    description = json.loads(metadata["nnzoo"])
    if dice.random() < 0.6:
        description = changed(description, dice)
    else:
        name = dice.choice(list(tensors))
        match dice.randrange(6):
            case 0:
                tensors[name] = tensors[name].astype(
                    dice.choice((np.float64, np.int8, np.bool_, np.float16, np.uint64))
                )
            case 1:
                tensors[str(anything(dice, 0))] = tensors.pop(name)
            case 2:
                tensors[name] = tensors[name].ravel()[: dice.randrange(tensors[name].size + 1)]
            case 3:
                tensors[name] = np.full_like(tensors[name], dice.choice((np.nan, np.inf, 3e38, 0)))
            case 4:
                tensors[name] = tensors[name].reshape(-1, 1)
            case 5:
                tensors[f"{name}.more"] = np.zeros(dice.choice(((), (0,), (2, 0, 3), (1000,))), np.float32)
    text = json.dumps(description) if isinstance(description, dict) or dice.random() < 0.5 else str(description)
    digest = tensor_file._digest(text, tensors)
    stated = {**metadata, "nnzoo": text, "nnzoo_sha256": digest}
    return save(tensors, stated if dice.random() < 0.95 else {**stated, "nnzoo_format": str(anything(dice, 0))})


def packed(data, dice):
    """A gzip file of a changed IDX file."""
    return gzip.compress(blind(gzip.decompress(data), dice), dice.randrange(10))


def bombs(data, share):
    """Files that would grow: each of a share of the size that it may have, or small with large promises."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    Path("original").write_bytes(data)
    tensors, description = load_file("original"), json.loads(metadata["nnzoo"])

    def made(text, arrays=tensors):
        stated = {**metadata, "nnzoo": text, "nnzoo_sha256": tensor_file._digest(text, arrays)}
        return save(arrays, stated)

    yield made("[" + "[]," * (660_000 // share) + "[]]")
    yield made("[" * (1_800_000 // share))
    yield made('{"a": ' + "9" * (1_800_000 // share) + "}")
    yield made(json.dumps({**description, "run": "x" * (1_800_000 // share)}))
    yield made(json.dumps({**description, "extra": [{}] * (400_000 // share)}))
    yield made(
        json.dumps(description), {**tensors, **{str(n): np.zeros(0, np.float32) for n in range(24_000 // share)}}
    )
    for key, value in (
        ("input_shape", [2**40, 2**40]),
        ("outputs", 2**60),
        ("class_names", ["a"] * (300_000 // share)),
    ):
        yield made(json.dumps({**description, "data": {**description.get("data", {}), key: value}}))
    for hidden in ([1] * (600_000 // share), [2**62], [2**20] * 5):
        model = {"name": "nnzoo/mlp", "version": "", "options": {"hidden": hidden}}
        yield made(json.dumps({**description, "components": {**description.get("components", {}), "model": model}}))
    yield (1_800_000).to_bytes(
        8, "little"
    ) + b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    yield (2**63).to_bytes(8, "little") + data
    text = b'{"__metadata__":{}' + b"".join(
        b',"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % n for n in range(38_000 // share)
    )
    yield (len(text) + 1).to_bytes(8, "little") + text + b"}"


def main(plugin, folder, count, seed):
    os.chdir(folder)
    dice, path = random.Random(seed), Path("mutant")
    registry = Registry([Path(plugin)], disabled=["all"])
    watch = Watch([r.component for p in registry.plugins() for r in p.registrations])
    recipe = resolve_recipe(registry, model="mlp:hidden=4", schedule="plateau", validation=0.25, batch_size=8, epochs=2)
    data = registry.build("dataset", "toy").load(None)

    def trainer():
        return prepare_new(recipe, data)

    trained = trainer()
    trained.advance()
    trained.advance(1)
    save_checkpoint(path, trained)
    checkpoint = path.read_bytes()
    DeepNeuralNetwork(sizes=[6, 4, 3], class_names=("a", "b", "c"), registry=registry).save(path)
    model = path.read_bytes()
    shape = (40, 8, 8)
    images = b"\0\0\x08\x03" + struct.pack(">3I", *shape) + dice.randbytes(40 * 64)
    zipped = gzip.compress(images, mtime=0)
    fresh = trainer()

    def load_model():
        dnn = DeepNeuralNetwork.load(path, registry=registry)
        dnn.summary()
        read_model(path)

    def unpack():
        assert len(unpack_gzip(path.read_bytes(), "mutant", len(images))) == len(images)

    cases = {
        "model": (model, load_model, (blind, knowing)),
        "checkpoint": (checkpoint, lambda: restore_checkpoint(read_checkpoint(path), fresh), (blind, knowing)),
        "idx": (images, lambda: load_idx(path, 3), (blind,)),
        "gzip": (zipped, lambda: load_idx(path, 3), (blind, packed)),
        "unpacked": (zipped, unpack, (blind, packed)),
    }

    def tried(name, mutant):
        """Whether a file is read; None where it is refused."""
        path.write_bytes(mutant)
        watch.on = True
        try:
            cases[name][1]()
            return True
        except NnzooError as error:
            str(error)
            return False
        finally:
            watch.on = False

    for name, (original, _, _) in cases.items():  # what is imported late is imported now
        assert tried(name, original)
        tried(name, original[:-1])
        tried(name, original[: len(original) // 2])
    sys.addaudithook(watch)
    counts, before = {}, peak()
    for name, (original, _, mutators) in cases.items():
        read = sum(tried(name, dice.choice(mutators)(original, dice)) for _ in range(count))
        counts[name] = {"read": read, "refused": count - read}
    grown = {"mutants": peak() - before}
    for name in ("model", "checkpoint"):
        for bomb in bombs(cases[name][0], 1 if count >= 100 else 10):
            before = peak()
            tried(name, bomb)
            allowed = 4 * len(bomb) + 64 * MEBIBYTE
            grown["bombs"] = max(grown.get("bombs", 0.0), (peak() - before) / allowed)
    before = peak()
    for bomb in (
        images,
        struct.pack(">4B3I", 0, 0, 8, 3, 2**31, 2**31, 1),
        struct.pack(">4B3I", 0, 0, 8, 3, 60_000, 28, 28),
    ):
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(bomb)
            for _ in range(128):  # twice what a process may grow by
                file.write(bytes(MEBIBYTE) if bomb is images else b"")
        mutant = path.read_bytes()
        assert not tried("gzip", mutant)
        assert not tried("unpacked", mutant)
    grown["gzip bombs"] = peak() - before
    print(json.dumps({"counts": counts, "grown": grown}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
