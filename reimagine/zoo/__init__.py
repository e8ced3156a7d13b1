"""Weights: safetensors plus a card that says where they come from and what they are bad at."""
from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


def save(path: Path, net: nn.Module, arch: dict[str, Any]) -> None:
    """Write a network's weights as fp16 safetensors; `arch` are its constructor's arguments."""
    import torch
    from safetensors.torch import save_file

    state = {
        k: v.detach().to("cpu", torch.float16 if v.is_floating_point() else v.dtype).contiguous()
        for k, v in net.state_dict().items()
    }
    temporary = path.with_name("." + path.name)
    save_file(state, temporary, {"arch": json.dumps(arch)})
    temporary.replace(path)
