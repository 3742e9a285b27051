"""Names as people type them: ASCII spellings, and the plain form that a search compares."""

# ruff: noqa: RUF001 (letters that look alike are what this module is about)

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Latin letters that Unicode does not decompose into a letter and a mark, and the signs that transliterations
# use
_SPELLED = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "ø": "o", "Ø": "O",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n",
        "ə": "a", "Ə": "A", **dict.fromkeys("‘’ʻʼʽʾʿʹ´`′", "'"), **dict.fromkeys("‐‑‒–—−", "-"),
    }
)  # fmt: skip
_NO_LETTERS = re.compile(r"[\s\-./()|,]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")

LONGEST_NAME = 200
"""No city's name is longer (GeoNames' own limit), so no longer text can be part of one."""


def unaccent(text: str) -> str:
    """The text without accents and other marks: "São Paulo" is "Sao Paulo"."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def ascii_name(name: str) -> str:
    """The name in ASCII letters, nearly always as GeoNames' own ASCII name has it; "" if nothing is left."""
    return unaccent(name).encode("ascii", "ignore").decode().strip()


def normalise(text: str) -> str:
    """The form in which names and searches are compared: without accents, case and punctuation.

    "Saint-Denis" and "saint denis" are one, as are "Xi'an" and "xian", "Köln" and "koln".
    """
    plain = unaccent(unaccent(text).casefold()).replace("'", "")
    visible = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in plain)
    return _NO_LETTERS.sub(" ", visible).strip()


def words(query: str) -> list[str]:
    """The words of a search, normalised, each once, in order: "São, Paulo sao" is ["sao", "paulo"]."""
    return list(dict.fromkeys(normalise(query).split()))


def spellings(name: str, ascii_spelling: str) -> str:
    """What a search may find any part of: the name and, if it is spelled differently, the ASCII name."""
    return " ".join(dict.fromkeys((normalise(name), normalise(ascii_spelling))))


def aliases(names: Iterable[str], known: str) -> str:
    """A city's other names between bars, "|munchen|monaco di baviera|", less those in its `spellings`.

    Two sorts of entries in GeoNames' lists would only make noise: romanised spellings of other scripts, which
    are in lower case ("lun dun" for London), and what is said of a city ("Paris of the North").
    """
    plain = {normalise(name) for name in names if _is_a_name(name)}
    found = sorted(name for name in plain if name not in known and " of " not in name)
    return f"|{'|'.join(found)}|" if found else ""


def _is_a_name(name: str) -> bool:
    return not (_LATIN.search(name) and name == name.lower())
