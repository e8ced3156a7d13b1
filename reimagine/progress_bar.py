"""Progress bars for terminals and notebooks."""

from __future__ import annotations

import sys
import time
from typing import Any

from reimagine.progress import NoProgress


class ProgressBar(NoProgress):
    """A bar for each task, with its amount, speed, elapsed and remaining time."""

    def __init__(self, to_errors: bool = False) -> None:
        """Args: to_errors: draw on standard error."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=to_errors),
        )
        self.task: Any = None
        self.unit, self.total = "fps", 0
        self.done = self.begun = 0.0

    def begin(self, title: str, total: int, unit: str = "fps") -> None:
        self._finish()
        self.bar.start()
        self.unit, self.total = unit, total
        self.done, self.begun = 0.0, time.monotonic()
        self.task = self.bar.add_task(title, total=total or None, amount=self._amount(), rate="")

    def advance(self, count: float) -> None:
        """Only tasks counted in frames have a rate."""
        if self.task is None:
            return
        self.done += count
        rate = self.done / max(1e-6, time.monotonic() - self.begun)
        rate_text = f"{rate:.0f} fps" if self.unit == "fps" else ""
        self.bar.update(self.task, advance=count, amount=self._amount(), rate=rate_text)

    def message(self, line: str) -> None:
        self.bar.console.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)

    def warning(self, line: str) -> None:
        self.bar.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """End the bars, which stay on the screen: what is printed below them would otherwise be overwritten."""
        if self.task is None:
            return
        self._finish()
        self.bar.stop()
        for task in self.bar.task_ids:
            self.bar.remove_task(task)
        self.task = None

    def _finish(self) -> None:
        """Stop the movement of a bar without a total."""
        if self.task is not None and not self.total:
            self.bar.update(self.task, total=1, completed=1)

    def _amount(self) -> str:
        """What is done, such as "12/48 frames" or "30/30 s"; nothing while neither a total nor an amount is known."""
        unit = "frames" if self.unit == "fps" else self.unit
        of = f"/{self.total}" if self.total else ""
        return f"{self.done:.0f}{of} {unit}" if of or self.done else ""


def default_progress() -> NoProgress:
    """Bars in a notebook; nothing elsewhere."""
    return ProgressBar() if is_notebook() else NoProgress()


def is_notebook() -> bool:
    """Whether the program runs in the kernel of a notebook."""
    return "ipykernel" in sys.modules
