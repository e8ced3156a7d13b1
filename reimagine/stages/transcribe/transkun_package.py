"""Loads the network of the package `transkun` without the packages that only its training and evaluation need."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reimagine import documents
from reimagine.errors import StageError

CHECKPOINT = "2.0"
"""Name of the package's weights and of their options."""
NOT_INSTALLED = (
    "transcribe: transkun is not installed; `pip install --no-deps transkun==2.0.1`, or give another --model"
)
"""The message if the package is missing."""
UNUSED = ("pretty_midi", "mir_eval")
"""Packages that transkun imports for MIDI files and for its evaluation."""


def check_installed() -> None:
    """Refuse to go on without the package.

    Raises:
        StageError: transkun is not installed.
    """
    if find_spec("transkun") is None:
        raise StageError(NOT_INSTALLED)


def load_network(device: str) -> Any:
    """The package's network with its weights, in evaluation mode on a device.

    Raises:
        StageError: transkun is not installed, or its files are damaged.
    """
    import json

    import torch

    check_installed()
    spec = find_spec("transkun")
    assert spec and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations))) / "pretrained"
    try:
        with _stubs():
            from transkun.ModelTransformer import Config, TransKun  # pyright: ignore[reportMissingImports]

            options = Config()
            vars(options).update(json.loads((folder / f"{CHECKPOINT}.conf").read_text())["Model"]["config"])
            net = TransKun(options)
        stored = torch.load(folder / f"{CHECKPOINT}.pt", map_location="cpu", weights_only=True)
        net.load_state_dict(stored.get("best_state_dict", stored.get("state_dict")))
    except Exception as error:  # torch raises errors of many kinds for damaged files
        raise StageError(f"transcribe: transkun cannot be loaded ({documents.one_line(error)})") from error
    return net.to(device).eval()


@contextmanager
def _stubs() -> Iterator[None]:
    """Modules that the network imports and does not need are empty inside the context, unless they are loaded already.

    The filters of torchaudio are zeros: the network's weights contain them.
    """
    import torch

    modules = {name: types.ModuleType(name) for name in (*UNUSED, "torchaudio") if name not in sys.modules}
    if "torchaudio" in modules:
        functional = types.SimpleNamespace(melscale_fbanks=lambda n_freqs, n_mels, **_: torch.zeros(n_freqs, n_mels))
        modules["torchaudio"].functional = functional  # type: ignore[attr-defined]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
