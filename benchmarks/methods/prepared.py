"""The same preparation for every peer: names and numbers normalised by polars, as a good engineer would.

name: NFKC, simplified, upper case, no punctuation. core: an organisation's name without its leading place and its
form. number: folded, masks as `*`; letters read as the digits they look like.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import opencc
import polars as pl

from benchmarks.made_input.words import read_words

_FORM = r"(股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|责任公司|公司|集团)"


@dataclass(frozen=True)
class Prepared:
    applicants: pl.DataFrame
    listings: pl.DataFrame


def read(folder: Path) -> Prepared:
    return Prepared(*(pl.read_parquet(folder / f"{name}.parquet") for name in ("applicants", "listings")))


def prepare(tables: Prepared) -> Prepared:
    simplify, place = _simplified(), _place()
    return Prepared(*(_prepare(t, simplify, place) for t in (tables.applicants, tables.listings)))


def _prepare(frame: pl.DataFrame, simplify: dict[str, str], place: str) -> pl.DataFrame:
    person = pl.col("kind") == "person"
    folded = pl.col("name").str.normalize("NFKC").str.replace_many(simplify).str.to_uppercase()
    number = (
        pl.col("identifier")
        .str.normalize("NFKC")
        .str.to_uppercase()
        .str.replace_all(r" {2,}", "****")
        .str.replace_all(r"[●○□?×]", "*")
        .str.replace_all(r"X{3,}", "****")
        .str.replace_all(r"[\s\-]", "")
        .str.replace_many({"O": "0", "I": "1"})
    )
    return (
        frame.with_columns(
            name=folded.str.replace_all(r"[\s\p{P}·]", ""),
            outside=folded.str.replace_all(r"\([^)]*\)", "").str.replace_all(r"[\s\p{P}·]", ""),
            number=pl.when(person & (number.str.len_chars() == 15) & number.str.contains(r"^\d+$"))
            .then(pl.concat_str(number.str.slice(0, 6), pl.lit("19"), number.str.slice(6), pl.lit("*")))
            .otherwise(number),
        )
        .with_columns(
            core=pl.when(person)
            .then(pl.col("name"))
            .otherwise(pl.col("outside").str.replace(place, "").str.replace_all(_FORM, ""))
        )
        .select("id", "kind", "name", "core", "number", "region", "legal_representative", "former_names")
    )


def _simplified() -> dict[str, str]:
    convert = opencc.OpenCC("t2s").convert
    return {c: s for c in map(chr, range(0x4E00, 0x9FA6)) if (s := convert(c)) != c}


def _place() -> str:
    divisions = read_words(None).divisions.values()
    names = {short for n in divisions for short in (n, n.rstrip("省市县区")) if len(short) > 1}
    return f"^({'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))}){{1,2}}"
