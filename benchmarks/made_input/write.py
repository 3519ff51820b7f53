"""Writes one input: applicants, a list, and the truth about the planted pairs, as parquet files in a folder.

The folder is named by seed and sizes; one that is complete is not made again, unless this package has changed.
"""

import csv
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from numpy.random import Generator

from benchmarks.made_input import lists, planted_persons
from benchmarks.made_input.planted_firms import kinds as firm_kinds
from benchmarks.made_input.plants import Kind, Pair, Row
from benchmarks.made_input.subjects import HOME_SHARE, firms, made_firm_names, people
from benchmarks.made_input.words import Words, read_words

FIRMS_LISTED, FIRMS_ASKING = 0.15, 0.45
PLANTED_SAME, PLANTED_OTHER = 0.25, 0.10
"""Shares of the applicants for whom a listing is planted: of the same subject, of another one. The rest are strangers."""
COLUMNS = (
    "kind", "name", "identifier", "region", "legal_representative", "sex", "birth_year", "former_names",
)  # fmt: skip


def make_input(parent: Path, seed: int, applicants: int, listings: int, data: Path | None) -> Path:
    """Makes the input unless it is there; returns its folder."""
    folder = parent / f"{seed}-{applicants}-{listings}{'-real' if data else ''}"
    facts = {"applicants": applicants, "listings": listings, "made_by": _made_by()}
    if _is_there(folder, facts):
        return folder
    rng = np.random.default_rng([seed, applicants, listings])
    words = read_words(data)
    asking = round(applicants * FIRMS_ASKING)
    real = list(words.firms)
    rng.shuffle(real)
    reserve = min(2 * asking, len(real) // 2)
    own = _enough(rng, words, real[:reserve], 2 * asking)
    planted = _plant(rng, words, own[:asking], applicants)
    strangers = _strangers(rng, words, own[asking:], applicants - len(planted))
    background = _background(rng, words, (real[reserve:], set(own)), listings - len(planted))
    _write(rng, folder, planted, strangers, background)
    (folder / "input.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def make_derived(parent: Path, seed: int, listings: int, data: Path) -> Path:
    """The damaged names of pairs_train_derived.csv, listed among as many others; asked for by their real names."""
    folder = parent / f"{seed}-derived-{listings}"
    with (data / "pairs_train_derived.csv").open(encoding="utf-8", newline="") as file:
        pairs = [row for row in csv.DictReader(file) if row["same"] == "1"]
    facts = {"applicants": len(pairs), "listings": listings, "made_by": _made_by()}
    if _is_there(folder, facts):
        return folder
    rng = np.random.default_rng([seed, listings])
    words = read_words(data)
    organisation = {"kind": "organisation"}
    planted = [
        (Kind(p["kind"], _as_is), organisation | {"name": p["name_a"]}, organisation | {"name": p["name_b"]})
        for p in pairs
    ]
    taken = {name for p in pairs for name in (p["name_a"], p["name_b"])}
    real = list(words.firms)
    rng.shuffle(real)
    background = _background(rng, words, (real, taken), listings - len(planted))
    _write(rng, folder, planted, background.clear(), background)
    (folder / "input.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def _as_is(me: Row, other: Row, _rng: Generator) -> Pair:
    return me, other


def _made_by() -> str:
    """Changes when this package does, so that no stale input is measured."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def _is_there(folder: Path, facts: dict[str, object]) -> bool:
    path = folder / "input.json"
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) == facts:
        return True
    folder.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return False


def _enough(rng: Generator, words: Words, names: list[str], count: int) -> list[str]:
    """The names, and made ones beyond them."""
    made = made_firm_names(rng, words, int((count - len(names)) * 1.1) + 10).tolist() if len(names) < count else []
    return list(dict.fromkeys((*names, *made)))[:count]


def _plant(rng: Generator, words: Words, names: list[str], applicants: int) -> list[tuple[Kind, Row, Row]]:
    """Pairs of every kind, as many of each; 45 % of them organisations."""
    planted: list[tuple[Kind, Row, Row]] = []
    for kinds, share, bases in (
        (planted_persons.KINDS, 1 - FIRMS_ASKING, people(rng, words, applicants, at_home=HOME_SHARE)),
        (firm_kinds(words), FIRMS_ASKING, firms(rng, words, names, at_home=HOME_SHARE)),
    ):
        rows = _rows(bases)
        for same, part in ((True, PLANTED_SAME), (False, PLANTED_OTHER)):
            wanted = [kind for kind in kinds if kind.same is same]
            planted += _of_kinds(rng, wanted, rows, round(applicants * share * part))
    return planted


def _rows(bases: pl.DataFrame) -> list[Row]:
    return [{k: str(v) for k, v in row.items()} for row in bases.iter_rows(named=True)]


_TRIES = 40
"""Subjects that are tried for each planted pair, since not every name can be damaged in every way."""


def _of_kinds(rng: Generator, kinds: Sequence[Kind], rows: list[Row], count: int) -> list[tuple[Kind, Row, Row]]:
    """About `count` pairs, as many of each kind. Takes what it uses out of `rows`."""
    planted: list[tuple[Kind, Row, Row]] = []
    for number, kind in enumerate(kinds):
        wanted = count * (number + 1) // len(kinds) - count * number // len(kinds)
        unfit: list[Row] = []
        made, tries = 0, wanted * _TRIES
        while made < wanted and tries and len(rows) > 1:
            tries -= 1
            me, other = rows.pop(), rows.pop()
            if pair := kind.make(me, other, rng):
                subject = {"kind": "organisation" if "legal_representative" in other else "person"}
                planted.append((kind, pair[0] | subject, pair[1] | subject))
                made += 1
            else:
                unfit += [me, other]
        rows[:0] = unfit
    return planted


def _strangers(rng: Generator, words: Words, names: list[str], count: int) -> pl.DataFrame:
    firm_count = min(round(count * FIRMS_ASKING), len(names))
    persons = people(rng, words, count - firm_count, at_home=HOME_SHARE)
    return _joined(persons, firms(rng, words, names[-firm_count:], at_home=HOME_SHARE))


def _background(rng: Generator, words: Words, names: tuple[list[str], set[str]], count: int) -> pl.DataFrame:
    """Everybody on the list whom no applicant was planted for."""
    real, taken = names
    firm_count = round(count * FIRMS_LISTED)
    listed = [name for name in _enough(rng, words, real, firm_count * 2) if name not in taken][:firm_count]
    persons = people(rng, words, count - len(listed)).with_columns(
        lists.forms(rng, lists.PERSON_FORMS, count - len(listed)).alias("form")
    )
    organisations = firms(rng, words, listed).with_columns(
        lists.forms(rng, lists.FIRM_FORMS, len(listed)).alias("form")
    )
    number, form = pl.col("identifier"), pl.col("form")
    return _joined(
        persons.with_columns(lists.as_listed_person(number, form).alias("identifier")).drop("birth_year", "form"),
        organisations.with_columns(lists.as_listed_firm(number, form).alias("identifier")).drop("form"),
    )


def _joined(persons: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    return _columns(
        pl.concat(
            [
                persons.with_columns(kind=pl.lit("person")),
                organisations.with_columns(kind=pl.lit("organisation")),
            ],
            how="diagonal",
        )
    )


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    absent = [pl.lit("").alias(c) for c in COLUMNS if c not in frame.columns]
    return frame.with_columns(absent).select(pl.col(c).cast(pl.String).fill_null("") for c in COLUMNS)


def _write(
    rng: Generator,
    folder: Path,
    planted: list[tuple[Kind, Row, Row]],
    strangers: pl.DataFrame,
    background: pl.DataFrame,
) -> None:
    """Both tables shuffled, the planted rows among the others; the truth in numbers of rows."""
    asking = pl.concat([_frame([a for _, a, _ in planted]), strangers])
    listed = pl.concat([_frame([{**row, "birth_year": ""} for _, _, row in planted]), background])
    places = []
    for name, frame in (("applicants", asking), ("listings", listed)):
        order = rng.permutation(len(frame))
        place = np.empty(len(frame), dtype=np.int64)
        place[order] = np.arange(len(frame))
        places.append(place[: len(planted)])
        frame[order].with_columns(id=np.arange(len(frame))).write_parquet(folder / f"{name}.parquet")
    pl.DataFrame(
        {
            "applicant": places[0],
            "listing": places[1],
            "variant": [kind.name for kind, _, _ in planted],
            "same": [kind.same for kind, _, _ in planted],
            "least": [kind.least if kind.same else "" for kind, _, _ in planted],
            "most": [kind.most for kind, _, _ in planted],
            "compatible_ids": [kind.compatible_ids for kind, _, _ in planted],
        }
    ).write_parquet(folder / "truth.parquet")


def _frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [{c: row.get(c, "") for c in COLUMNS} for row in rows], schema=dict.fromkeys(COLUMNS, pl.String)
    )
