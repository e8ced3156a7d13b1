"""Reading of TOML files that others wrote: size, encoding and nesting are checked before they are parsed."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

MAX_BYTES = 1 << 17
"""Size of a file, at most: a recipe of 200 steps has 20 kB."""
MAX_NESTING = 16
"""Depth of nested lists and tables, at most: recipes and cards need 3."""
MAX_MESSAGE = 160
"""Characters of a parser's message that are quoted, at most."""
TOKENS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}.=,\n]', re.DOTALL
)
"""Strings and comments, whose contents do not count, and the characters that make lists, tables and dotted keys."""


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a regular file, too large, unreadable or not UTF-8; the message is one line.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("it is not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(os.strerror(error.errno) if error.errno else "it cannot be read") from error
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 10} KiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start}") from error


def parse_toml(text: str) -> dict[str, Any]:
    """The contents of a TOML text.

    Raises:
        ValueError: what is wrong, and where; the message is one line.
    """
    _check_nesting(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ValueError(one_line(error)) from error


def _check_nesting(text: str) -> None:
    """Refuse text that the parser would follow too deep: nested brackets, and keys of many parts."""
    depth = parts = 0
    for token in TOKENS.finditer(text):
        character = token[0]
        if character in ("[", "{"):
            depth += 1
        elif character in ("]", "}"):
            depth -= 1
        if character == ".":
            parts += 1
        elif character in ("=", ",", "\n", "["):
            parts = 0
        if max(depth, parts) > MAX_NESTING:
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(f"lists and tables are nested more than {MAX_NESTING} deep at line {line}")


def one_line(error: object) -> str:
    """A message as one short line."""
    line = " ".join(str(error).split())
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 3] + "..."
