"""Loads the network and the decoder of the package `basic-pitch` without the packages that only its other uses need."""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from reimagine.errors import StageError

ERRORS_ONLY = 3
"""ONNX Runtime's log severity."""
NOT_INSTALLED = (
    "transcribe: basic-pitch is not installed; `pip install onnxruntime` and "
    "`pip install --no-deps basic-pitch==0.4.0`, or give --model onsets-frames"
)
"""The message if a package is missing."""


class Package(NamedTuple):
    """The parts of basic-pitch that are used.

    Attributes:
        decoder: the module `basic_pitch.note_creation`.
        session: the network, an `onnxruntime.InferenceSession`.
    """

    decoder: Any
    session: Any


def check_installed() -> None:
    """Refuse to go on without the packages.

    Raises:
        StageError: basic-pitch or onnxruntime is not installed.
    """
    if find_spec("basic_pitch") is None or find_spec("onnxruntime") is None:
        raise StageError(NOT_INSTALLED)


def load_package() -> Package:
    """Import basic-pitch and open its network.

    TensorFlow, Core ML and TFLite are hidden during the import: basic-pitch tries to import each and logs a warning if
    it is missing. resampy and mir_eval are replaced by empty modules: only its sonification uses them, and importing
    them takes longer than transcribing a minute of music.

    Raises:
        StageError: basic-pitch is not installed.
    """
    check_installed()
    import onnxruntime

    with hide_modules("tensorflow", "coremltools", "tflite_runtime"), stub_modules("resampy", "mir_eval"):
        from basic_pitch import note_creation
    spec = find_spec("basic_pitch")
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    network = folder / "saved_models" / "icassp_2022" / "nmp.onnx"
    session = onnxruntime.InferenceSession(str(network), options, ["CPUExecutionProvider"])
    return Package(note_creation, session)


@contextmanager
def hide_modules(*names: str) -> Iterator[None]:
    """Importing these modules fails inside the context; warnings are not logged."""
    loaded = {name: sys.modules[name] for name in names if name in sys.modules}
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]  # None makes the import fail
    try:
        yield
    finally:
        logging.disable(level)
        for name in names:
            del sys.modules[name]
        sys.modules.update(loaded)


@contextmanager
def stub_modules(*names: str) -> Iterator[None]:
    """Importing these modules gives empty modules inside the context, unless they are loaded already."""
    stubs = {name: types.ModuleType(name) for name in names if name not in sys.modules}
    sys.modules.update(stubs)
    try:
        yield
    finally:
        for name in stubs:
            del sys.modules[name]
