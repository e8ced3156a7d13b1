"""Network weights: safetensors files, each with a card that states source, licence and known weaknesses.

A card is a TOML file beside its weights, with the same name (`colorize-nogan.toml`). Included weights are in the
folder `weights` of this package; weights added with `reimagine models add` are in the user's folder
(`user_folder`). Wherever weights are named, a path to a .safetensors file works as well.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import documents
from reimagine.errors import WeightsError, unknown_name
from reimagine.files import atomic_file, write_text_atomically
from reimagine.zoo.headers import read_arch

if TYPE_CHECKING:
    import torch
    from torch import nn

SHIPPED = Path(__file__).parent / "weights"
"""Folder of the weights that are included in the package."""
MAX_GROWTH = 8
"""How many times the values of a weights file a network has, at most; weights of one frame start those of three."""
CARD_TYPES = {"bytes": int, **dict.fromkeys(("sha256", "title", "stage", "model", "look", "licence", "source"), str)}
"""Types of the entries of a card that the program uses."""


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
    """All cards of installed weights: first the included ones, then the added ones, each group sorted by name.

    Damaged cards are left out; see `damaged_cards`.
    """
    return [card for card in _readable_cards() if isinstance(card, Card)]


def damaged_cards() -> list[str]:
    """One line for each card that cannot be read: which it is, and what is wrong."""
    return [str(card) for card in _readable_cards() if isinstance(card, WeightsError)]


def _readable_cards() -> Iterator[Card | WeightsError]:
    """Each installed card, or the error of reading it."""
    for folder in (SHIPPED, user_folder()):
        for path in sorted(folder.glob("[!.]*.toml")):
            try:
                yield read_card(path)
            except WeightsError as error:
                yield error


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
    damaged = user_folder() / f"{weights}.toml"
    if weights and "\0" not in weights and damaged.exists():
        return read_card(damaged)
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
    return read_card(card) if card.exists() else Card(path.stem, path, {})


def read_card(path: Path) -> Card:
    """The card in a file.

    Raises:
        WeightsError: the file cannot be read, or an entry has the wrong type.
    """
    advice = "correct or delete this card"
    try:
        facts = documents.parse_toml(documents.read_text(path))
    except (ValueError, OSError) as error:
        raise WeightsError(f"{path}: not a card ({documents.one_line(error)}); {advice}") from error
    for name, kind in CARD_TYPES.items():
        value = facts.get(name, kind())
        if not isinstance(value, kind) or isinstance(value, bool):
            raise WeightsError(f"{path}: {name!r} must be of type {kind.__name__}; {advice}")
        if isinstance(value, str) and not value.isprintable():
            raise WeightsError(f"{path}: {name!r} must be one line; {advice}")
    return Card(path.stem, path.with_suffix(".safetensors"), facts)


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
    if not card.path.is_file():
        raise WeightsError(f"the weights {card.name!r} are missing at {card.path}; install the program again")
    try:
        actual = sha256(card.path)
    except OSError as error:
        raise WeightsError(f"{card.path}: cannot be read ({error.strerror}); check its permissions") from error
    if card.sha256 and card.sha256 != actual:
        raise WeightsError(
            f"{card.path}: the file is damaged (its sha256 is {actual[:12]}..., its card states "
            f"{card.sha256[:12]}...); install the program again, or give another file with --weights"
        )
    return card.path, actual


def architecture_arguments(weights: str) -> dict[str, Any]:
    """The architecture arguments stored in a weights file.

    Only the header of the file is read, so torch is not imported.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    path, _ = verified_path(weights)
    return read_arch(path)


def load(weights: str, build: Callable[..., nn.Module], device: str) -> Any:
    """A network with its weights, in evaluation mode, on a device.

    Args:
        weights: a name or path, as for `find`.
        build: makes the network; called with the architecture arguments stored in the file.
        device: a torch device. All floating point weights become float32.

    Raises:
        WeightsError: the file is missing or damaged, its tensors do not fit the network, or a value is no number.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    path, _ = verified_path(weights)
    arch = read_arch(path)
    try:
        with safe_open(path, "pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        with torch.device("meta"):  # sizes without memory: wrong arguments must not allocate
            check_values(build(**arch), state)
        net = build(**arch)
        net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    except (SafetensorError, RuntimeError, TypeError, ValueError, LookupError, OSError, ArithmeticError) as error:
        line = documents.one_line(error)
        raise WeightsError(f"{path}: not weights of {build.__name__} ({line})") from error
    check_numbers(path, state)
    return net.to(torch.device(device)).eval()


def check_values(net: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Compare the size of a network, which may have no memory, with that of its weights.

    Raises:
        ValueError: the network is much larger.
    """
    stored = sum(value.numel() for value in state.values())
    built = sum(value.numel() for value in net.state_dict().values())
    if built > MAX_GROWTH * stored:
        raise ValueError(f"its arguments make a network of {built:,} values, and the file has {stored:,}")


def check_numbers(path: Path, state: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights with values that are NaN or infinite.

    Raises:
        WeightsError: the tensor.
    """
    import torch

    damaged = [name for name, value in state.items() if not torch.isfinite(value.float()).all()]
    if damaged:
        raise WeightsError(f"{path}: {damaged[0]} has values that are not numbers; install or copy the file again")


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
    with atomic_file(path) as temporary:
        save_file(state, temporary, {"arch": json.dumps(arch)})


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
    write_text_atomically(path.with_suffix(".toml"), "\n".join(lines) + "\n")
