"""Well-known weights that others published: read once, checked, kept as safetensors.

Their cards lie in `cards/`: what the file is called, its sum, where to find it, which network
it belongs to. `reimagine models add NAME --file PATH` turns it into weights like the shipped ones,
in the user's own folder. Nothing in a published file is ever run: tensors only.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reimagine import zoo
from reimagine.errors import WeightsError, unknown_name
from reimagine.zoo import tensorflow

if TYPE_CHECKING:
    from torch import Tensor

CARDS = Path(__file__).parent / "cards"


def names() -> list[str]:
    return sorted(p.stem for p in CARDS.glob("*.toml"))


def card(name: str) -> dict[str, Any]:
    if name not in names():
        raise WeightsError(unknown_name("published weights", name, names()))
    return tomllib.loads((CARDS / f"{name}.toml").read_text())


def add(name: str, file: Path | None = None, unchecked: bool = False) -> tuple[Path, int]:
    """Read a published file (downloaded, if none is given) into the user's weights; gives back
    where they are and how many tensors were read.

    Raises:
        WeightsError: it is not that file, or its tensors are not those of the network.
    """
    facts = card(name)
    if file is None:
        with tempfile.TemporaryDirectory() as folder:
            return add(name, _download(name, facts, Path(folder)), unchecked)
    if not file.exists():
        raise WeightsError(f"no file at {str(file)!r}; {_where(facts)}")
    wanted = facts.get("file_sha256")
    found = zoo.sha256(file) if file.is_file() else ""
    if wanted and found != wanted and not unchecked:
        raise WeightsError(
            f"{file}: not {facts['file']} (its sha256 is {found[:12]}..., it should be "
            f"{wanted[:12]}...); {_where(facts)}, or --unchecked to read it all the "
            "same"
        )
    tensors = tensorflow.read(file) if facts.get("format") == "tensorflow" else read(file)
    state = {k: v for k, v in tensors.items() if facts.get("ignore", "\n") not in k}
    module, _, title = facts["net"].partition(":")
    cls = getattr(import_module(module), title)
    arch = facts.get("arch", {})
    if hasattr(cls, "published"):  # of all that was published, the class takes what it needs
        arch, state = cls.published(state)
    net = cls(**arch)
    _fill(net, folded(state), file)
    path = zoo.home() / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    zoo.save(path, net, arch, exact=facts.get("exact", False))
    kept = ("title", "stage", "model", "licence", "source", "bad_at")
    zoo.write_card(path, {**{k: facts[k] for k in kept}, "file": facts["file"], "file_sha256": found})
    return path, len(state)


def read(file: Path) -> dict[str, Tensor]:
    """The tensors of a PyTorch file, old format or new; `weights_only`, so that no code runs."""
    import torch

    try:
        with torch.serialization.safe_globals([slice]):  # fastai keeps learning rates as slices
            state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        line = str(error).strip().splitlines()[0]
        raise WeightsError(f"{file}: not a PyTorch weights file, or damaged ({line})") from error
    state = state.get("model", state) if isinstance(state, dict) else {}
    return {k: v for k, v in state.items() if isinstance(v, torch.Tensor)}


def folded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Spectral and weight norm turned into plain weights, as evaluation mode uses them: by the
    stored u and v, not by the true spectral norm."""
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


def _fill(net: Any, state: dict[str, Tensor], file: Path) -> None:
    mine = net.state_dict()
    lacking, left = sorted(mine.keys() - state.keys()), sorted(state.keys() - mine.keys())
    if lacking or left:
        raise WeightsError(
            f"{file}: not weights of {type(net).__name__}: {len(lacking)} tensors are "
            f"lacking and {len(left)} left over, such as {(lacking + left)[0]}"
        )
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        line = str(error).strip().splitlines()[1].strip()
        raise WeightsError(f"{file}: not weights of {type(net).__name__} ({line})") from error


def _where(facts: dict[str, Any]) -> str:
    return f"{facts['file']} is to be had at {' or '.join(facts['mirrors'])}"


def _download(name: str, facts: dict[str, Any], folder: Path) -> Path:
    target = folder / facts["file"]
    for mirror in facts["mirrors"]:
        try:
            with urllib.request.urlopen(mirror, timeout=30) as source, target.open("wb") as file:
                while block := source.read(1 << 20):
                    file.write(block)
            return target
        except OSError:
            continue
    raise WeightsError(
        f"{name} could not be downloaded; {_where(facts)}: get it elsewhere and give "
        f"--file {os.path.join('FOLDER', facts['file'])}"
    )
