"""Old option names: accepted with a message, hidden in the help, refused together with the present name."""

from __future__ import annotations

import pytest
from helpers import run_cli

from reimagine import recipe, stages

RENAMED = [
    (stage, name, old, new)
    for stage, row in stages.STAGES.items()
    for name in row.models
    for old, new in stages.model_class(stage, name).renamed_options.items()
]


@pytest.mark.parametrize(("stage", "name", "old", "new"), RENAMED)
def test_an_old_name_is_hidden_in_the_help(stage, name, old, new):
    _, text, _ = run_cli(stage, "--help")
    assert f"--{new.replace('_', '-')}" in text and f"--{old.replace('_', '-')} " not in text


def test_an_old_name_gives_the_same_film_and_a_message(film, tmp_path):
    words = ["cartoon", film, "--model", "ink"]
    code, out, err = run_cli(*words, "--steady", "0.5", "--into", tmp_path / "a", "--json")
    assert code == 0 and "--steady is now --temporal-strength" in err
    _, same, _ = run_cli(*words, "--temporal-strength", "0.5", "--into", tmp_path / "b", "-q")
    assert (tmp_path / "a" / "film.mp4").read_bytes() == (tmp_path / "b" / "film.mp4").read_bytes()
    assert out.strip().endswith("film.mp4") and same.strip().endswith("film.mp4")


def test_both_names_at_once_are_refused(film, tmp_path):
    words = ["cartoon", film, "--model", "ink", "--steady", "0.5", "--temporal-strength", "0.2"]
    code, _, err = run_cli(*words, "--into", tmp_path / "run", "-q")
    assert code == 1 and "given twice" in err and not (tmp_path / "run").exists()


def test_a_recipe_with_an_old_name_is_read(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[[step]]\nstage = "continue"\nslow = 2.0\n')
    assert recipe.read(mine)[0].slowdown == 2.0
