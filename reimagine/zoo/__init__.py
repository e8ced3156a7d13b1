"""Network weights: safetensors files, each with a card that states source, licence and known weaknesses.

A card is a TOML file beside its weights, with the same name (`colorize-nogan.toml`). Included weights are in the
folder `weights` of this package; weights added with `reimagine models add` are in the user's folder
(`user_folder`). Wherever weights are named, a path to a .safetensors file works as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import WeightsError, unknown_name

if TYPE_CHECKING:
    import torch
    from torch import nn

SHIPPED = Path(__file__).parent / "weights"
"""Folder of the weights that are included in the package."""


@dataclass(frozen=True)
class Card:
    """The card of a weights file.

    Attributes:
        name: name of the weights.
        path: the .safetensors file; it may be missing.
        facts: all entries of the card; empty for a file without a card.
    """

    name: str
    path: Path
    facts: dict[str, Any]

    @property
    def sha256(self) -> str | None:
        """The checksum stated by the card, in hexadecimal."""
        return self.facts.get("sha256")


def user_folder() -> Path:
    """The folder of added weights: `$REIMAGINE_HOME`, or ~/.local/share/reimagine."""
    return Path(os.environ.get("REIMAGINE_HOME") or "~/.local/share/reimagine").expanduser()


def cards() -> list[Card]:
    """All cards of installed weights: first the included ones, then the added ones, each group sorted by name."""
    return [_read_card(path) for folder in (SHIPPED, user_folder()) for path in sorted(folder.glob("*.toml"))]


def find(weights: str) -> Card:
    """The card of the weights with this name or path.

    Args:
        weights: a name; or the path of a .safetensors file, or of a folder with `weights.safetensors` in it. A file
            without a card gets an empty one.

    Raises:
        WeightsError: there is no such file or name. For published weights that are not installed, the message gives
            the command that adds them.
    """
    if weights.endswith(".safetensors") or "/" in weights:
        return _card_of_file(Path(weights))
    installed = {card.name: card for card in cards()}
    if weights in installed:
        return installed[weights]
    from reimagine.zoo import published

    if weights in published.names():
        file = published.card(weights)["file"]
        raise WeightsError(
            f"the weights {weights!r} are not installed; `reimagine models add {weights} --file {file}` adds them"
        )
    raise WeightsError(unknown_name("weights", weights, installed))


def _card_of_file(path: Path) -> Card:
    path = path / "weights.safetensors" if path.is_dir() else path
    if not path.exists():
        raise WeightsError(f"no weights at {str(path)!r}; `reimagine models` lists the installed weights")
    card = path.with_suffix(".toml")
    return _read_card(card) if card.exists() else Card(path.stem, path, {})


def _read_card(path: Path) -> Card:
    return Card(path.stem, path.with_suffix(".safetensors"), tomllib.loads(path.read_text()))


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified_path(weights: str) -> tuple[Path, str]:
    """The file of a name or path, and its SHA-256.

    Raises:
        WeightsError: the file is missing, or its checksum is not the card's.
    """
    card = find(weights)
    if not card.path.exists():
        raise WeightsError(f"the weights {card.name!r} are missing at {card.path}; install the program again")
    actual = sha256(card.path)
    if card.sha256 and card.sha256 != actual:
        raise WeightsError(
            f"{card.path}: the file is damaged (its sha256 is {actual[:12]}..., its card states "
            f"{card.sha256[:12]}...); install the program again, or give another file with --weights"
        )
    return card.path, actual


def architecture_arguments(weights: str) -> dict[str, Any]:
    """The architecture arguments stored in a weights file.

    Only the header of the safetensors format is read (an 8-byte length, then JSON), so torch is not imported.
    """
    path, _ = verified_path(weights)
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return json.loads(header.get("__metadata__", {}).get("arch", "{}"))


def load(weights: str, build: Callable[..., nn.Module], device: str) -> Any:
    """A network with its weights, in evaluation mode, on a device.

    Args:
        weights: a name or path, as for `find`.
        build: makes the network; called with the architecture arguments stored in the file.
        device: a torch device. All floating point weights become float32.

    Raises:
        WeightsError: the file is missing or damaged, or its tensors do not fit the network.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    path, _ = verified_path(weights)
    try:
        with safe_open(path, "pt") as file:
            arch = json.loads((file.metadata() or {}).get("arch", "{}"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        net = build(**arch)
        net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        line = str(error).strip().splitlines()[0]
        raise WeightsError(f"{path}: not weights of {build.__name__} ({line})") from error
    return net.to(torch.device(device)).eval()


def save(path: Path, net: nn.Module, arch: dict[str, Any], exact: bool = False) -> None:
    """Write the weights of a network as safetensors, atomically.

    Args:
        path: the .safetensors file.
        net: the network.
        arch: arguments of its constructor, stored in the file's metadata.
        exact: keep the precision of floating point tensors; otherwise they are stored as float16, except those with
            values beyond its range.
    """
    from safetensors.torch import save_file

    state = {name: _stored(value, exact) for name, value in net.state_dict().items()}
    temporary = path.with_name("." + path.name)
    save_file(state, temporary, {"arch": json.dumps(arch)})
    temporary.replace(path)


def _stored(value: torch.Tensor, exact: bool) -> torch.Tensor:
    value = value.detach().cpu().contiguous()
    if exact or not value.is_floating_point():
        return value
    half = value.half()
    return half if half.isfinite().all() else value


def write_card(path: Path, facts: dict[str, Any]) -> None:
    """Write the card of a weights file, atomically. Checksum and size are computed from the file.

    Args:
        path: the .safetensors file.
        facts: the other entries; strings, numbers, booleans or lists of these.
    """
    facts = {"sha256": sha256(path), "bytes": path.stat().st_size, **facts}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    card = path.with_suffix(".toml")
    temporary = card.with_name(f".{card.name}.tmp")  # a name that `cards` does not read
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(card)
