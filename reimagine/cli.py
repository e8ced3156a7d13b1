"""Words typed by a person. No work is done here, and nothing heavy is loaded before it is needed."""
from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from reimagine import recipe, stages
from reimagine.errors import RecipeError, ReimagineError, unknown

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Re-imagine an old film: colour it, draw it, re-score it, continue it.",
)  # fmt: skip
train = typer.Typer(no_args_is_help=True, help="Train a model's weights.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure a model against the truth.")
models = typer.Typer(help="The models of each stage, and the weights that are shipped.")
preview = typer.Typer(no_args_is_help=True, help="A sheet: a few frames under a few settings.")
app.add_typer(train, name="train")
app.add_typer(evaluate, name="evaluate")
app.add_typer(models, name="models")
app.add_typer(preview, name="preview")

KEYWORD = inspect.Parameter.KEYWORD_ONLY


def parameter(name: str, kind: Any, default: Any, *about: Any) -> inspect.Parameter:
    return inspect.Parameter(name, KEYWORD, default=default, annotation=Annotated[(kind, *about)])


def option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, **more)


FILM = parameter("film", Path, inspect.Parameter.empty,
                 typer.Argument(help="A film, sound or picture file, a folder of pictures, or a run "
                                     "folder to go on with."))  # fmt: skip
DEVICE = parameter("device", str, "auto", option("auto, cpu, cuda or mps"))
OUTPUT = option("The finished film [default: <run>/film.mp4]", "-o", "--output")
COMMON = [
    parameter("into", Optional[Path], None, option("Run folder [default: runs/<film's stem>]")),
    parameter("output", Optional[Path], None, OUTPUT),
    parameter("start", Optional[float], None, option("Begin here, in seconds")),
    parameter("end", Optional[float], None, option("End here, in seconds")),
    parameter("codec", str, "h264", option("Of the finished film: h264, hevc, vp9, av1, ffv1, prores")),
    parameter("crf", int, 18, option("Its quality; smaller is better and bigger")),
    parameter("preset", str, "veryfast", option("Its encoder's preset; slower is smaller")),
    parameter("intermediates", str, "magicyuv", option("On the way: magicyuv (lossless, fast), ffv1 "
              "(lossless, smaller) or h264 (small)")),
    DEVICE,
    parameter("engine", str, "local", option("How parts are shared out: local")),
    parameter("quiet", bool, False, option("No progress", "--quiet", "-q")),
    parameter("json", bool, False, option("Progress as JSON lines on standard error", "--json")),
]  # fmt: skip


def flags(chosen: list[str]) -> list[inspect.Parameter]:
    """One flag per field of any model of these stages; the help says whose it is."""
    owners: dict[str, list[str]] = {}
    kinds: dict[str, recipe.Option] = {}
    for stage in chosen:
        for name in stages.named(stage):
            for field in recipe.options(stages.model(stage, name)):
                if kinds.setdefault(field.name, field).type is not field.type:
                    raise TypeError(f"--{field.name} has two types among the models of {stage}")
                owners.setdefault(field.name, []).append(f"{name}={field.default}")
    return [
        parameter(name, Optional[field.type], None, option(f"{field.help} ({', '.join(owners[name])})"))
        for name, field in kinds.items()
    ]  # fmt: skip


def pick(stage: str, name: str | None, given: dict[str, Any]) -> Any:
    """The chosen model with those of the given flags that are its own."""
    mine = {o.name for o in recipe.options(stages.model(stage, name))}
    return recipe.build(stage, name, {k: v for k, v in given.items() if k in mine})


def stage_command(title: str, chosen: list[str], sentence: str) -> None:
    """A command that does one stage, or a chain of them, to a film."""
    asked = [parameter("model" if len(chosen) == 1 else stage, Optional[str], None,
                       option(f"Model for {stage}: {', '.join(stages.named(stage))} "
                              f"[default: {stages.default(stage)}]")) for stage in chosen]  # fmt: skip
    own = flags(chosen)

    def command(**given: Any) -> None:
        from reimagine.progress import guarded

        with guarded(given["quiet"], given["json"]) as watch:
            names = [given[p.name] for p in asked]
            wished = {p.name: given[p.name] for p in own if given[p.name] is not None}
            steps = [pick(s, n, wished) for s, n in zip(chosen, names, strict=True)]
            stray = set(wished) - {o.name for step in steps for o in recipe.options(type(step))}
            if stray:
                raise RecipeError(f"--{stray.pop()} is not an option of "
                                  f"{' or '.join(' '.join(stages.place(s)) for s in steps)}")  # fmt: skip
            for film in films(given["film"]):
                deliver(film, steps, given, watch)

    extra = [EXPORT_REFERENCES] if title == "colorize" else []
    _register(command, [FILM, *asked, *own, *extra, *COMMON], sentence)
    app.command(title)(command)


