"""The header of a safetensors file: an 8-byte length, then JSON with the architecture arguments in its metadata."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from reimagine.errors import WeightsError

MAX_HEADER_BYTES = 1 << 24
"""Length of a header, at most: that of a network with 100,000 tensors."""
MAX_ARGUMENT = 8192
"""Largest number among architecture arguments: no network of this project is wider."""
MAX_ARGUMENTS = 512
"""Items of a list of architecture arguments, at most, such as names of instruments."""
MAX_NAME = 200
"""Characters of a name among architecture arguments, at most."""


def read_arch(path: Path) -> dict[str, Any]:
    """The architecture arguments stored in a weights file. Only the header is read, and torch is not imported.

    Raises:
        WeightsError: the header is damaged, or an argument is too large for any network.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(MAX_HEADER_BYTES, path.stat().st_size - 8):
                raise ValueError(f"its header states {length} bytes")
            header = json.loads(file.read(length))
        metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
        arch = json.loads(metadata.get("arch", "{}")) if isinstance(metadata, dict) else None
    except (struct.error, ValueError, TypeError, RecursionError) as error:
        line = " ".join(str(error).split())[:100]
        raise WeightsError(f"{path}: not a safetensors file, or damaged ({line}); install or copy it again") from error
    if not isinstance(arch, dict) or not all(_is_argument(value) for value in arch.values()):
        raise WeightsError(f"{path}: its architecture arguments are damaged; install or copy the file again")
    return arch


def _is_argument(value: Any) -> bool:
    """Whether a value can be an argument of a network: a number, a short name, or a list of these."""
    if isinstance(value, list):
        return len(value) <= MAX_ARGUMENTS and all(_is_argument(v) and not isinstance(v, list) for v in value)
    if isinstance(value, str):
        return len(value) <= MAX_NAME and value.isprintable()
    return value is None or (isinstance(value, bool | int | float) and abs(value) <= MAX_ARGUMENT)
