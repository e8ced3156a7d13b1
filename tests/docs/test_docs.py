"""The documentation cannot lie: what it quotes is what the program does."""

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
from reimagine.cli import app, films
from reimagine.zoo import published

HERE = Path(__file__).parents[2]
DOCS = HERE / "docs"
sys.path.insert(0, str(DOCS / "hooks"))
pages = importlib.import_module("words")  # what makes the pages that are made
OTHERS = "README.md", "CONTRIBUTING.md", "assets/README.md", "benchmarks/README.md"
PAGES = [
    *(HERE / name for name in OTHERS),
    *sorted(DOCS.rglob("*.md")),
    *sorted((HERE / "examples").rglob("README.md")),
]
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HERE)))
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
COMMANDS = dict(pages.tree())
GROUPS = {name for name, command in COMMANDS.items() if hasattr(command, "commands")}


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in FENCE.findall(page.read_text()) if language in languages]


def inline(page: Path) -> list[str]:
    """Code in sentences, which may break a line."""
    return [" ".join(code.split()) for code in INLINE.findall(FENCE.sub("", page.read_text()))]


def quoted(page: Path) -> list[list[str]]:
    """Every command quoted in blocks, in order; `&&` stands between two, `#` before what is said of one."""
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
    return [shlex.split(code)[1:] for code in inline(page) if code.startswith("reimagine ")]


def found(words: list[str]) -> tuple[str, list[str]]:
    """The full name of the command that words begin with, and the words that are left for it."""
    name = "reimagine"
    while words and f"{name} {words[0]}" in COMMANDS:
        name, words = f"{name} {words[0]}", words[1:]
    return name, words


def parse(words: list[str]) -> None:
    """Fails where the program would refuse the words."""
    name, rest = found(words)
    assert name != "reimagine", f"no such command: reimagine {' '.join(words)}"
    if name in GROUPS:
        assert not rest, f"{name} has no command {rest[0]!r}"
    else:
        COMMANDS[name].make_context(name, list(rest))


@PAGE
def test_quoted_commands_are_commands(page):
    for words in quoted(page):
        parse(words)
    for words in mentioned(page):
        rest = found(words)[1]
        if rest and rest != ["--help"] and "duotone" not in rest:  # the model that CONTRIBUTING adds
            parse(words)


@PAGE
def test_quoted_stages_and_recipes_are_built(page, tmp_path, monkeypatch):
    """Those that do something to a film are run up to where the work begins: models, options, looks."""
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(films, "deliver", lambda film, steps, *_: asked.extend(steps))
    monkeypatch.setattr(films, "foretell", lambda film, steps, *_: asked.extend(steps))
    own = {command.name for command in films.app.registered_commands}
    for words in quoted(page):
        if words[0] in own:
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, f"reimagine {' '.join(words)}: {done.output}"
    for step in asked:
        if getattr(step, "reference", None):  # a film of the reader's
            step = replace(step, reference=None)
        weights = getattr(step, "network", getattr(step, "weights", ""))
        if weights not in published.names() and not weights.startswith("runs/train-"):  # to add, to train
            recipe.check(step)


@PAGE
def test_quoted_recipes_python_and_make(page, tmp_path):
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
def test_every_stage_has_a_page(stage):
    page = DOCS / "stages" / f"{stage}.md"
    text, nav = page.read_text(), (HERE / "mkdocs.yml").read_text()
    assert f"stages/{stage}.md" in nav and f"({stage}.md)" in (DOCS / "stages" / "index.md").read_text()
    assert f"<!-- options: {stage} -->" in text and "## When it fails" in text
    commands = [COMMANDS[found(words)[0]] for words in quoted(page)]
    own = {name for command in commands for p in command.params for name in (*p.opts, *p.secondary_opts)}
    for code in inline(page):
        if code.startswith("--"):
            assert {word for word in code.split() if word.startswith("--")} <= own, code


def test_every_command_is_told_of():
    text = " ".join(" ".join(page.read_text().split()) for page in PAGES)
    assert not [name for name in COMMANDS if name not in text]


def test_made_pages_hold_everything():
    assert all(f" {name}\n" in pages.commands() for name in COMMANDS.keys() - {"reimagine"})
    assert all(f"### {name}\n" in pages.recipes() for name in bundled.recipes())
    cards = {*(path.stem for path in zoo.SHIPPED.glob("*.toml")), *published.names()}
    assert all(f"### {name}\n" in pages.weights() for name in cards)
    assert "<!-- recipes -->" in (DOCS / "recipes.md").read_text()


def test_how_a_card_says_it_was_trained():
    for path in zoo.SHIPPED.glob("*.toml"):
        told = tomllib.loads(path.read_text())["command"]
        parse(shlex.split(told[told.index("reimagine ") :])[1:])
