"""The cells of the notebook run, one after another, and give what the text says."""

from __future__ import annotations

import json

import pytest

from reimagine.bundled import PACKAGE

NOTEBOOK = PACKAGE.parent / "examples" / "python.ipynb"


def code_cells() -> list[str]:
    return ["".join(c["source"]) for c in json.loads(NOTEBOOK.read_text())["cells"] if c["cell_type"] == "code"]


@pytest.mark.skipif(not NOTEBOOK.exists(), reason="the examples are not part of an installed package")
def test_the_cells_of_the_notebook_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    values: dict = {}
    for number, text in enumerate(code_cells()):
        exec(compile(text, f"cell {number}", "exec"), values)
    assert values["done"].report["frames"] == 12 and values["done"].film.exists()
    assert values["done"].report["colourfulness"]["after"] > 8
    assert len(values["drawn"]) == 2 and values["drawn"][0].std() > 10
    assert values["tinted"].shape == (2, 96, 128, 3) and values["tinted"].std(-1).max() > 5
    assert values["music"].report["note_count"] > 30
    assert "did you mean 'saturation'?" in capsys.readouterr().out


def test_the_notebook_has_no_outputs():
    """Outputs would be pictures of megabytes that change with every run."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(not c["outputs"] for c in cells if c["cell_type"] == "code")
