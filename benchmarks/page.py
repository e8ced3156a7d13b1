"""Is the gallery page light and calm? `python benchmarks/page.py SITE` prints what Chromium saw, from disk.

SITE is a folder that `reimagine gallery` or `reimagine demo` has made. Each number is the median of five
visits of a browser that has just been started: a desktop's and a phone's window, the phone's processor slowed
four times.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

WINDOWS = {"desktop": ((1350, 940), 1), "phone": ((412, 823), 4)}
SEEN = """() => new Promise(done => {
  const seen = {shift: 0};
  const progress = (type, tell) => new PerformanceObserver(list => list.getEntries().forEach(tell))
    .observe({type, buffered: true});
  progress('layout-shift', entry => seen.shift += entry.value);
  progress('paint', entry => seen[entry.name] = entry.startTime);
  progress('largest-contentful-paint', entry => seen.largest = entry.startTime);
  setTimeout(() => { scrollTo(0, document.body.scrollHeight); setTimeout(() => done(seen), 700) }, 700);
})"""
NAMELESS = """() => [...document.querySelectorAll('img:not([alt]), button, input, video, audio, a')]
  .filter(e => e.tagName == 'IMG' || !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.title
    || document.getElementById(e.getAttribute('aria-labelledby')))).length"""
COLUMNS = (
    "first paint, ms",
    "largest paint, ms",
    "layout shift",
    "requests before a touch",
    "of other servers",
    "KB before a touch",
    "without a name",
    "page, MB",
)


def visited(browser: Browser, site: Path, size: tuple[int, int], slower: int) -> dict[str, float]:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.html").as_uri())
    seen: dict[str, Any] = page.evaluate(SEEN)
    files = {Path(url.removeprefix("file://")) for url in asked if url.startswith("file:")}
    told = (
        seen["first-contentful-paint"],
        seen.get("largest", 0.0),
        seen["shift"],
        len(asked),
        sum(not url.startswith(("file:", "data:", "blob:")) for url in asked),
        sum(file.stat().st_size for file in files if file.exists()) / 1e3,
        page.evaluate(NAMELESS),
        sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6,
    )
    page.close()
    return dict(zip(COLUMNS, told, strict=True))


def main() -> None:
    site, chromium = Path(sys.argv[1]).resolve(), shutil.which("chromium") or shutil.which("google-chrome")
    print("| window | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for name, window in WINDOWS.items():
        visits = []
        for _ in range(5):
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                visits.append(visited(browser, site, *window))
                browser.close()
        row = (f"{median(visit[column] for visit in visits):.4g}" for column in COLUMNS)
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