EXPORT_REFERENCES = parameter("export_references", Optional[Path], None,
                              option("Write one ref_nnnnnn.png a shot here, to edit and give back "
                                     "as --references"))  # fmt: skip


def _register(command: Any, parameters: list[inspect.Parameter], sentence: str) -> None:
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {}
    command.__doc__ = sentence


def films(source: Path) -> list[Path]:
    """A folder of pictures is as many films of one frame; anything else is one film."""
    if source.is_dir() and not (source / "run.json").exists():
        from reimagine.media.film import STILLS, stills_of

        if not stills_of(source):
            kinds = ", ".join(STILLS)
            raise RecipeError(f"{source}: neither a run folder nor a folder of pictures ({kinds})")
        return stills_of(source)
    return [source]


def deliver(film: Path, steps: list[Any], given: dict[str, Any], watch: Any) -> None:
    from reimagine.api import run
    from reimagine.media.export import Encoding

    alone = film == given["film"]
    if not alone and given["output"]:
        raise RecipeError("-o names one file, but this is a folder of pictures; leave it out")
    into = given["into"] / film.stem if given["into"] and not alone else given["into"]
    done = run(film, steps, into, given["output"], start=given["start"], end=given["end"],
               device=given["device"], engine=given["engine"], intermediates=given["intermediates"],
               encoding=Encoding(given["codec"], given["crf"], given["preset"]), watch=watch)  # fmt: skip
    if given.get("export_references"):
        from reimagine.gallery.references import export_references

        export_references(done.folder, given["export_references"])
    typer.echo(done.film)


stage_command("colorize", ["colorize"], "Colour a black-and-white film.")
stage_command("stabilize", ["stabilize"], "Take the flicker out of a film's colours.")
stage_command("cartoon", ["cartoon"], "Draw the film in an artist's look.")
stage_command("music", ["transcribe", "timbre", "mix"],
              "Transcribe the film's music and play it again in other timbres.")  # fmt: skip
stage_command("continue", ["continue"], "Let the film go on after its last frame.")


def run_recipe(**given: Any) -> None:
    from reimagine.progress import guarded

    with guarded(given["quiet"], given["json"]) as watch:
        steps = recipe.read(given["recipe"])
        for film in films(given["film"]):
            deliver(film, steps, given, watch)


RECIPE = parameter("recipe", Path, inspect.Parameter.empty,
                   typer.Argument(help="A recipe, such as pipelines/everything.toml."))  # fmt: skip
_register(run_recipe, [RECIPE, FILM, *COMMON], "Do a whole recipe to a film.")
app.command("run")(run_recipe)


def train_command(name: str) -> None:
    """Its options are read only when it is asked for: `reimagine --help` loads no torch."""
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}

    @train.command(name, context_settings=settings, add_help_option=False, help=f"Train {name}.")
    def command(context: typer.Context) -> None:
        cls = stages.training(name)

        def work(**given: Any) -> None:
            from reimagine.progress import guarded
            from reimagine.zoo.device import choose

            into, device = given.pop("into"), given.pop("device")
            with guarded(True, False):
                typer.echo(cls(**given)(into or Path("runs") / f"train-{name}", choose(device)))

        fields = list(recipe.options(cls))
        own = [parameter(o.name, o.type, _default(o), option(o.help)) for o in fields]
        into = option(f"Run folder; an interrupted training goes on [default: runs/train-{name}]")
        _register(work, [*own, parameter("into", Optional[Path], None, into), DEVICE], cls.__doc__ or "")
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(context_settings={"help_option_names": ["-h", "--help"]})(work)
        alone(args=context.args, prog_name=f"reimagine train {name}")


def _default(field: recipe.Option) -> Any:
    """A field without a default is an option that must be given."""
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default


for _name in stages.TRAININGS:
    train_command(_name)


