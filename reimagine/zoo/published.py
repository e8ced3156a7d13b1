"""Weights published by other projects: download, check, and convert them to safetensors once.

Cards of known files are in the folder `cards`: file name, checksum, addresses, and the network class. `reimagine
models add NAME --file PATH` converts a file and writes it, with a card, to the user's folder. Only tensors are read
from a published file; code in it is never run.
"""

from __future__ import annotations

import tempfile
import tomllib
import urllib.request
import zipfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import documents, zoo
from reimagine.errors import WeightsError, unknown_name
from reimagine.files import atomic_file
from reimagine.zoo import archives, tensorflow

if TYPE_CHECKING:
    from torch import Tensor, nn

CARDS = Path(__file__).parent / "cards"
"""Folder of the cards of published weights."""
COPIED_FACTS = ("title", "stage", "model", "licence", "source", "bad_at")
"""Entries of the published card that are copied to the card of the converted weights."""
TIMEOUT_SECONDS = 30
"""A download address that does not answer for this long is skipped."""
MAX_VALUES = 1 << 30
"""Values of all tensors of a published file, at most; the largest has 228 million."""
BLOCK_BYTES = 1 << 20
"""Bytes read from the network at once."""


def names() -> list[str]:
    """Names of all published weights that can be added, sorted."""
    return sorted(path.stem for path in CARDS.glob("*.toml"))


def card(name: str) -> dict[str, Any]:
    """The card of published weights.

    Raises:
        WeightsError: there is no such card; the nearest name is offered.
    """
    if name not in names():
        raise WeightsError(unknown_name("published weights", name, names()))
    return tomllib.loads((CARDS / f"{name}.toml").read_text())


def add(name: str, file: Path | None = None, unchecked: bool = False) -> tuple[Path, int]:
    """Convert published weights and write them, with a card, to the user's folder.

    Args:
        name: a name from `names`.
        file: the published file (for TensorFlow, also an unpacked folder); None downloads it.
        unchecked: accept a file whose checksum is not the card's.

    Returns:
        Path of the converted weights, and the number of tensors read.

    Raises:
        WeightsError: the file is missing or another one, or its tensors do not fit the network.
    """
    facts = card(name)
    if file is None:
        with tempfile.TemporaryDirectory() as folder:
            return add(name, _download(name, facts, Path(folder)), unchecked)
    actual = _checked_sha256(file, facts, unchecked)
    tensors = tensorflow.read(file) if facts.get("format") == "tensorflow" else read(file)
    ignored = facts.get("ignore")
    state = {k: v for k, v in tensors.items() if ignored is None or ignored not in k}
    module, _, title = facts["net"].partition(":")
    network = getattr(import_module(module), title)
    try:
        if "arch" in facts:
            arch = facts["arch"]
        else:  # the network class derives its arguments from the tensors, and renames and selects these
            arch, state = network.published(state)
        net, plain = network(**arch), folded(state)
    except (LookupError, ValueError, TypeError, RuntimeError, ArithmeticError) as error:
        raise WeightsError(f"{file}: not weights of {title} ({documents.one_line(error)})") from error
    zoo.check_numbers(file, plain)
    _load_state(net, plain, file)
    path = zoo.user_folder() / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    zoo.save(path, net, arch, exact=facts.get("exact", False))
    copied = {key: facts[key] for key in COPIED_FACTS}
    zoo.write_card(path, {**copied, "file": facts["file"], "file_sha256": actual})
    return path, len(state)


def _checked_sha256(file: Path, facts: dict[str, Any], unchecked: bool) -> str:
    """SHA-256 of a published file, compared with the card's; "" for a folder."""
    if not (file.is_file() or file.is_dir()):
        raise WeightsError(f"no file at {str(file)!r}; {_addresses(facts)}")
    expected = facts.get("file_sha256")
    actual = zoo.sha256(file) if file.is_file() else ""
    if expected and actual != expected and not unchecked:
        raise WeightsError(
            f"{file}: not {facts['file']} (its sha256 is {actual[:12]}..., expected {expected[:12]}...); "
            f"{_addresses(facts)}, or use --unchecked to convert this file anyway"
        )
    return actual


def read(file: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file, in the zip format or the older one, with `weights_only` so that no code is run.

    Raises:
        WeightsError: the file is damaged, or not a PyTorch file.
    """
    import torch

    if zipfile.is_zipfile(file):
        archives.check_sizes(file)
    try:
        with torch.serialization.safe_globals([slice]):  # fastai stores learning rates as slices
            state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        line = documents.one_line(str(error).strip().partition("\n")[0])
        raise WeightsError(f"{file}: not a PyTorch weights file, or damaged ({line})") from error
    if isinstance(state, dict):  # beside an optimizer: fastai and Lai et al. say "model", BasicSR "params"
        state = state.get("model", state.get("params", state))
    state = state if isinstance(state, dict) else {}
    tensors = {k: v for k, v in state.items() if isinstance(k, str) and isinstance(v, torch.Tensor)}
    if sum(tensor.numel() for tensor in tensors.values()) > MAX_VALUES:
        raise WeightsError(f"{file}: holds more values than any published weights; it is damaged")
    return tensors


def folded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with spectral norm and weight norm folded into plain weights, as PyTorch's evaluation mode does.

    Spectral norm divides by u W v with the stored vectors u and v, not with the exact largest singular value.
    """
    plain = dict(state)
    for name in state:
        stem = name.removesuffix("_orig")
        if name.endswith("weight_orig"):
            weight, u, v = (plain.pop(stem + end) for end in ("_orig", "_u", "_v"))
            plain[stem] = weight / (u @ (weight.reshape(len(weight), -1) @ v))
        elif name.endswith("weight_g"):
            stem = name.removesuffix("_g")
            gain, v = plain.pop(name), plain.pop(stem + "_v")
            plain[stem] = gain * v / v.flatten(1).norm(dim=1).view_as(gain)
    return plain


def _load_state(net: nn.Module, state: dict[str, Tensor], file: Path) -> None:
    """Load a state dict, with a one-line error if names or shapes differ."""
    expected = net.state_dict().keys()
    missing, unexpected = sorted(expected - state.keys()), sorted(state.keys() - expected)
    if missing or unexpected:
        raise WeightsError(
            f"{file}: not weights of {type(net).__name__}: {len(missing)} tensors are missing and "
            f"{len(unexpected)} unexpected, such as {(missing + unexpected)[0]}"
        )
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        line = documents.one_line(str(error).partition("\n")[2])
        raise WeightsError(f"{file}: not weights of {type(net).__name__} ({line})") from error


def _addresses(facts: dict[str, Any]) -> str:
    return f"download {facts['file']} from {' or '.join(facts['mirrors'])}"


def _download(name: str, facts: dict[str, Any], folder: Path) -> Path:
    """Download a published file from the first address that answers."""
    target = folder / facts["file"]
    for mirror in facts["mirrors"]:
        try:
            with (
                urllib.request.urlopen(mirror, timeout=TIMEOUT_SECONDS) as source,
                atomic_file(target) as temporary,
                temporary.open("wb") as file,
            ):
                while block := source.read(BLOCK_BYTES):
                    file.write(block)
                file.flush()
            return target
        except OSError:
            continue
    raise WeightsError(
        f"{name} could not be downloaded; {_addresses(facts)}, or get it elsewhere, and give --file {facts['file']}"
    )
