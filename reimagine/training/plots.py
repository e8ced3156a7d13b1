"""Plots of a training: loss curves and a sheet of samples."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from reimagine.media.video.writer import write_figure, write_image


def plot_losses(log: Path, out: Path, validation: str = "validation ") -> None:
    """Plot the columns of a training's log over its steps.

    Args:
        log: CSV file with the column "steps".
        out: image file.
        validation: prefix of the columns that are drawn dashed, in the plot of the column without the prefix.
    """
    from matplotlib.figure import Figure

    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [n for n in rows[0] if n not in ("minutes", "steps") and not n.startswith(validation)]
    figure = Figure((3 * len(names), 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for title, style in ((name, "-"), (validation + name, "--")):
            points = [(float(r["steps"]), float(r[title])) for r in rows if r.get(title)]
            if points:
                label = "training" if style == "-" else validation.strip()
                axes.plot(*zip(*points, strict=True), style, label=label)
        axes.set_title(name)
        axes.set_xlabel("steps")
    figure.axes[0].legend()
    write_figure(out, figure, 80)


def save_sample_sheet(path: Path, rows: Sequence[Sequence[Tensor]]) -> None:
    """Write rows of images side by side as one image.

    Args:
        path: image file.
        rows: images (3, H, W) in 0..1, all of one size.
    """
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    write_image(path, (sheet.detach().clamp(0, 1) * 255).byte().permute(1, 2, 0).cpu().numpy())
