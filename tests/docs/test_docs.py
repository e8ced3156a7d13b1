"""The documentation agrees with the program: quoted commands, recipes and code work, and the reference is complete."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
import textwrap
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reimagine import bundled, recipe, stages, zoo
from reimagine.cli import app, recipes
from reimagine.cli import stages as stage_commands
from reimagine.evaluation.legend import COLUMNS
from reimagine.zoo import published

HERE = Path(__file__).parents[2]
DOCS = HERE / "docs"
sys.path.insert(0, str(DOCS / "hooks"))
reference = importlib.import_module("reference")  # the generated pages
OTHER_PAGES = "README.md", "CONTRIBUTING.md", "assets/README.md", "benchmarks/README.md"
PAGES = [
    *(HERE / name for name in OTHER_PAGES),
    *sorted(DOCS.rglob("*.md")),
    *sorted((HERE / "examples").rglob("README.md")),
]
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
"""A fenced code block: its language and its text."""
INLINE = re.compile(r"`([^`]+)`")
"""Inline code."""
COMMANDS = dict(reference.tree())
GROUPS = {name for name, command in COMMANDS.items() if hasattr(command, "commands")}
"""Names of commands that have commands of their own."""


def blocks(page: Path, *languages: str) -> list[str]:
    """The code blocks in some languages."""
    return [text for language, text in FENCE.findall(page.read_text()) if language in languages]


def inline(page: Path) -> list[str]:
    """Inline code, which may contain line breaks."""
    return [" ".join(code.split()) for code in INLINE.findall(FENCE.sub("", page.read_text()))]


def quoted(page: Path) -> list[list[str]]:
    """All commands quoted in code blocks, in order, as lists of words; `&&` separates them, `#` starts a comment."""
    texts = [text.replace("\\\n", " ") for text in blocks(page, "", "sh", "bash")]
    lines = [line for text in texts for line in text.splitlines()]
    words = [
        shlex.split(part, comments=True)
        for line in lines
        for part in line.split("&&")
        if part.strip().startswith("reimagine ")
    ]
    return [command[1:] for command in words]


def mentioned(page: Path) -> list[list[str]]:
    """All commands in inline code, as lists of words."""
    return [shlex.split(code)[1:] for code in inline(page) if code.startswith("reimagine ")]


def command_of(words: list[str]) -> tuple[str, list[str]]:
    """The full name of a quoted command, and its arguments."""
    name = "reimagine"
    while words and f"{name} {words[0]}" in COMMANDS:
        name, words = f"{name} {words[0]}", words[1:]
    return name, words


def parse(words: list[str]) -> None:
    """Fail if the program would refuse the words, or if they contain the old name of an option."""
    name, rest = command_of(words)
    assert name != "reimagine", f"no such command: reimagine {' '.join(words)}"
    if name in GROUPS:
        assert not rest, f"{name} has no command {rest[0]!r}"
    else:
        COMMANDS[name].make_context(name, list(rest))
        old = {option for p in COMMANDS[name].params if p.hidden for option in p.opts}
        assert not old & set(rest), f"{name}: old name of an option: {old & set(rest)}"


@PAGE
def test_quoted_commands_exist_and_accept_their_options(page):
    for words in quoted(page):
        parse(words)
    for words in mentioned(page):
        rest = command_of(words)[1]
        if rest and rest != ["--help"] and "duotone" not in rest:  # the example model of CONTRIBUTING.md
            parse(words)


@PAGE
def test_quoted_commands_build_their_models(page, tmp_path, monkeypatch):
    """Commands that process a film are run up to where processing would start: models, options, looks."""
    models = []
    monkeypatch.chdir(tmp_path)
    for module in (stage_commands, recipes):
        monkeypatch.setattr(module, "deliver_films", lambda films, steps, *_: models.extend(steps))
    processing = {*stages.STAGES, *stages.CHAINS, "run"}
    for words in quoted(page):
        if words[0] in processing:
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, f"reimagine {' '.join(words)}: {done.output}"
    for model in models:
        files = {o.name: o.default for o in recipe.options(type(model)) if Path in (o.type, o.item)}
        model = replace(model, **files)  # without the reader's own files
        weights = model.required_weights
        if weights not in published.names() and not weights.startswith("runs/train-"):  # to be added, or trained
            recipe.check(model)


@PAGE
def test_quoted_recipes_python_code_and_make_targets_are_valid(page, tmp_path):
    for number, text in enumerate(blocks(page, "toml")):
        (tmp_path / f"{number}.toml").write_text(text)
        assert recipe.read(tmp_path / f"{number}.toml", check=True)
    for text in blocks(page, "python"):
        compile(textwrap.dedent(text), str(page), "exec")
    targets = re.findall(r"^([\w-]+):", (HERE / "Makefile").read_text(), re.MULTILINE)
    code = [*(line.strip() for text in blocks(page, "") for line in text.splitlines()), *inline(page)]
    for line in code:
        if line.startswith("make "):
            assert line.split()[1] in targets, line


@pytest.mark.parametrize("stage", stages.STAGES)
def test_each_stage_has_a_page(stage):
    page = DOCS / "stages" / f"{stage}.md"
    text, nav = page.read_text(), (HERE / "mkdocs.yml").read_text()
    assert f"stages/{stage}.md" in nav and f"({stage}.md)" in (DOCS / "stages" / "index.md").read_text()
    assert f"<!-- options: {stage} -->" in text and "## When it fails" in text
    commands = [COMMANDS[command_of(words)[0]] for words in quoted(page)]
    own = {name for c in commands for p in c.params if not p.hidden for name in (*p.opts, *p.secondary_opts)}
    for code in inline(page):
        if code.startswith("--"):
            assert {word for word in code.split() if word.startswith("--")} <= own, code


def test_each_command_is_mentioned():
    text = " ".join(" ".join(page.read_text().split()) for page in PAGES)
    assert not [name for name in COMMANDS if name not in text]


def test_generated_pages_are_complete():
    assert all(f" {name}\n" in reference.commands() for name in COMMANDS.keys() - {"reimagine"})
    assert all(f"### {name}\n" in reference.recipes() for name in bundled.recipes())
    cards = {*(path.stem for path in zoo.SHIPPED.glob("*.toml")), *published.names()}
    assert all(f"### {name}\n" in reference.weights() for name in cards)
    assert "<!-- recipes -->" in (DOCS / "recipes.md").read_text()


def test_errors_of_the_troubleshooting_page_are_those_of_the_program():
    """The first column quotes text that stands in the program."""
    sources = [path.read_text() for path in sorted((HERE / "reimagine").rglob("*.py"))]
    text = re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources))  # lines that were divided
    quoted = re.findall(r"^\| `([^`]+)` \|", (DOCS / "troubleshooting.md").read_text(), re.MULTILINE)
    assert len(quoted) > 40
    assert [line for line in quoted if line not in text and line != "No space left"] == []  # the system's own text


def test_the_columns_of_evaluations_are_explained():
    page = (DOCS / "numbers.md").read_text()
    for command, columns in COLUMNS.items():
        assert f"<!-- columns: {command} -->" in page
        assert all(f"| `{name}` |" in reference.columns(command) for name in columns)


def test_training_commands_of_cards_are_valid():
    for path in zoo.SHIPPED.glob("*.toml"):
        command = tomllib.loads(path.read_text())["command"]
        parse(shlex.split(command[command.index("reimagine ") :])[1:])


def test_each_dependency_is_explained():
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    page = (HERE / "docs" / "dependencies.md").read_text()
    names = [re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]]
    extras = {f"reimagine[{name}]" for name in project["optional-dependencies"]} - {"reimagine[dev]", "reimagine[docs]"}
    assert [name for name in (*names, *extras) if name not in page] == []
