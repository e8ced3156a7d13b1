"""Recipes that are damaged, too large or of another kind are refused in one line."""

from __future__ import annotations

import os
import random

import pytest
from helpers import run_cli

from reimagine import recipe
from reimagine.errors import RecipeError

STEP = '[[step]]\nstage = "cartoon"\nmodel = "ink"\n'
TEXTS = {
    "empty": "",
    "no steps": "step = 5",
    "steps of numbers": "step = [1, 2]",
    "a step of steps": "step = [[]]",
    "inline steps with an error": 'step = [{stage = "cartoon"}, {stage = "cartun"}]',
    "stage number": "[[step]]\nstage = 5",
    "stage list": "[[step]]\nstage = []",
    "stage table": "[[step]]\nstage = {}",
    "model number": STEP.replace('"ink"', "1.5"),
    "model date": STEP.replace('"ink"', "1979-05-27"),
    "long stage": '[[step]]\nstage = "' + "x" * 90000 + '"',
    "long option": STEP + "x" * 90000 + " = 1",
    "long text": STEP.replace("ink", "cartoongan") + 'look = "' + "x" * 90000 + '"',
    "two lines": STEP.replace("ink", "cartoongan") + 'look = "a\\nb"',
    "zero byte": STEP.replace("ink", "cartoongan") + 'weights = "a\\u0000.safetensors"',
    "boolean": STEP + "line = true",
    "text": STEP + 'line = "0.5"',
    "huge": STEP + "line = " + "9" * 5000,
    "huge but parsed": STEP + "levels = " + "9" * 4000,
    "infinite": STEP + "line = 1e400",
    "not a number": STEP + "line = nan",
    "deep list": STEP + "line = " + "[" * 60000,
    "deep closed list": STEP + "line = " + "[" * 30000 + "]" * 30000,
    "deep table": STEP + "line = " + "{a=" * 30000,
    "long key": ".".join("a" * 60000) + " = 1",
    "long header": "[" + ".".join("a" * 60000) + "]",
    "quoted key": ".".join(['"a"'] * 30000) + " = 1",
    "too large": "#" * 200000,
    "too many steps": STEP * 201,
    "open string": STEP + 'line = "',
    "open text": STEP + '"""' * 20001,
    "other keys": 'title = "x"\n' + STEP,
    "duplicate": STEP + "line = 1\nline = 1",
}


def refused(path) -> str:
    with pytest.raises(RecipeError) as error:
        recipe.read(path, check=True)
    line = str(error.value)
    assert "\n" not in line and len(line) < 1000
    return line


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_that_is_no_recipe(text, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(text)
    assert str(path) in refused(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00", b"a = '\xc3'", random.Random(0).randbytes(1000)], ids=range(4))
def test_bytes_that_are_no_text(data, tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    assert str(path) in refused(path)


def test_paths_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert "not a regular file" in refused(tmp_path / "pipe.toml")
    assert "not a regular file" in refused(tmp_path)
    assert "no such recipe" in refused(tmp_path / "none.toml")
    code, _, err = run_cli("run", tmp_path / "pipe.toml", "--copy", tmp_path / "copy.toml")
    assert code == 1 and err.count("\n") == 1


def test_a_recipe_of_the_most_steps_is_read(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(STEP * recipe.MAX_STEPS)
    assert len(recipe.read(path, check=True)) == recipe.MAX_STEPS
