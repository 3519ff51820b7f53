"""The words that made-up names consist of: shipped tables, and a folder with more of them where there is one.

In the folder (all files optional): orgs_sample_200k.csv.gz (name), brand_words.txt.gz, surname_frequency.csv
(surname, n.1930_2008), givenname_char_frequency.csv (character, n.male, n.female).
"""

import csv
import gzip
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from credit_sync.shipped import shipped

_HAN = re.compile(r"[一-鿿]{2,4}")
_UNIFIED = re.compile(r"[一-龥]+")


@dataclass(frozen=True)
class Weighted:
    """Words and how often each occurs (sums to one)."""

    words: NDArray[np.str_]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, counts: dict[str, float]) -> "Weighted":
        shares = np.array(list(counts.values()), dtype=float)
        return cls(np.array(list(counts)), shares / shares.sum())


@dataclass(frozen=True)
class Words:
    surnames: Weighted
    given: Weighted
    brands: NDArray[np.str_]
    """Empty where no folder has any: then brands are made of two or three characters."""
    trades: NDArray[np.str_]
    firms: tuple[str, ...]
    """Real names of organisations, in the folder's order; may be empty."""
    divisions: dict[int, str]
    """Counties, cities and provinces in force: code -> name."""

    @property
    def provinces(self) -> dict[int, str]:
        """The two digits of a province -> its name."""
        return {code // 10000: name for code, name in self.divisions.items() if code % 10000 == 0}


def read_words(folder: Path | None) -> Words:
    names = shipped("mappings") / "names"
    persons = tomllib.loads((names / "person_names.toml").read_text(encoding="utf-8"))
    organisations = tomllib.loads((names / "organisation_words.toml").read_text(encoding="utf-8"))
    with (names / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    surnames = {row["surname"]: float(row["n.1930_2008"]) for row in _rows(folder, "surname_frequency.csv")}
    given = {
        row["character"]: float(row["n.male"]) + float(row["n.female"])
        for row in _rows(folder, "givenname_char_frequency.csv")
    }
    return Words(
        surnames=Weighted.of(surnames or persons["surnames"]),
        given=Weighted.of(given or _with_rare(persons["given_characters"])),
        brands=np.array([w for w in _lines(folder, "brand_words.txt.gz") if _HAN.fullmatch(w)], dtype=np.str_),
        trades=np.array(organisations["trades"]["words"]),
        firms=tuple(
            dict.fromkeys(
                row["name"]
                for row in _rows(folder, "orgs_sample_200k.csv.gz")
                if len(row["name"]) >= 6 and _UNIFIED.search(row["name"])
            )
        ),
        divisions={int(row["code"]): row["name"] for row in rows if not row["until"]},
    )


def common_characters() -> list[str]:
    """The 3,755 characters of GB 2312, level one."""
    pairs = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return [pair.decode("gb2312") for pair in pairs if not (pair[0] == 0xD7 and pair[1] > 0xF9)]


def _with_rare(shares: dict[str, float]) -> dict[str, float]:
    """The published common characters, and the long tail that every list has, by Zipf's law."""
    left = max(100 - sum(shares.values()), 30.0)
    rare = [c for c in common_characters() if c not in shares]
    weights = 1 / np.arange(20, 20 + len(rare))
    return shares | dict(zip(rare, (weights / weights.sum() * left).tolist(), strict=True))


def _lines(folder: Path | None, name: str) -> Iterator[str]:
    path = folder / name if folder else None
    if path is None or not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from (line.rstrip("\r\n") for line in file)


def _rows(folder: Path | None, name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(_lines(folder, name))
