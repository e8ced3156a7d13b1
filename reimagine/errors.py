"""Errors that a user can correct. The message is one line: what is wrong, where, and what to do.

    ReimagineError          one line on standard error, exit code 1
    ├── MediaError          a file: not a film, truncated, unreadable, disk full
    ├── WeightsError        weights of a network: missing, wrong checksum, wrong shape
    ├── RecipeError         a recipe or an option: unknown stage, model or key
    ├── RunError            a run folder: of another film, not writable
    └── StageError          a stage cannot process this film

Any other exception is a bug in the program and is printed with its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), 127)}
"""Control characters, which names of files may have, and how messages show them."""


class ReimagineError(Exception):
    """An error that a user can correct; it is printed as one line."""

    def __str__(self) -> str:
        """The message, in which control characters are escaped."""
        return super().__str__().translate(CONTROLS)


class MediaError(ReimagineError):
    """A film, sound or picture file cannot be read or written."""


class WeightsError(ReimagineError):
    """Weights are missing, damaged, or belong to another network."""


class RecipeError(ReimagineError):
    """A recipe names a stage, model, option or value that does not exist."""


class RunError(ReimagineError):
    """A run folder cannot be used."""


class StageError(ReimagineError):
    """A stage cannot process this film."""


MAX_LISTED = 12
"""Names listed in the message of `unknown_name`, at most: a line must stay readable."""

MAX_NAME = 60
"""Characters of an unknown name that the message quotes, at most."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Message for a name that does not exist: `unknown model 'ddcolour'; did you mean 'ddcolor'? (there are: ...)`.

    Args:
        what: what is named, such as "model".
        name: the unknown name.
        known: the names that exist.
    """
    names = list(known)
    name = name if len(name) <= MAX_NAME else name[: MAX_NAME - 3] + "..."
    similar = difflib.get_close_matches(name, names, 1, 0.5)
    hint = f"; did you mean {similar[0]!r}?" if similar else ""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    listed = ", ".join(names[:MAX_LISTED]) + more
    return f"unknown {what} {name!r}{hint} (there are: {listed or 'none'})"
