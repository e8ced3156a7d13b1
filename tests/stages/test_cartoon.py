"""A look: whose it is, that it is steady, that grey stays grey, and how one is learnt."""

from __future__ import annotations

import csv
from itertools import pairwise

import cv2
import numpy as np
import pytest
import torch
from helpers import make_film, picture

import reimagine
from reimagine import zoo
from reimagine.errors import MediaError, StageError, WeightsError
from reimagine.media import Shot
from reimagine.media.frames import frame_from_image
from reimagine.metrics.warp import gradient_energy
from reimagine.stages.cartoon.cartoongan import data
from reimagine.stages.cartoon.cartoongan.net import CartoonGenerator, EvenNorm
from reimagine.stages.cartoon.cartoongan.train import TrainCartoon
from reimagine.stages.cartoon.stylizer import Stylizer, as_sharp, calmed

CARTOON = reimagine.model("cartoon")


@pytest.fixture
def weights(tiny_weights) -> str:
    return str(tiny_weights["cartoon cartoongan"])


def scene(side: int = 128) -> np.ndarray:
    """A room with edges, planes and colours."""
    image = np.full((side, side * 5 // 4, 3), (210, 190, 150), np.uint8)
    cv2.rectangle(image, (10, 20), (side // 2, side - 20), (60, 110, 170), -1)
    cv2.circle(image, (side, side // 2), side // 4, (190, 60, 50), -1)
    cv2.line(image, (0, side - 10), (side, 8), (20, 20, 30), 2)
    return image


def drawings(model, images: list[np.ndarray]) -> list[np.ndarray]:
    frames = [frame_from_image(n, i).renumbered(n, Shot(0, len(images))) for n, i in enumerate(images)]
    return [f.image for f in model.load("cpu")(iter(frames))]


# -- what a film meets ---------------------------------------------------------------------


def test_the_shipped_looks_draw_and_differ():
    """Every look is its own: other than the film, other than each other, and no blur."""
    made = {}
    for look in ("ink", *(n for n in CARTOON.looks() if (zoo.SHIPPED / f"cartoon-{n}.toml").exists())):
        made[look] = drawings(CARTOON(look=look), [scene(192)])[0].astype(int)
        assert 4 < np.abs(made[look] - scene(192)).mean() < 110, look
        assert gradient_energy(made[look].astype(np.uint8)) > 0.3 * gradient_energy(scene(192)), look
    assert {"ink", "hayao", "shinkai"} <= made.keys() and len(made) >= 6
    for a, b in pairwise(made.values()):
        assert np.abs(a - b).mean() > 4


def test_what_stands_still_does_not_boil_and_stays_sharp():
    rng = np.random.default_rng(0)
    grainy = [np.clip(scene() + rng.normal(0, 6, scene().shape), 0, 255).astype(np.uint8) for _ in range(12)]
    apart, steady = (drawings(reimagine.model("cartoon", "ink")(steady=s), grainy) for s in (0.0, 1.0))

    def boiling(images: list[np.ndarray]) -> float:
        return float(np.mean([np.square(a.astype(float) - b).mean() for a, b in pairwise(images[4:])]))

    assert boiling(steady) < 0.5 * boiling(apart)
    assert gradient_energy(steady[-1]) > 0.9 * gradient_energy(apart[-1])


def test_a_cut_is_not_drawn_over():
    """The first frame after a cut owes nothing to the shot before."""
    images = [picture(n, 96, 64, int(n >= 3)) for n in range(6)]
    frames = [frame_from_image(n, i).renumbered(n, Shot(0, 3) if n < 3 else Shot(3, 6)) for n, i in enumerate(images)]
    work = Stylizer(lambda image: image, 1.0, 1.0).drawn
    made = list(Stylizer(lambda image: image, 1.0, 1.0)(iter(frames)))
    assert np.abs(made[3].image - work(frames[3].image)).max() <= 8  # 4:2:0 there and back


def test_sharpening_gives_back_what_averaging_took():
    drawing = scene().astype(np.float32)
    soft = (drawing + np.roll(drawing, 1, 1)) / 2
    back = as_sharp(soft, drawing).clip(0, 255).astype(np.uint8)
    averaged, sharp, own = map(gradient_energy, (soft.astype(np.uint8), back, drawing.astype(np.uint8)))
    assert averaged < sharp < 1.1 * own
    assert np.abs(as_sharp(drawing, drawing) - drawing).max() < 1e-2


def test_even_places_stay_even_and_lines_stay():
    """Strokes that a network puts into an empty wall go; those of the picture are kept."""
    picture = np.full((96, 128), 180, np.uint8)
    picture[:, 64:] = 40
    strokes = np.repeat((picture + np.random.default_rng(0).normal(0, 12, picture.shape))[..., None], 3, 2)
    calm = calmed(strokes.astype(np.float32), picture)
    assert calm[20:-20, 20:40].std() < 0.4 * strokes[20:-20, 20:40].std()
    assert np.abs(calm[:, 62:66] - strokes[:, 62:66]).mean() < 1


def test_grey_stays_grey_unless_asked(weights):
    grey = cv2.cvtColor(cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    plain, coloured = (drawings(CARTOON(weights=weights, colour=c), [grey])[0] for c in (False, True))
    assert np.ptp(plain.astype(int), axis=2).max() <= 8
    assert np.ptp(coloured.astype(int), axis=2).max() > 8


@pytest.mark.parametrize("size", [(40, 30), (97, 301), (640, 360)])
def test_any_size_without_seams(weights, size):
    """Also where the network draws smaller than the film: the enlarged drawing keeps the film's edges."""
    image = cv2.resize(scene(), size)
    whole, small = (drawings(CARTOON(weights=weights, size=s), [image])[0] for s in (2000, 64))
    assert whole.shape == small.shape == image.shape
    assert np.abs(whole.astype(float).mean((0, 1)) - small.mean((0, 1))).max() < 40


def test_strength_goes_from_the_film_to_the_look(weights):
    none, half, all_ = (drawings(CARTOON(weights=weights, strength=s), [scene()])[0] for s in (0.0, 0.5, 1.0))
    assert np.abs(none.astype(int) - frame_from_image(0, scene()).image).mean() < 2
    assert np.abs(half - (none / 2 + all_ / 2)).mean() < 3


def test_lines_are_drawn_over_when_asked(weights):
    without, with_ = (drawings(CARTOON(weights=weights, line=v), [scene()])[0] for v in (0.0, 1.0))
    assert with_.mean() < without.mean()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"look": "hayo"}, "unknown look 'hayo'.*hayao"),
        ({"look": "ink", "strength": 2.0}, "0 to 1"),
        ({"look": "ink", "steady": -1.0}, "--steady"),
        ({"size": 3}, "64 to 2160"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, words):
    with pytest.raises(StageError, match=words) as caught:
        CARTOON(**options).load("cpu")
    assert "\n" not in str(caught.value)


def test_the_report_says_what_steadying_did(tmp_path):
    done = reimagine.run(make_film(tmp_path / "film.mp4", 8), [reimagine.model("cartoon", "ink")()], tmp_path / "run")
    told = done.report["cartoon_warp_error"]
    assert 0 < told["after"] <= told["before"] and "pairs compared" not in done.report["counts"]


def test_a_published_look_says_how_it_is_added():
    with pytest.raises(WeightsError, match="models add cartoongan-hosoda"):
        CARTOON(look="hosoda").load("cpu")


def test_another_training_is_another_question(tiny_weights, tmp_path):
    """A run folder that was trained on is not answered from the cache."""
    film, look = make_film(tmp_path / "film.mp4", 4), tmp_path / "look"
    look.mkdir()
    net = CartoonGenerator(4)
    keys = set()
    for _ in range(2):
        torch.nn.init.normal_(net.deconv03_1.weight)
        zoo.save(look / "weights.safetensors", net, {"width": 4})
        reimagine.run(film, [CARTOON(look=str(look))], tmp_path / "run")
        keys = {p.name for p in (tmp_path / "run").glob("??-cartoon*")}
    assert len(keys) == 2


# -- how it is learnt ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for n in range(4):
        noise = cv2.GaussianBlur(rng.random((280, 280, 3), np.float32), (0, 0), 12)
        cv2.imwrite(str(folder / f"{n}.png"), 255 * (noise - noise.min()) / np.ptp(noise))
    return folder


def drawn_page(rng: np.random.Generator) -> np.ndarray:
    page = np.full((300, 300, 3), (235, 225, 190), np.uint8)
    for _ in range(14):
        (x, y), r = rng.integers(20, 280, 2), int(rng.integers(15, 60))
        cv2.circle(page, (int(x), int(y)), r, rng.integers(0, 255, 3).tolist(), -1)
        cv2.circle(page, (int(x), int(y)), r, (10, 10, 20), 3)
    return page


@pytest.fixture(scope="module")
def art(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("art"), np.random.default_rng(1)
    for n in range(4):
        cv2.imwrite(str(folder / f"{n}.png"), drawn_page(rng))
    return folder


def rows_of(run) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "log.csv").open()))


def test_a_look_is_learnt_from_pictures_resumed_and_used(photos, art, tmp_path):
    def train(minutes: float):
        work = TrainCartoon(photos, art=art, minutes=minutes, batch=1, sample=1, first=0.3, start="")
        return work(tmp_path / "mine")

    train(0.02)
    first = rows_of(tmp_path / "mine")
    weights = train(0.2)
    rows = rows_of(tmp_path / "mine")
    assert rows[: len(first)] == first and int(rows[-1]["steps"]) > int(first[-1]["steps"]) > 0
    assert float(rows[-1]["style"]) > 0 and list((tmp_path / "mine" / "samples").glob("*.webp"))
    assert zoo.find(str(weights)).facts["look"] == "mine"
    made = drawings(CARTOON(look=str(tmp_path / "mine")), [scene()])[0]
    assert made.std() > 10


def test_a_look_is_learnt_from_a_film(photos, art, tmp_path):
    """One frame every three seconds; black ones and credits teach nothing."""
    rng = np.random.default_rng(2)
    path = tmp_path / "film.mp4"
    pages = [drawn_page(rng) for _ in range(5)]
    credits = np.zeros((300, 300, 3), np.uint8)
    for n, text in enumerate(("DIRECTED BY", "A PERSON WHO", "LIKES TO DRAW", "AND OTHER PEOPLE")):
        cv2.putText(credits, text, (20, 60 + 60 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    write_film(path, [*pages, np.zeros_like(credits), credits])
    assert len(list(data.frames_of(path))) == 5
    TrainCartoon(photos, frames_from=path, minutes=0.02, batch=1)(tmp_path / "mine")
    assert (tmp_path / "mine" / "weights.safetensors").exists()


def write_film(path, images: list[np.ndarray]) -> None:
    import av

    with av.open(str(path), "w") as box:
        stream = box.add_stream("libx264", rate=2)
        stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], "yuv420p"
        for image in images:
            for _ in range(6):
                box.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        box.mux(stream.encode())


def test_a_teacher_is_followed(photos, tmp_path):
    """What it drew is kept, and drawn once."""
    zoo.save(tmp_path / "teacher.safetensors", CartoonGenerator(4), {"width": 4})

    def train(minutes: float):
        return TrainCartoon(
            photos, look="mine", teacher=str(tmp_path / "teacher.safetensors"), batch=2, minutes=minutes
        )(tmp_path / "run")

    train(0.03)
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "run" / "pairs").iterdir()}
    assert len(kept) == 8 and (tmp_path / "run" / "pairs" / "00003.mine.webp") in kept
    train(0.05)
    assert kept == {p: p.stat().st_mtime_ns for p in (tmp_path / "run" / "pairs").iterdir()}


@pytest.mark.parametrize("given", [{}, {"art": "a", "teacher": "b"}])
def test_one_thing_to_learn_from(photos, tmp_path, given):
    with pytest.raises(StageError, match="one of --art, --frames-from and --teacher"):
        TrainCartoon(photos, **given)(tmp_path)


def test_another_look_is_not_gone_on_with(photos, art, tmp_path):
    TrainCartoon(photos, look="crane", art=art, minutes=0)(tmp_path)
    with pytest.raises(StageError, match=r"'crane'.*--into"):
        TrainCartoon(photos, look="potter", art=art)(tmp_path)


def test_too_few_drawings(photos, tmp_path):
    (tmp_path / "art").mkdir()
    cv2.imwrite(str(tmp_path / "art" / "white.png"), np.full((300, 300, 3), 255, np.uint8))
    with pytest.raises(MediaError, match="too little to learn a look from"):
        TrainCartoon(photos, art=tmp_path / "art")(tmp_path / "run")
    with pytest.raises(MediaError, match="no films"):
        TrainCartoon(photos, frames_from=tmp_path / "art")(tmp_path / "run")


def test_only_edges_are_smoothed():
    page = drawn_page(np.random.default_rng(0))
    soft = data.smooth_edges(page)
    edges = cv2.Canny(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), 100, 200) > 0
    far = cv2.dilate(edges.astype(np.uint8), np.ones((9, 9))) == 0
    assert (soft[far] == page[far]).all() and (soft[edges] != page[edges]).any()
    assert gradient_energy(soft) < 0.8 * gradient_energy(page)


def test_a_faded_print_is_black_on_white_again_and_colour_is_left_alone():
    page = cv2.cvtColor(drawn_page(np.random.default_rng(0)), cv2.COLOR_RGB2GRAY)
    faded = np.repeat((90 + page // 4)[..., None], 3, 2)
    assert np.ptp(faded) < 70 and np.ptp(data.levelled(faded)) > 240
    coloured = drawn_page(np.random.default_rng(0))
    assert (data.levelled(coloured) == coloured).all()


def test_lettering_is_told_from_drawing():
    page = np.full((256, 256), 240, np.uint8)
    for row in range(6):
        cv2.putText(page, "ONCE UPON A TIME", (10, 40 + 36 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 10, 2)
    drawing = cv2.cvtColor(cv2.resize(drawn_page(np.random.default_rng(0)), (256, 256)), cv2.COLOR_RGB2GRAY)
    assert data.lettering(page) > data.WORDS > data.lettering(drawing)


def test_the_norm_is_group_norm_with_a_backward_of_its_own():
    torch.manual_seed(0)
    ours, theirs = EvenNorm(5, 5), torch.nn.GroupNorm(5, 5)
    torch.nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, 5, 8, 9)
    grad = torch.randn_like(x)
    inputs = [x.clone().requires_grad_() for _ in range(2)]
    for norm, given in zip((ours, theirs), inputs, strict=True):
        norm(given).backward(grad)
    assert torch.allclose(inputs[0].grad, inputs[1].grad, atol=1e-5)
    assert torch.allclose(ours.weight.grad, theirs.weight.grad, atol=1e-4)
