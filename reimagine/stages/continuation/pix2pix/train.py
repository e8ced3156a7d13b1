"""How pix2pix learns a film: of each frame the next; L1 and a patch critic (Isola et al. 2017, section 3)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from reimagine import zoo
from reimagine.errors import StageError
from reimagine.media.files import write_text_atomically
from reimagine.stages.continuation.training_frames import TrainingFrames
from reimagine.training.plots import plot_losses, save_sample_sheet
from reimagine.training.state import is_out_of_memory, load_checkpoint, save_and_log, seed_everything
from reimagine.zoo.device import configure_device

from .net import PatchGAN, UNet256

RATE, BETAS = 2e-4, (0.5, 0.999)
NAMES = "likeness", "word", "critic"


def study(options: Any, moments: TrainingFrames, kept: Path, device: str, progress: Any) -> None:
    """Learn one film from scratch, as a `Pix2Pix`'s options say; what is in `kept` is gone on with."""
    configure_device(device, alone=True)
    seed_everything(1)
    net, critic = UNet256(options.width).to(device), PatchGAN(options.width).to(device)
    optimizers = [torch.optim.Adam(n.parameters(), RATE, BETAS) for n in (net, critic)]
    parts = {"net": net, "critic": critic, "optimizer": optimizers[0], "critic_optimizer": optimizers[1]}
    saved = load_checkpoint(kept / "checkpoint.pt", parts)
    clock, steps = saved.get("clock", 0.0), saved.get("steps", 0)
    rng, sums = np.random.default_rng(steps), []
    rooms = moments.split()
    progress.begin("learn", round(60 * options.minutes), "s")
    progress.advance(clock)

    def pair(number: int) -> tuple[Tensor, Tensor]:
        x = torch.from_numpy(moments.frames[number : number + 2]).to(device).permute(0, 3, 1, 2)
        x = x.float() / 127.5 - 1
        return x[:1], x[1:]

    def note() -> None:
        means = dict(zip(NAMES, np.mean(sums, 0), strict=True))
        save_and_log(
            kept,
            parts,
            clock,
            steps,
            progress.message,
            **means,
            **tested(net, pair, rooms["validation"], kept / "sheet.png", "validation"),
        )
        plot_losses(kept / "log.csv", kept / "curves.png")
        sums.clear()

    shown = time.monotonic()
    while clock < 60 * options.minutes:
        begun = time.monotonic()
        before, after = pair(int(rng.choice(np.flatnonzero(rooms["train"]))))
        try:
            sums.append(step(net, critic, optimizers, before, after, options.weight))
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise StageError(
                    f"not enough memory for pix2pix of --width {options.width}; give it half, or take --model recall"
                ) from error
            raise
        gone = time.monotonic() - begun
        clock, steps = clock + gone, steps + 1
        progress.advance(gone)
        if time.monotonic() - shown > 60:
            note()
            shown = time.monotonic()
    if sums:
        note()
    zoo.save(kept / "weights.safetensors", net, {"width": options.width})
    configure_device(device)
    told = tested(net, pair, rooms["test"], kept / "sheet.png", "test")
    (kept / "checkpoint.pt").unlink(missing_ok=True)
    write_text_atomically(kept / "learnt.json", json.dumps(told, indent=1))


def step(net: UNet256, critic: PatchGAN, optimizers: list, before: Tensor, after: Tensor, weight: float) -> list[float]:
    """One pair, (1, 3, H, W) each in -1..1: the critic's step, then the generator's; the losses as NAMES."""
    made = net(before)
    real, false = critic(torch.cat([before, after], 1)), critic(torch.cat([before, made.detach()], 1))
    doubt = (verdict(real, True) + verdict(false, False)) / 2
    optimizers[1].zero_grad()
    doubt.backward()
    optimizers[1].step()
    critic.requires_grad_(False)
    word = verdict(critic(torch.cat([before, made], 1)), True)
    critic.requires_grad_(True)
    likeness = F.l1_loss(made, after)
    optimizers[0].zero_grad()
    (word + weight * likeness).backward()
    optimizers[0].step()
    return [float(x.detach()) for x in (likeness, word, doubt)]


def verdict(answer: Tensor, true: bool) -> Tensor:
    return F.binary_cross_entropy_with_logits(answer, torch.full_like(answer, float(true)))


@torch.no_grad()
def tested(net: UNet256, pair: Any, room: np.ndarray, sheet: Path, name: str) -> dict[str, float]:
    """L1 of some pairs that were not trained on; and a sheet of frames, what came next, what was made."""
    numbers = np.flatnonzero(room)[:: max(1, int((room > 0).sum()) // 8)]
    shown = [(before, after, net(before)) for before, after in map(pair, map(int, numbers))]
    if not shown:
        return {}
    save_sample_sheet(sheet, [[(x[0] + 1) / 2 for x in row] for row in zip(*shown[:4], strict=True)])
    return {f"{name} likeness": float(np.mean([F.l1_loss(made, after).item() for _, after, made in shown]))}
