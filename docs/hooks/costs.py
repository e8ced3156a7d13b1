"""What a feature film costs, as a Markdown table: the arithmetic of `--dry-run` for every picture model."""

from __future__ import annotations

from reimagine import stages
from reimagine.execution.dry_run import BYTES_PER_PIXEL, REFERENCE_PIXELS
from reimagine.stages.contract import Kind

FRAMES = 170_000
"""Frames of a feature film of two hours at 24 frames per second."""
MACHINES = 10
"""Machines of a cluster."""
EFFICIENCY = 0.9
"""Share of the time in which the workers of a cluster are busy: parts differ in length, and the last ones end alone."""
HOUR = 3600
"""Seconds."""


def table() -> str:
    """A row for each model of a picture stage: hours on one machine and on ten."""
    lines = [f"| | frames/s | hours, one machine | hours, {MACHINES} machines |", "|---|---|---|---|"]
    for stage, row in stages.STAGES.items():
        for model in row.models if row.kind is Kind.PICTURE else ():
            speed = stages.model_class(stage, model).frames_per_second
            hours = FRAMES / speed / HOUR
            lines.append(f"| {stage} `{model}` | {speed:g} | {hours:.1f} | {hours / MACHINES / EFFICIENCY:.1f} |")
    disk = FRAMES * REFERENCE_PIXELS * BYTES_PER_PIXEL / 1e9
    lines += [
        "",
        f"Each step stores its frames losslessly: {disk:.0f} GB for such a film (`--intermediates h264`: a tenth).",
    ]
    return "\n".join(lines)
