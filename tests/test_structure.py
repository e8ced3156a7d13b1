"""The structure of the code: what is imported when, and the limits on files and functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("reimagine", "tests", "benchmarks", "examples", "assets", "docs")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MAX_FILE = 300
"""Lines of a file, at most."""
MAX_FUNCTION = 40
"""Lines of a function, at most."""


def loaded_by(code: str) -> set[str]:
    """The modules in memory after a piece of code was run in a process of its own."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("words", [["--help"], ["colorize", "--help"], ["run", "--help"], ["models"]])
def test_help_loads_nothing_heavy(words):
    code = (
        "import sys; from reimagine.cli import app\n"
        f"try: app({words!r})\nexcept SystemExit as end: assert not end.code\n"
    )
    assert not loaded_by(code) & {"torch", "numpy", "av", "cv2", "tensorflow", "librosa"}


def test_model_classes_are_found_without_torch():
    code = "from reimagine.stages import STAGES, model_class\n"
    code += "[model_class(s, m) for s in STAGES for m in STAGES[s].models]"
    assert not loaded_by(code) & {"torch", "numpy", "av", "cv2"}


def test_the_package_exports_what_it_lists():
    import reimagine

    assert sorted(reimagine.__all__) == reimagine.__all__
    assert callable(reimagine.run)
    assert all(hasattr(reimagine, name) for name in reimagine.__all__)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    text = path.read_text()
    lines = len(text.splitlines())
    assert lines <= MAX_FILE, f"{lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"


def calls_in(folder: str, names: set[str]) -> list[str]:
    """Calls of functions with these names in the modules of a folder, as "file:line"."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in names:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_models_are_not_probed_for_attributes():
    assert not calls_in("reimagine", {"hasattr"})


def test_thread_counts_are_set_in_one_place():
    setters = {"setNumThreads", "set_num_threads", "set_num_interop_threads"}
    assert {line.split(":")[0] for line in calls_in("reimagine", setters)} == {"reimagine/zoo/threads.py"}


def test_no_stage_is_known_by_name_outside_the_stages():
    """Other code asks the table of stages, so that a new stage needs no change elsewhere."""
    from reimagine.stages import STAGES

    found = []
    for path in sorted((ROOT / "reimagine").rglob("*.py")):
        if path.is_relative_to(ROOT / "reimagine" / "stages"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                operands = [node.left, *node.comparators]
                names = {n.value for n in operands if isinstance(n, ast.Constant) and isinstance(n.value, str)}
                if names & set(STAGES):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found
