"""What can go wrong for a person, as a tree. A message says what, where, and the way out.

    ReimagineError          one line on standard error, exit 1
    ├── MediaError          a file: not a film, truncated, unreadable, disk full
    ├── WeightsError        a network's weights: missing, wrong sum, wrong shape
    ├── RecipeError         a recipe or an option: unknown stage, model, key
    ├── RunError            a run folder: another film's, not writable
    └── StageError          a stage could not do its work

Anything else that surfaces is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ReimagineError(Exception):
    """Something a person can mend; shown as one line."""


class MediaError(ReimagineError):
    """A film, sound or picture file cannot be read or written."""


class WeightsError(ReimagineError):
    """Weights are missing, damaged, or not those of this network."""


class RecipeError(ReimagineError):
    """A recipe names a stage, model, option or value that does not exist."""


class RunError(ReimagineError):
    """A run folder cannot be used."""


class StageError(ReimagineError):
    """A stage could not do its work on this film."""


def unknown_name(what: str, given: str, known: Iterable[str]) -> str:
    """`unknown model 'ddcolour'; did you mean 'ddcolor'? (there are: ...)`."""
    names = list(known)
    near = difflib.get_close_matches(given, names, 1, 0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    some = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"unknown {what} {given!r}{hint} (there are: {some or 'none'})"
