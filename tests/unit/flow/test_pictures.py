"""Pictures are drawn anew within limits of memory: too large ones are refused or read smaller, and what they show stays readable."""

import io

import pytest

from anlan.flow.uploads.child import look

Image = pytest.importorskip("PIL.Image")


def drawn(picture, kind="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, format=kind, **options)
    answer, kept = look(kind.lower(), stream.getvalue())
    assert answer["code"] == "", answer
    return Image.open(io.BytesIO(kept))


def refused(picture, kind="PNG", **options):
    stream = io.BytesIO()
    picture.save(stream, format=kind, **options)
    return look(kind.lower(), stream.getvalue())[0]["code"]


def test_black_writing_and_a_red_seal_on_a_clear_palette_ground_stay_readable():
    picture = Image.new("P", (4, 1), 0)
    picture.putpalette([0, 0, 0, 0, 0, 0, 200, 0, 0])
    picture.putdata([0, 1, 2, 0])  # ground, writing, seal, ground; ground and writing are the same black
    shown = drawn(picture, transparency=0).convert("RGB")

    assert [shown.getpixel((x, 0)) for x in range(4)] == [(255, 255, 255), (0, 0, 0), (200, 0, 0), (255, 255, 255)]


@pytest.mark.parametrize(
    ("mode", "clear", "ink"), [("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), ("LA", (0, 0), (0, 255))], ids=["colour", "grey"]
)
def test_writing_on_a_clear_ground_stays_readable(mode, clear, ink):
    picture = Image.new(mode, (2, 1), clear)
    picture.putpixel((1, 0), ink)
    shown = drawn(picture).convert("RGB")

    assert (shown.getpixel((0, 0)), shown.getpixel((1, 0))) == ((255, 255, 255), (0, 0, 0))


def test_a_colour_that_stands_for_clear_becomes_white():
    picture = Image.new("RGB", (2, 1), (1, 2, 3))
    picture.putpixel((1, 0), (9, 9, 9))
    shown = drawn(picture, transparency=(1, 2, 3)).convert("RGB")

    assert (shown.getpixel((0, 0)), shown.getpixel((1, 0))) == ((255, 255, 255), (9, 9, 9))


def test_a_picture_for_the_press_is_shown_in_the_colours_of_a_screen():
    shown = drawn(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    assert shown.mode == "RGB"
    assert shown.getpixel((4, 4))[0] > 200


def test_grey_of_sixteen_bits_is_kept():
    picture = Image.new("I;16", (2, 1))
    picture.putpixel((1, 0), 40_000)
    assert drawn(picture).getpixel((1, 0)) == 40_000


def test_a_profile_of_colours_is_no_obstacle_and_stays_behind():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "icc_profile" not in drawn(Image.new("RGB", (4, 4)), icc_profile=profile).info


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (3, (23, 15)), (6, (15, 0)), (8, (0, 23))],
    ids=["upright", "over", "right", "left"],
)
def test_a_photograph_is_turned_upright(orientation, corner):
    picture = Image.new("RGB", (24, 16), (255, 255, 255))
    picture.paste((0, 0, 0), (0, 0, 8, 8))
    data = Image.Exif()
    data[0x0112] = orientation
    shown = drawn(picture, "JPEG", exif=data, quality=100)

    assert sum(shown.getpixel(corner)) < 60


def test_of_a_film_the_first_picture_is_kept():
    films = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    shown = drawn(films[0], save_all=True, append_images=films[1:])
    assert shown.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert getattr(shown, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("mode", "size"), [("RGB", (20_000, 2_990)), ("RGBA", (8_000, 4_500)), ("P", (9_000, 4_000)), ("L", (31_000, 10))]
)
def test_a_picture_that_needs_too_much_memory_is_refused_before_it_is_unpacked(mode, size):
    assert refused(Image.new(mode, size)) == "flow.E036"


def test_a_page_of_a_scanner_in_black_and_white_may_have_more_pixels():
    assert drawn(Image.new("1", (9_900, 4_000), 1)).size == (9_900, 4_000)


def test_a_very_large_photograph_is_read_at_half_its_size():
    assert drawn(Image.new("RGB", (8_200, 6_200), (9, 99, 9)), "JPEG").size == (4_100, 3_100)