@evaluate.command("colour")
def evaluate_colour(
    folder: Annotated[Path, typer.Argument(help="Folder of colour photographs")],
    model: Annotated[Optional[str], typer.Option(help="Model for colorize")] = None,
    weights: Annotated[Optional[str], typer.Option(help="A name in the zoo, or a path")] = None,
    size: Annotated[Optional[int], typer.Option(help="Short side at which the network works")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Grey photographs, colour them, compare with the truth."""
    from reimagine.progress import guarded, table

    with guarded(False, False):
        from reimagine.metrics import evaluate as measure
        from reimagine.zoo.device import choose

        given = {k: v for k, v in (("weights", weights), ("size", size)) if v is not None}
        chosen = recipe.build("colorize", model, given)
        table(measure.colour(chosen, measure.squares(folder), choose(device)), json)


@evaluate.command("warp")
def evaluate_warp(
    result: Annotated[Path, typer.Argument(help="A film that was coloured, drawn or stabilized")],
    source: Annotated[Path, typer.Option(help="The film it was made from")],
    before: Annotated[Optional[Path], typer.Option(help="What it was before it was stabilized")] = None,
    lai_compat: Annotated[bool, typer.Option("--lai-compat", help="As the published code counts, slips "
                                             "included")] = False,
    lpips: Annotated[Optional[Path], typer.Option(help="Folder with squeezenet11_features.safetensors and "
                                                  "lpips_squeeze_heads.safetensors [default: the shipped "
                                                  "colorizer's encoder judges]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:  # fmt: skip
    """How much a film flickers, and whether it paid for steadiness with colour or sharpness."""
    from reimagine.progress import guarded, table

    with guarded(False, False):
        from reimagine.metrics import evaluate as measure
        from reimagine.metrics.perceptual import FILES, Distance

        judge = Distance(*(lpips / name for name in FILES)) if lpips else Distance()
        table(measure.warp(source, result, before, lai_compat, judge), json)


@models.callback(invoke_without_command=True)
def models_list(context: typer.Context) -> None:
    """The models of each stage, and the weights that are shipped."""
    if context.invoked_subcommand in (None, "list"):
        from reimagine import zoo

        for stage, rows in stages.MODELS.items():
            for name in rows:
                what = (stages.model(stage, name).__doc__ or "").strip().splitlines()[0]
                typer.echo(f"{stage:<11}{name:<11}{what}")
        from reimagine.zoo import published

        for card in zoo.cards():
            size = card.facts.get("bytes", 0) / 1e6
            typer.echo(f"weights    {card.name}  ({size:.1f} MB, {card.facts.get('licence', '?')})")
        for name in sorted(set(published.names()) - {card.name for card in zoo.cards()}):
            title = published.card(name)["title"]
            typer.echo(f"to add     {name}  ({title}; reimagine models add {name})")


@models.command("list")
def models_list_command() -> None:
    """All of them, a line each."""


@models.command("add")
def models_add(
    name: Annotated[str, typer.Argument(help="Such as deoldify-video; `reimagine models` lists them")],
    file: Annotated[Optional[Path], typer.Option(help="The published file [default: downloaded]")] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Though its sum is another")] = False,
) -> None:
    """Read weights that others published, check them, and keep them."""
    from reimagine.progress import guarded

    with guarded(False, False):
        from reimagine.zoo import published

        path, tensors = published.add(name, file, unchecked)
        typer.echo(f"{tensors} tensors read, none left over", err=True)
        typer.echo(path)


@models.command("show")
def models_show(name: Annotated[str, typer.Argument(help="A stage, or the name of weights")]) -> None:
    """A stage's models with their options, or the card of weights."""
    from reimagine.progress import guarded

    with guarded(False, False):
        from reimagine import zoo

        if name in stages.MODELS:
            for row in stages.named(name):
                cls = stages.model(name, row)
                typer.echo(f"{name} {row}: {(cls.__doc__ or '').strip()}")
                for field in recipe.options(cls):
                    typer.echo(f"  --{field.name.replace('_', '-'):<16}{field.help} [{field.default}]")
            return
        shipped = [c.name for c in zoo.cards()]
        if name not in shipped:
            raise RecipeError(unknown("stage or weights", name, [*stages.MODELS, *shipped]))
        typer.echo(zoo.find(name).path.with_suffix(".toml").read_text().strip())


def preview_command(stage: str) -> None:
    def command(**given: Any) -> None:
        from reimagine.progress import guarded

        with guarded(given["quiet"], given["json"]) as watch:
            from reimagine.gallery.preview import preview as draw

            names = ("model", "film", "into", "frames", "device")
            typer.echo(draw(stage, *(given[name] for name in names), watch))

    asked = parameter("model", Optional[str], None, option(f"One of: {', '.join(stages.named(stage))}"))
    count = parameter("frames", int, 4, option("How many frames, spread over the film"))
    kept = [p for p in COMMON if p.name in ("into", "device", "quiet", "json")]
    sentence = f"A few frames of a film under a few settings of {stage}."
    _register(command, [FILM, asked, count, *kept], sentence)
    preview.command(stage)(command)


for _stage in ("colorize", "cartoon"):
    preview_command(_stage)


def main() -> None:
    """The program; errors a person can mend are one line and exit 1."""
    try:
        app()
    except ReimagineError as error:
        typer.echo(f"reimagine: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
