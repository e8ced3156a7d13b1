"""Keys: a finished step is found again by the hash of everything its result depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reimagine import stages, zoo
from reimagine.media.video.film import fingerprint


def hash_of(*values: Any) -> str:
    """SHA-256 of JSON-like values, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def step_key(model: Any, codec: str, film_key: str, input_key: str) -> str:
    """The key of a step: stage, model, version, options, weights, and the keys of the film and of the input.

    Args:
        model: the step's model; files that its options name count with their contents.
        codec: codec of the artifact; "" if it is not a picture.
        film_key: key of the opened film.
        input_key: key of the step whose result is the input; "" for the film itself.
    """
    stage, name = stages.identify(model)
    options = asdict(model)
    if weights := model.required_weights:
        options["weights"] = zoo.verified_path(weights)[1]
    for title, value in options.items():
        if isinstance(value, tuple):  # a hint is named by its frame, so the names count too
            options[title] = [(v.name if isinstance(v, Path) else "", _content(v)) for v in value]
        else:
            options[title] = _content(value)
    return hash_of(stage, name, model.version, options, codec, film_key, input_key)


def _content(value: Any) -> Any:
    """The fingerprint of the file or folder that a value names; else the value."""
    return fingerprint(value) if isinstance(value, Path) and value.exists() else value
