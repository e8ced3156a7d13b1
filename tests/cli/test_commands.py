"""Included recipes, dry runs, chained commands, prune, the page and doctor."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import av
import pytest
import typer
from helpers import make_film, run_cli

import reimagine
from reimagine import bundled, recipe, stages
from reimagine.cli.options import seconds
from reimagine.progress import NoProgress
from reimagine.runs.folder import Run

TINT = reimagine.model("colorize", "tint")
HOLD = reimagine.model("continue", "hold")


def test_included_recipes_are_listed_and_copied(tmp_path):
    code, out, _ = run_cli("run", "--list")
    assert code == 0 and {"everything", "any-artist", "modern-times", "after-the-end"} <= {
        line.split()[0] for line in out.splitlines()
    }
    mine = tmp_path / "mine.toml"
    assert run_cli("run", "amber-day", "--copy", mine)[:2] == (0, f"{mine}\n")
    assert mine.read_text().startswith(f"# reimagine run {mine} film.mp4")
    code, _, err = run_cli("run", "amber-day", "--copy", mine)
    assert code == 1 and "exists already" in err
    code, _, err = run_cli("run", "amber-dya")
    assert code == 1 and "did you mean 'amber-day'" in err


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ('stage = "cartoon"\nlook = "crnae"', ":6: step 2: unknown look 'crnae'; did you mean 'crane'"),
        ('stage = "timbre"\ninstruments = "flite"', ":6: step 2: .*did you mean 'flute'"),
        ('stage = "cartoon"\nlok = "crane"', ":6: step 2: .*'lok'; did you mean 'look'"),
        ('stage = "cartoon"\nmodel = "inc"', ":6: step 2: .*'inc'; did you mean 'ink'"),
        ('stage = "colorize"\nweights = "colorize-nogam"', ":6: step 2: .*'colorize-nogan'"),
    ],
)
def test_a_recipe_is_checked_before_anything_runs(step, text, film, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(f'[[step]]\nstage = "colorize"\nmodel = "tint"\n[[step]]\n{step}\n')
    code, _, err = run_cli("run", mine, film, "--into", tmp_path / "run", "-q")
    assert code == 1 and re.search(re.escape(str(mine)) + text, " ".join(err.split()))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", bundled.recipes())
def test_every_included_recipe_runs(name, tmp_path):
    """On a little of the demo film (as much as a continuation needs), without learning."""
    few = {"minutes": 0.0, "seconds": 0.5}
    steps = [
        replace(step, **{k: v for k, v in few.items() if hasattr(step, k)})
        for step in recipe.read(bundled.recipe_path(name), check=True)
    ]
    done = reimagine.run(bundled.bundled_path("assets/demo.mp4"), steps, tmp_path / "run", end=1.25)
    assert [s.stage for s in Run.open(done.folder).steps] == [stages.identify(step)[0] for step in steps]
    with av.open(str(done.film)) as box:
        count = sum(1 for _ in box.decode(video=0))
    assert count == (42 if any(stages.identify(s)[0] == "continue" for s in steps) else 30)


def test_a_dry_run_prints_the_steps_and_runs_none(film, tmp_path):
    mine, run = tmp_path / "mine.toml", tmp_path / "run"
    mine.write_text(
        "".join(f'[[step]]\nstage = "{s}"\nmodel = "{m}"\n' for s, m in (("colorize", "tint"), ("cartoon", "ink")))
    )
    code, out, _ = run_cli("run", mine, film, "--into", run, "--dry-run", "-q")
    assert code == 0 and "done" not in out and not list(run.glob("0[1-9]-*"))
    keys = [line.split()[2] for line in out.splitlines()[:2]]
    reimagine.run(film, [TINT()], run)
    _, out, _ = run_cli("run", mine, film, "--into", run, "--dry-run", "-q")
    assert [line.split()[2] for line in out.splitlines()[:2]] == keys
    assert [line.endswith("done") for line in out.splitlines()] == [True, False, False]
    reimagine.run(film, [TINT(), reimagine.model("cartoon", "ink")()], run)
    assert list(run.glob(f"02-cartoon.ink-{keys[1]}"))


def test_commands_chain_over_a_run_folder(film, tmp_path):
    run = tmp_path / "run"
    for words in (
        ["colorize", film, "--model", "tint", "--into", run],
        ["cartoon", run, "--model", "ink"],
        ["continue", run, "--model", "hold", "--seconds", "0.5"],
    ):
        assert run_cli(*words, "-q")[0] == 0
    assert [s.stage for s in Run.open(run).steps] == ["colorize", "cartoon", "continue"]
    code, out, _ = run_cli("show", run)
    assert code == 0 and all(word in out for word in ("colorize", "ink", "hold", "MB", "colourfulness"))


def test_prune_keeps_listed_steps(film, tmp_path):
    run = tmp_path / "run"
    for hue in (20.0, 200.0):
        done = reimagine.run(film, [TINT(hue=hue)], run)
    steps = {p.name for p in run.glob("01-*")}
    code, out, _ = run_cli("prune", run, "--dry-run")
    assert code == 0 and "would be freed" in out and {p.name for p in run.glob("01-*")} == steps
    assert run_cli("prune", run)[0] == 0
    assert [p.name for p in run.glob("01-*")] == [Run.open(run).steps[0].folder]
    before = done.film.read_bytes()
    assert run_cli("prune", run, "--artifacts")[0] == 0
    assert not list(run.glob("01-*")) and done.film.read_bytes() == before and not Run.open(run).steps
    reimagine.run(film, [TINT(hue=200.0)], run)  # and nothing is broken by it
    assert len(list(run.glob("01-*"))) == 1
    code, _, err = run_cli("show", tmp_path)
    assert code == 1 and "no run folder" in err


class TagCollector(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_links_only_to_its_own_files(film, tmp_path):
    first = reimagine.run(film, [TINT(), HOLD(seconds=1.0)], tmp_path / "one")
    second = reimagine.run(make_film(tmp_path / "b.mp4", 24), [TINT()], tmp_path / "b" / "one")
    given = "-o", tmp_path / "site", "--credit", "by us", "-q"
    code, out, _ = run_cli("gallery", first.folder, second.folder, *given)
    page = Path(out.strip())
    assert code == 0 and page == tmp_path / "site" / "index.html"
    collector = TagCollector()
    collector.feed(page.read_text())
    links = [a[k] for _, a in collector.tags for k in ("src", "poster", "href") if k in a]
    files = [link for link in links if not link.startswith(("#", "data:"))]
    assert files and all((page.parent / link).is_file() for link in files)
    assert len({a["id"] for t, a in collector.tags if t == "article"}) == 2
    images = [a for t, a in collector.tags if t == "img"]
    sized = [a["loading"] == "lazy" and "alt" in a and a["width"] and a["height"] for a in images]
    assert images and all(sized)
    named = [a for t, a in collector.tags if t in ("video", "input") and a.get("type") != "checkbox"]
    assert named and all(a.get("aria-label") for a in named)
    assert page.read_text().count("by us") == 2 and "[[step]]" in page.read_text()
    with av.open(str(page.parent / "one" / "after.mp4")) as box:
        assert sum(1 for _ in box.decode(video=0)) == 48 + 24 and box.streams.audio
        assert box.streams.video[0].codec_context.name == "h264"


def test_doctor_finds_damaged_weights(monkeypatch, tmp_path):
    from reimagine import diagnostics as doctor

    monkeypatch.setattr(doctor, "_test", lambda: ("a short test", "", True))
    assert run_cli("doctor")[0] == 0
    (tmp_path / "cartoon-mine.safetensors").write_bytes(b"words")
    (tmp_path / "cartoon-mine.toml").write_text('sha256 = "00"\n')
    monkeypatch.setenv("REIMAGINE_HOME", str(tmp_path))
    code, out, _ = run_cli("doctor")
    assert code == 1 and re.search("BAD +cartoon-mine .*damaged", out)


def test_each_ending_has_a_report(film, tmp_path, tiny_weights):
    continuation = reimagine.model("continue", "recall")(
        seconds=0.5, minutes=0.0, weights=str(tiny_weights["continue recall"])
    )
    reimagine.run(film, [continuation], tmp_path / "run", endings=2, progress=NoProgress())
    for name in ("report.json", "report-2.json"):
        assert json.loads((tmp_path / "run" / name).read_text())["frames"] == 60


def test_every_stage_is_a_function_in_python():
    from reimagine import Cartoon, Colorize

    assert Colorize(model="tint", hue=20) == TINT(hue=20.0) and Cartoon(look="dore").look == "dore"
    assert {name.capitalize() for name in stages.STAGES} <= set(dir(reimagine))
    with pytest.raises(reimagine.ReimagineError, match="did you mean 'saturation'"):
        Colorize(saturatoin=1.0)
    with pytest.raises(AttributeError):
        reimagine.Paint  # noqa: B018


@pytest.mark.parametrize(("text", "value"), [("83.5", 83.5), ("1:23.5", 83.5), ("0:01:23.5", 83.5), ("-3", -3.0)])
def test_times_have_seconds_or_colons(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "1:x", "1:75", "1:60:00:00", "1:-5"])
def test_other_times_are_refused(text):
    with pytest.raises(typer.BadParameter, match="is not a time"):
        seconds(text)


def test_every_film_command_has_a_dry_run(film, tmp_path):
    words = ["colorize", film, "--model", "tint", "--start", "0:00.5", "--into", tmp_path / "run", "-q"]
    code, out, _ = run_cli(*words, "--dry-run")
    assert code == 0 and "colorize    tint" in out and not list((tmp_path / "run").glob("01-*"))
    assert run_cli(*words)[0] == 0
    assert "done" in run_cli(*words, "--dry-run")[1]


def test_what_a_recipe_needs_is_checked_before_its_first_step(tmp_path, monkeypatch):
    silent = make_film(tmp_path / "silent.mp4", 12)
    for words in (["--dry-run"], []):
        code, _, error = run_cli("run", "modern-times", silent, "--into", tmp_path / "run", "-q", *words)
        assert code == 1 and "has no sound track" in error and error.count("\n") == 1
    assert not list((tmp_path / "run").glob("01-*"))
    with_sound = make_film(tmp_path / "sound.mp4", 12, sounds=1)
    monkeypatch.setattr("reimagine.stages.transcribe.basic_pitch_package.find_spec", lambda name: None)
    steps = ('stage = "colorize"', 'stage = "transcribe"\nmodel = "basic-pitch"')
    (tmp_path / "recipe.toml").write_text("\n".join(f"[[step]]\n{step}" for step in steps))
    code, _, error = run_cli("run", tmp_path / "recipe.toml", with_sound, "--into", tmp_path / "run2", "-q")
    assert code == 1 and "basic-pitch is not installed" in error and not list((tmp_path / "run2").glob("01-*"))
