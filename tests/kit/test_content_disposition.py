"""Names of downloads."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragstone.kit.content_disposition import attachment

FORM = re.compile(r"attachment; filename=\"([\x20-\x7e]*)\"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)")


def names(value: str) -> tuple[str, str]:
    """For old clients, and for all others."""
    parsed = FORM.fullmatch(value)
    assert parsed is not None, value
    return parsed[1], unquote(parsed[2], errors="strict")


@pytest.mark.parametrize(
    ("given_name", "plain", "full"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("تقرير سنوي.pdf", "_____ ____.pdf", "تقرير سنوي.pdf"),
        ("naïve 100%.txt", "na_ve 100_.txt", "naïve 100%.txt"),
        ('a"; filename=evil.exe', "a_; filename=evil.exe", "a_; filename=evil.exe"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x", "a__Set-Cookie_ x"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ("..\\..\\boot.ini", "_.._boot.ini", "_.._boot.ini"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe", "invoice_fdp.exe"),
        ("con.txt", "_con.txt", "_con.txt"),
        ("LPT1", "_LPT1", "_LPT1"),
        ("console.txt", "console.txt", "console.txt"),
        ("", "file", "file"),
        (". . .", "file", "file"),
        ("\ud800x", "_x", "_x"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_safe(given_name: str, plain: str, full: str) -> None:
    assert names(attachment(given_name)) == (plain, full)


def test_a_long_name_keeps_its_ending() -> None:
    _, full = names(attachment("س" * 300 + ".docx"))
    assert full.endswith("س.docx")
    assert len(full.encode()) <= 240
    assert len(names(attachment("x." + "y" * 300))[1]) == 240


@given(st.text())
def test_no_name_breaks_the_header_or_leaves_the_folder(name: str) -> None:
    for part in names(attachment(name)):
        assert part.strip(" .")
        assert not set(part) & set('/\\:"<>|\r\n\0\u202e')
        assert len(part.encode()) <= 241
