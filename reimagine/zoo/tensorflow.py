"""Read the tensors of a TensorFlow V2 checkpoint without TensorFlow.

A V2 checkpoint ("tensor bundle") is an index file (`.index`) and data shards (`.data-00000-of-00001`, raw
little-endian tensors). The index is a sorted string table in LevelDB's format: its keys are tensor names, its values
are `BundleEntryProto` messages with dtype, shape, shard, offset and size. The last 48 bytes are the footer: the block
handles of the metaindex and of the index block, padding, and an 8-byte magic number. A block handle is two varints,
offset and size. Keys of a block are prefix-compressed, and the block ends with an array of restart offsets.

Formats: tensorflow/core/protobuf/tensor_bundle.proto, and doc/table_format.md of LevelDB.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from reimagine import documents
from reimagine.errors import WeightsError
from reimagine.zoo import archives

if TYPE_CHECKING:
    from torch import Tensor

FOOTER_BYTES = 48
"""Length of a table's footer."""
MAGIC = 0xDB4775248B80FB57
"""The last eight bytes of a table, little-endian."""
NUMPY_DTYPES = {1: "<f4", 9: "<i8"}
"""NumPy dtypes by TensorFlow's `DataType` number: DT_FLOAT and DT_INT64. Tensors of other types are skipped."""
WIRE_VARINT = 0
"""Protocol buffers wire type of integers."""
WIRE_BYTES = 2
"""Protocol buffers wire type of length-delimited fields: strings and messages."""
WIRE_FIXED_BYTES = {1: 8, 5: 4}
"""Lengths in bytes of the fixed-size wire types."""
MAX_VARINT_BITS = 63
"""Position of the last bits of a number of 64 bits."""


class BundleEntry(NamedTuple):
    """Where a tensor is stored (`BundleEntryProto`)."""

    dtype: int
    shape: list[int]
    shard: int
    offset: int
    size: int


def read(path: Path) -> dict[str, Tensor]:
    """The float32 and int64 tensors of a checkpoint, by name.

    Args:
        path: an `.index` file; a folder with checkpoints, whose last step in the last folder by name is read;
            or a zip file of such a folder.

    Raises:
        WeightsError: there is no checkpoint, or it is damaged.
    """
    if path.is_file() and zipfile.is_zipfile(path):
        with TemporaryDirectory() as folder:
            archives.extract(path, Path(folder))
            return read(Path(folder))
    try:
        return _tensors(_last_index(path))
    except (LookupError, ValueError, OSError, EOFError, ArithmeticError) as error:
        raise WeightsError(f"{path}: the TensorFlow checkpoint is damaged ({documents.one_line(error)})") from error


def _last_index(path: Path) -> Path:
    """The index file of the last step (`model.ckpt-STEP.index`) in the last folder by name."""
    if path.suffix == ".index" and path.is_file():
        return path
    found = sorted(path.rglob("*.index"), key=lambda p: (p.parent.name, int("0" + p.stem.rpartition("-")[2])))
    if not found:
        raise WeightsError(f"{path}: no TensorFlow checkpoint; give the published zip file, or its folder")
    return found[-1]


def _tensors(index: Path) -> dict[str, Tensor]:
    import numpy as np
    import torch

    tensors = {}
    shards = sorted(index.parent.glob(f"{index.stem}.data-*"))
    left = sum(shard.stat().st_size for shard in shards)  # tensors do not overlap
    for name, value in _table_entries(index.read_bytes()):
        if not name:  # the header of the bundle
            continue
        entry = _bundle_entry(value)
        if entry.dtype not in NUMPY_DTYPES:
            continue
        shard = shards[entry.shard]
        left -= entry.size
        if left < 0 or entry.offset + entry.size > shard.stat().st_size:
            raise ValueError(f"{documents.one_line(name.decode())} has {entry.size} bytes, more than its shard")
        with shard.open("rb") as file:
            file.seek(entry.offset)
            raw = file.read(entry.size)
        flat = np.frombuffer(raw, NUMPY_DTYPES[entry.dtype])
        tensors[name.decode()] = torch.from_numpy(flat.reshape(entry.shape).copy())
    return tensors


def _bundle_entry(message: bytes) -> BundleEntry:
    """Parse a `BundleEntryProto`: dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5."""
    numbers, messages = _fields(message)
    shape = []
    for dimension in _fields(messages.get(2, [b""])[-1])[1].get(2, []):  # TensorShapeProto: dim = 2, repeated
        shape.append(_fields(dimension)[0].get(1, 0))  # Dim: size = 1
    return BundleEntry(numbers.get(1, 0), shape, numbers.get(3, 0), numbers.get(4, 0), numbers.get(5, 0))


def _table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All (key, value) pairs of a sorted string table, in order."""
    if len(table) < FOOTER_BYTES or int.from_bytes(table[-8:], "little") != MAGIC:
        raise ValueError("the index file is not a table")
    position = len(table) - FOOTER_BYTES
    for _ in range(2):  # skip the handle of the metaindex block
        _, position = _varint(table, position)
    offset, position = _varint(table, position)
    size, _ = _varint(table, position)
    left = len(table)  # blocks do not overlap
    for _, handle in _block_entries(table, offset, size):
        block_offset, position = _varint(handle, 0)
        block_size, _ = _varint(handle, position)
        left -= block_size
        if left < 0:
            raise ValueError("its blocks are larger than the index file")
        yield from _block_entries(table, block_offset, block_size)


def _block_entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) pairs of a block. Each key omits the prefix that it shares with the key before."""
    if table[offset + size]:  # compression type; 0: none
        raise ValueError("the index file is compressed")
    block = table[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * restarts
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        unshared, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        yield key, block[position + unshared : position + unshared + length]
        position += unshared + length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A base-128 varint, and the position after it."""
    value = shift = 0
    while shift <= MAX_VARINT_BITS:
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
    raise ValueError("a number has more than 64 bits")


def _fields(message: bytes) -> tuple[dict[int, int], dict[int, list[bytes]]]:
    """The fields of a protocol buffer by number: integers (the last of each number), and byte strings."""
    numbers: dict[int, int] = {}
    strings: dict[int, list[bytes]] = {}
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        field, wire_type = tag >> 3, tag & 7
        if wire_type == WIRE_BYTES:
            length, position = _varint(message, position)
            strings.setdefault(field, []).append(message[position : position + length])
            position += length
        elif wire_type == WIRE_VARINT:
            numbers[field], position = _varint(message, position)
        else:
            position += WIRE_FIXED_BYTES[wire_type]
    return numbers, strings
