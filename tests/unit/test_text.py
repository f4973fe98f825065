"""Text as Fortnox takes it; the property test says that nothing else ever leaves."""

import pytest

from app.ledgers.fortnox.text import clean, described


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("Mugg, 33 cl – blå & vit (2-pack) 50 %", "Mugg, 33 cl – blå & vit (2-pack) 50 %"),
        ("Mugg 😀 blå", "Mugg blå"),
        ("😀", ""),
        ("Levi's", "Levi’s"),
        ("\u2018kant\u2019", "’kant’"),
        ('12" skiva', "12’’ skiva"),
        ("“Boken” „Buch“", "’’Boken’’ ’’Buch’’"),
        ("Bönor [500 g] {ny} <rea>", "Bönor (500 g) (ny) (rea)"),
        ("röd|grön ~ 5", "röd/grön - 5"),
        ("tab\there", "tab here"),
        ("och så vidare…", "och så vidare..."),
        ("kort — lång", "kort – lång"),
        ("  många   mellanslag  ", "många mellanslag"),
        ("①②③ Ⅷ ٣", ""),
        ("½ m² ™ ® ©", "½ m² ™ ® ©"),
        ("Łódź Ñandú ñ ß 漢字", "Łódź Ñandú ñ ß 漢字"),
        ("rad 1\r\nrad 2", "rad 1\r\nrad 2"),
        ("a\u0308pple", "äpple"),
        ("a\u200d\u0308pple", "äpple"),
        ("nul\x00l\x1b", "null"),
        ("", ""),
    ],
)
def test_text_keeps_its_meaning_as_far_as_it_goes(given: str, sent: str) -> None:
    assert clean(given, 255) == sent


def test_text_at_the_limit_is_whole_and_beyond_it_is_cut_with_a_sign() -> None:
    assert clean("x" * 50, 50) == "x" * 50
    assert clean("x" * 51, 50) == "x" * 47 + "..."
    assert clean("ett två tre", 10) == "ett två..."
    assert clean("ett två trehundra", 11) == "ett två..."


def test_length_is_counted_after_replacing() -> None:
    assert clean("…" * 4, 12) == "." * 12
    assert clean("😀" * 20 + "x", 5) == "x"


@pytest.mark.parametrize("text", ["🌸", "🌸 (🌸🌸)", "()", "— · —", ""])
def test_text_that_says_nothing_gives_way_to_a_word(text: str) -> None:
    assert described(text, 255, "Vara") == "Vara"
