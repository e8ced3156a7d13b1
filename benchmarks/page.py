"""Load time, layout stability and accessible names of a gallery page: `python benchmarks/page.py SITE`.

SITE is a folder that `reimagine gallery` or `reimagine demo` has written; it is opened from disk in Chromium. Each
number is the median of five visits, each with a newly started browser: with the window of a desktop, and with that of a
phone and the processor slowed down four times.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

VISITS = 5
"""Visits whose median is printed."""
WINDOWS = {"desktop": ((1350, 940), 1), "phone": ((412, 823), 4)}
"""Window size (width, height) in pixels, and slow-down factor of the processor."""
TIMINGS = """() => new Promise(done => {
  const entries = {shift: 0};
  const observe = (type, callback) => new PerformanceObserver(list => list.getEntries().forEach(callback))
    .observe({type, buffered: true});
  observe('layout-shift', entry => entries.shift += entry.value);
  observe('paint', entry => entries[entry.name] = entry.startTime);
  observe('largest-contentful-paint', entry => entries.largest = entry.startTime);
  setTimeout(() => { scrollTo(0, document.body.scrollHeight); setTimeout(() => done(entries), 700) }, 700);
})"""
"""Performance entries of the page after it was scrolled to its end."""
UNNAMED_ELEMENTS = """() => [...document.querySelectorAll('img:not([alt]), button, input, video, audio, a')]
  .filter(e => e.tagName == 'IMG' || !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.title
    || document.getElementById(e.getAttribute('aria-labelledby')))).length"""
"""Number of pictures without alternative text, and of controls without an accessible name."""
COLUMNS = (
    "first paint, ms",
    "largest paint, ms",
    "layout shift",
    "requests before playback",
    "to other servers",
    "KB before playback",
    "unnamed elements",
    "page, MB",
)
"""Columns of the table."""


def visit(browser: Browser, site: Path, size: tuple[int, int], slow_down: int) -> dict[str, float]:
    """Load the page once; the numbers of `COLUMNS`."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow_down})
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((site / "index.html").as_uri())
    timings: dict[str, Any] = page.evaluate(TIMINGS)
    files = {Path(url.removeprefix("file://")) for url in requests if url.startswith("file:")}
    numbers = (
        timings["first-contentful-paint"],
        timings.get("largest", 0.0),
        timings["shift"],
        len(requests),
        sum(not url.startswith(("file:", "data:", "blob:")) for url in requests),
        sum(file.stat().st_size for file in files if file.exists()) / 1e3,
        page.evaluate(UNNAMED_ELEMENTS),
        sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6,
    )
    page.close()
    return dict(zip(COLUMNS, numbers, strict=True))


def main() -> None:
    site, chromium = Path(sys.argv[1]).resolve(), shutil.which("chromium") or shutil.which("google-chrome")
    print("| window | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for name, window in WINDOWS.items():
        visits = []
        for _ in range(VISITS):
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                visits.append(visit(browser, site, *window))
                browser.close()
        row = (f"{median(visit[column] for visit in visits):.4g}" for column in COLUMNS)
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
