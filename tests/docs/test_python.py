"""Python as the documentation describes it: the examples run, and editors know the options."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from helpers import make_film
from test_docs import DOCS, blocks

import reimagine
from reimagine import ReimagineError, progress_bar, stages
from reimagine.progress import NoProgress
from reimagine.progress_bar import ProgressBar, default_progress

sys.path.insert(0, str(DOCS / "hooks"))
stub = importlib.import_module("stub")


def test_the_examples_of_the_page_run(tmp_path, monkeypatch):
    """One after another, in a folder with a film and a recipe."""
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "film.mp4", 30, sounds=1)
    (tmp_path / "mine.toml").write_text('[[step]]\nstage = "colorize"\nmodel = "tint"\n')
    texts = blocks(DOCS / "python.md", "python")
    for number, text in enumerate(texts):
        exec(compile(text, f"example {number}", "exec"), {"reimagine": reimagine})
    assert len(texts) > 8 and (tmp_path / "runs" / "film" / "film.mp4").exists()


def test_the_stub_states_the_options():
    assert stub.STUB.read_text() == stub.stub(), "run: python docs/hooks/stub.py"


@pytest.mark.parametrize("stage", stages.STAGES)
def test_functions_of_stages_have_the_options_of_all_models(stage):
    function = getattr(reimagine, stage.capitalize())
    names = {field.name for m in stages.models_of(stage) for field in fields(stages.model_class(stage, m))}
    assert set(inspect.signature(function).parameters) == {"model", *names}
    assert all(f"    {name}: " in function.__doc__ for name in (*names, *stages.models_of(stage)))
    assert isinstance(function(), stages.model_class(stage)) and function is getattr(reimagine, stage.capitalize())


def test_type_checkers_know_the_options(tmp_path):
    """A wrong option and a wrong type are errors, and frames have their attributes."""
    pyright = Path(sys.executable).with_name("pyright")
    if not pyright.exists():
        pytest.skip("pyright is not installed")
    script = tmp_path / "script.py"
    script.write_text(
        "from reimagine import Colorize\n"
        "from reimagine.media import frames_from_images\n"
        "for frame in Colorize(saturation=1.2).load('cpu')(frames_from_images([])):\n"
        "    print(frame.image.shape)\n"
        "Colorize(saturatoin=1.2)\n"
        "Colorize(saturation='much')\n"
    )
    root = Path(reimagine.__file__).parents[1]
    (tmp_path / "pyrightconfig.json").write_text(f'{{"extraPaths": ["{root}"]}}')
    words = [str(pyright), "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    errors = [line.split("script.py:")[1] for line in done.stdout.splitlines() if "error:" in line]
    assert [line.split(":")[0] for line in errors] == ["5", "6"], done.stdout


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (reimagine.Colorize, "Colorize is not a step yet: it needs parentheses; write Colorize()"),
        ([reimagine.model("colorize")], "ColorizeUNet is not a step yet: it needs parentheses"),
        ("colorize", "'colorize' is not a step; write Colorize()"),
        ([5], "int is not a model of any stage"),
    ],
)
def test_what_is_no_step_is_refused_in_one_line(film, tmp_path, steps, message):
    with pytest.raises(ReimagineError, match="^" + message.replace("(", r"\(").replace(")", r"\)")):
        reimagine.run(film, steps, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_single_step_needs_no_list(film, tmp_path):
    done = reimagine.run(film, reimagine.Colorize(model="tint"), tmp_path / "run")
    assert done.report["frames"] == 48 and done.report["colourfulness"]["after"] > 1


def test_an_option_of_another_model_is_named():
    with pytest.raises(ReimagineError, match="option of restore classic, not of unet-gan; write model = 'classic'"):
        reimagine.Restore(deflicker=1.0)


def test_notebooks_show_bars_by_default(film, tmp_path, monkeypatch):
    assert type(default_progress()) is NoProgress
    shown: list[str] = []
    monkeypatch.setattr(progress_bar, "is_notebook", lambda: True)
    monkeypatch.setattr(ProgressBar, "begin", lambda self, title, *_: shown.append(title))
    reimagine.run(film, reimagine.Colorize(model="tint"), tmp_path / "run")
    assert {"open", "colorize", "export"} <= set(shown)
