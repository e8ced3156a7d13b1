"""The gallery page in Chromium: mouse, keyboard, playback with sound, accessibility and layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers import make_film

import reimagine
from reimagine.gallery.page import write_gallery
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
CURRENT_TIMES = "['.after', '.before'].map(name => document.querySelector(name).currentTime)"


@pytest.fixture
def page(tmp_path: Path):
    """The page of a film of 3 s with a generated ending of 1 s, opened from disk."""
    film = make_film(tmp_path / "film.mp4", 72, cuts=(30,), sounds=1, size=(320, 240))
    steps = [reimagine.model("colorize", "tint")(), reimagine.model("continue", "hold")(seconds=1.0)]
    reimagine.run(film, steps, tmp_path / "run")
    path = write_gallery([Run.open(tmp_path / "run")], tmp_path / "site", NoProgress())
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.messages = []
        page.on("console", lambda m: page.messages.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.messages.append(str(e)))
        # A browser aborts the loading of a film when it seeks or pauses.
        page.on("requestfailed", lambda r: None if "ABORTED" in (r.failure or "") else page.messages.append(r.url))
        page.goto(path.as_uri())
        yield page
        browser.close()


def test_the_divider_is_moved_by_mouse_and_keyboard(page):
    split = page.locator(".split")
    box = split.bounding_box()
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(middle - box["width"] / 4, box["y"] + 60, steps=4)
    page.mouse.up()
    assert float(split.input_value()) == pytest.approx(25, abs=2)
    split.focus()
    page.keyboard.press("ArrowRight")
    position = page.evaluate("getComputedStyle(document.querySelector('.player')).getPropertyValue('--split')")
    assert position == f"{split.input_value()}%" and not page.messages


def test_a_click_on_the_picture_and_space_play_and_pause_without_moving_the_divider(page):
    paused = "document.querySelector('.after').paused"
    box = page.locator(".split").bounding_box()
    corner = box["x"] + 30, box["y"] + 30
    page.mouse.click(*corner)
    page.wait_for_function(f"!{paused}")
    page.mouse.click(*corner)
    page.wait_for_function(paused)
    page.locator(".next").click()
    page.keyboard.press(" ")  # after a click, Space controls the player and not the button
    page.wait_for_function(f"!{paused}")
    assert page.locator(".split").input_value() == "50" and not page.messages


def test_space_plays_where_nothing_has_the_focus_and_switches_a_focused_checkbox(page):
    page.locator(".original-sound").focus()
    page.keyboard.press(" ")
    assert page.locator(".original-sound").is_checked() and page.evaluate("document.querySelector('.after').paused")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(800)  # the focus has scrolled the page
    position = page.evaluate("scrollY")
    page.keyboard.press(" ")
    page.wait_for_function("!document.querySelector('.after').paused")
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == position


def test_full_screen_shows_the_whole_picture_with_its_controls(page):
    page.click(".full")
    page.wait_for_function("document.fullscreenElement")
    page.wait_for_timeout(300)
    player, controls = (page.locator(name).bounding_box() for name in (".player", ".controls"))
    assert player["width"] / player["height"] == pytest.approx(4 / 3, rel=0.02)
    assert controls["y"] + controls["height"] <= page.evaluate("innerHeight")
    page.keyboard.press("f")
    page.wait_for_function("!document.fullscreenElement")


def test_both_films_play_synchronously_with_sound_and_pause_together(page):
    page.click(".play")
    differences = []  # in frames
    for _ in range(5):
        page.wait_for_timeout(300)
        after, before = page.evaluate(CURRENT_TIMES)
        differences.append(abs(after - before) * 24)
    assert after > 0.3 and sorted(differences)[2] < 1
    assert page.evaluate("document.querySelector('.after').webkitAudioDecodedByteCount") > 0
    page.click(".play")
    page.wait_for_timeout(300)
    after, before = page.evaluate(CURRENT_TIMES)
    assert abs(after - before) * 24 < 1 and not page.messages


def test_frame_steps_and_jumps_to_shots_and_to_the_ending(page):
    page.locator(".jump").nth(1).click()
    page.wait_for_timeout(300)
    assert page.evaluate(CURRENT_TIMES) == pytest.approx([30.5 / 24] * 2, abs=0.01)
    page.locator(".split").focus()
    page.keyboard.press(".")
    page.wait_for_timeout(300)
    assert page.evaluate(CURRENT_TIMES) == pytest.approx([31.5 / 24] * 2, abs=0.01)
    page.locator(".film .jump").last.click()
    page.wait_for_timeout(300)
    after, before = page.evaluate(CURRENT_TIMES)
    assert after > 3.9 and before <= 3.05 and not page.messages


def test_controls_have_accessible_names_and_the_page_fits_a_phone(page):
    tree = page.locator("article").aria_snapshot()
    assert all(
        line.split(None, 2)[2:]
        for line in map(str.strip, tree.splitlines())
        if line.startswith(("- button", "- slider", "- checkbox"))
    )
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_layout_does_not_shift_while_pictures_load(page):
    shift = page.evaluate("""() => new Promise(done => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value))
        .observe({type: 'layout-shift', buffered: true});
      scrollTo(0, document.body.scrollHeight);
      setTimeout(() => done(sum), 800);
    })""")
    assert shift == 0 and not page.messages
