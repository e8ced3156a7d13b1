"""A TensorFlow checkpoint's tensors without TensorFlow.

A V2 checkpoint ("tensor bundle") is a table, in the format of LevelDB, of names and places
(`.index`), and raw little-endian tensors (`.data-00000-of-00001`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reimagine.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

MAGIC = 0xDB4775248B80FB57
KINDS = {1: "<f4", 9: "<i8"}


def read(path: Path) -> dict[str, Tensor]:
    """Of a folder (a training's, with its stages, or one checkpoint's), or a zip of one."""
    if path.is_file() and zipfile.is_zipfile(path):
        with TemporaryDirectory() as folder, zipfile.ZipFile(path) as box:
            box.extractall(folder)
            return read(Path(folder))
    try:
        return _tensors(_index(path))
    except (IndexError, ValueError, OSError, UnicodeDecodeError, EOFError) as error:
        raise WeightsError(f"{path}: a damaged TensorFlow checkpoint ({error})") from error


def _index(path: Path) -> Path:
    """The last checkpoint of the last stage."""
    if path.suffix == ".index" and path.is_file():
        return path
    found = sorted(path.rglob("*.index"), key=lambda p: (p.parent.name, int("0" + p.stem.rpartition("-")[2])))
    if not found:
        raise WeightsError(f"{path}: no TensorFlow checkpoint; give the published zip, or its folder")
    return found[-1]


def _tensors(index: Path) -> dict[str, Tensor]:
    import numpy as np
    import torch

    found = {}
    shards = sorted(index.parent.glob(f"{index.stem}.data-*"))
    for name, value in _entries(index.read_bytes()):
        if not name:
            continue
        facts = dict(_fields(value))
        shape = [dict(_fields(d)).get(1, 0) for n, d in _fields(facts.get(2, b"")) if n == 2]
        if facts.get(1) not in KINDS:
            continue
        with shards[facts.get(3, 0)].open("rb") as file:
            file.seek(facts.get(4, 0))
            raw = file.read(facts[5])
        flat = np.frombuffer(raw, KINDS[facts[1]])
        found[name.decode()] = torch.from_numpy(flat.reshape(shape).copy())
    return found


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    if len(table) < 48 or int.from_bytes(table[-8:], "little") != MAGIC:
        raise ValueError("its index is none")
    place = len(table) - 48
    for _ in range(2):
        _, place = _varint(table, place)
    start, place = _varint(table, place)
    size, _ = _varint(table, place)
    for _, handle in _block(table, start, size):
        first, at = _varint(handle, 0)
        length, _ = _varint(handle, at)
        yield from _block(table, first, length)


def _block(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys share their beginnings with the key before; at the end lies a list of restarts."""
    if table[start + size]:
        raise ValueError("its index is compressed")
    block = table[start : start + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        fresh, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + fresh]
        yield key, block[place + fresh : place + fresh + length]
        place += fresh + length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Of a protocol buffer: (number, value)."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        if tag & 7 == 2:
            length, place = _varint(message, place)
            yield tag >> 3, message[place : place + length]
            place += length
        elif tag & 7 == 0:
            value, place = _varint(message, place)
            yield tag >> 3, value
        else:
            place += {1: 8, 5: 4}[tag & 7]
