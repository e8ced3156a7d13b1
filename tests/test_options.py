"""Ranges of options: every number has one, and what lies outside is refused when a model is made."""

from __future__ import annotations

import math
from collections import namedtuple

import pytest
from helpers import run_cli

import reimagine
from reimagine import recipe, stages
from reimagine.errors import RecipeError, RunError
from reimagine.media.video.reading import Reading
from reimagine.options import Range, options

OWNERS = [stages.model_class(stage, name) for stage in stages.STAGES for name in stages.models_of(stage)]
OWNERS += [stages.training_class(name) for name in stages.TRAININGS] + [Reading]
NUMBERS = [(owner, option) for owner in OWNERS for option in options(owner) if option.type in (int, float)]
BAD = [math.nan, math.inf, -math.inf, 1e400, -1e300, 1e300, 10**400, -(10**400), "5", [1], True.__class__]


def name_of(value):
    return value.__name__ if isinstance(value, type) else value.name if hasattr(value, "help") else None


@pytest.mark.parametrize(("owner", "option"), NUMBERS, ids=name_of)
def test_every_number_has_a_range_that_holds_its_default_and_refuses_all_others(owner, option):
    assert option.range is not None
    assert option.default is None or option.default in option.range
    assert str(option.range) in option.help
    required = {o.name: None for o in options(owner) if repr(o.default).startswith("<dataclasses")}
    beyond = [option.range.low - 1, option.range.high * 2 + 1]
    for value in [*BAD, *beyond]:
        with pytest.raises(RecipeError, match=r"is out of range|is not a") as error:
            owner(**required | {option.name: value})
        assert "\n" not in str(error.value) and len(str(error.value)) < 200


def test_ranges_have_exact_limits():
    closed, above = Range(0, 1), Range(0, 1, above=True)
    assert 0 in closed and 1 in closed and 1.0001 not in closed and math.nan not in closed
    assert 0 not in above and 1e-9 in above
    assert str(closed) == "0 to 1" and str(above) == "more than 0, up to 1"
    assert str(Range(0, 2**32 - 1)) == "0 to 4294967295"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["cartoon", "--line", "5"], "--line 5 is out of range; give 0 to 1"),
        (["colorize", "--saturation", "900"], "--saturation 900"),
        (["colorize", "--saturation", "nan"], "--saturation nan"),
        (["colorize", "--crf", "99"], "--crf 99"),
        (["colorize", "--start", "nan"], "--start nan"),
        (["colorize", "--end", "inf"], "--end inf"),
        (["colorize", "--end", "1e400"], "--end inf"),
        (["colorize", "--start", "2", "--end", "1"], "--end 1 is not after --start 2"),
        (["colorize", "--rate", "-1"], "--rate -1"),
        (["colorize", "--intermediates", "x"], "--intermediates"),
        (["colorize", "--device", "gpu"], "--device"),
        (["continue", "--seconds", "1e9"], "--seconds 1e+09 is out of range; give 0.01 to 3600"),
        (["continue", "--seed", "-1"], "--seed -1"),
        (["continue", "--model", "hold", "--endings", "0"], "--endings 0"),
    ],
    ids=" ".join,
)
def test_the_command_line_refuses_in_one_line_before_any_work(words, text, film, tmp_path):
    code, out, err = run_cli(*words, film, "--into", tmp_path / "run", "-q")
    assert code == 1 and not out and text in err and err.count("\n") == 1
    assert not list(tmp_path.glob("run/0*"))


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "5", "-1", "9" * 400, "true", '"x"', "[]", "{}"])
def test_recipes_refuse_numbers_that_are_out_of_range(value, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(f'[[step]]\nstage = "cartoon"\nmodel = "ink"\nline = {value}\n')
    with pytest.raises(RecipeError, match=r"a\.toml:4: step 1: ") as error:
        recipe.read(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_a_continuation_that_the_disk_cannot_hold_is_refused(film, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 10**6)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(RunError, match=r"--seconds 3600: .* GB, and the disk .* has 0\.0 GB free"):
        reimagine.run(film, [reimagine.model("continue", "hold")(seconds=3600.0)], tmp_path / "run")
    assert not list((tmp_path / "run").glob("01-*"))
