"""Room 2, weights: safetensors plus a card that says where they come from and what they are bad at.

A card lies beside its weights under the same name (`colorize-nogan.toml`). Shipped ones are in
this package, added ones (`published.py`) in the user's own folder; `--weights` also takes a path to
anybody's own .safetensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine.errors import WeightsError, unknown_name

if TYPE_CHECKING:
    from torch import nn

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Card:
    """What a card says; `facts` is the whole of it."""

    name: str
    path: Path
    facts: dict[str, Any]

    @property
    def sha256(self) -> str | None:
        return self.facts.get("sha256")


def home() -> Path:
    """Where added weights are kept: `$REIMAGINE_HOME`, or ~/.local/share/reimagine."""
    return Path(os.environ.get("REIMAGINE_HOME") or "~/.local/share/reimagine").expanduser()


def cards() -> list[Card]:
    """Every card of weights that are here, by name: shipped, then added."""
    return [_card(path) for folder in (SHIPPED, home()) for path in sorted(folder.glob("*.toml"))]


def find(weights: str) -> Card:
    """The card of a name, or of a path to .safetensors (its own card beside it, if there is one)."""
    if weights.endswith(".safetensors") or "/" in weights:
        path = Path(weights)
        path = path / "weights.safetensors" if path.is_dir() else path
        if not path.exists():
            raise WeightsError(f"no weights at {str(path)!r}; `reimagine models` lists those shipped")
        beside = path.with_suffix(".toml")
        return _card(beside) if beside.exists() else Card(path.stem, path, {})
    here = {card.name: card for card in cards()}
    if weights in here:
        return here[weights]
    from reimagine.zoo import published

    if weights in published.names():
        file = published.card(weights)["file"]
        raise WeightsError(
            f"the weights {weights!r} are not shipped; `reimagine models add {weights} --file {file}` adds them"
        )
    raise WeightsError(unknown_name("weights", weights, here))


def _card(path: Path) -> Card:
    return Card(path.stem, path.with_suffix(".safetensors"), tomllib.loads(path.read_text()))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified_path(weights: str) -> tuple[Path, str]:
    """The file behind a name or path and its sha256; refused if it is not the card's."""
    card = find(weights)
    if not card.path.exists():
        raise WeightsError(f"the weights {card.name!r} are missing at {card.path}; install again")
    found = sha256(card.path)
    if card.sha256 and card.sha256 != found:
        raise WeightsError(
            f"{card.path}: damaged (its sha256 is {found[:12]}..., its card says "
            f"{card.sha256[:12]}...); install again or give --weights another file"
        )
    return card.path, found


def architecture_arguments(weights: str) -> dict[str, Any]:
    """The architecture arguments a weights file was saved with."""
    import struct

    path, _ = verified_path(weights)
    with path.open("rb") as file:  # its header alone: no torch for a list of names
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return json.loads(header.get("__metadata__", {}).get("arch", "{}"))


def load(weights: str, build: Callable[..., nn.Module], device: str) -> Any:
    """A network ready to use: `build(**arch)` with the file's own architecture arguments."""
    import torch
    from safetensors import SafetensorError, safe_open

    path, _ = verified_path(weights)
    try:
        with safe_open(path, "pt") as file:
            arch = json.loads((file.metadata() or {}).get("arch", "{}"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        net = build(**arch)
        net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        line = str(error).strip().splitlines()[0]
        raise WeightsError(f"{path}: not weights of {build.__name__} ({line})") from error
    return net.to(torch.device(device)).eval()


def save(path: Path, net: nn.Module, arch: dict[str, Any], exact: bool = False) -> None:
    """Write a network's weights as safetensors, fp16 or `exact`; `arch` are its constructor's arguments."""
    import torch
    from safetensors.torch import save_file

    def kept(value: torch.Tensor) -> torch.Tensor:
        value = value.detach().cpu().contiguous()
        return value.half() if value.is_floating_point() and not exact else value

    state = {name: kept(value) for name, value in net.state_dict().items()}
    temporary = path.with_name("." + path.name)
    save_file(state, temporary, {"arch": json.dumps(arch)})
    temporary.replace(path)


def write_card(path: Path, facts: dict[str, Any]) -> None:
    """The card beside a weights file: size and sum are taken from the file."""
    facts = {"sha256": sha256(path), "bytes": path.stat().st_size, **facts}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    path.with_suffix(".toml").write_text("\n".join(lines) + "\n")
