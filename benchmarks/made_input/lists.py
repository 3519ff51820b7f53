"""How a list shows its subjects: numbers of persons masked in several patterns, codes in several forms, or nothing."""

import numpy as np
import polars as pl
from numpy.random import Generator

PERSON_FORMS = {
    "10+4": 0.50,
    "6+4": 0.12,
    "shortened": 0.04,
    "x": 0.04,
    "circle": 0.03,
    "tail": 0.04,
    "4+4": 0.03,
    "15": 0.03,
    "15 full": 0.02,
    "full": 0.08,
    "none": 0.07,
}
"""Pattern -> share of the persons on the list."""
FIRM_FORMS = {"full": 0.42, "code": 0.15, "hyphen": 0.10, "masked": 0.15, "masked code": 0.03, "none": 0.15}


def as_listed_person(number: pl.Expr, form: pl.Expr) -> pl.Expr:
    """The number as the pattern named by `form` shows it."""
    s = number.str.slice
    shown = {
        "10+4": _cat(s(0, 10), "****", s(14)),
        "6+4": _cat(s(0, 6), "********", s(14)),
        "shortened": _cat(s(0, 6), "****", s(14)),
        "x": _cat(s(0, 10), "XXXX", s(14)),
        "circle": _cat(s(0, 10), "●●●●", s(14)),
        "blank": _cat(s(0, 10), "    ", s(14)),
        "tail": _cat(s(0, 14), "****"),
        "4+4": _cat(s(0, 4), "**********", s(14)),
        "15": _cat(s(0, 6), s(8, 2), "****", s(14, 3)),
        "15 full": _cat(s(0, 6), s(8, 9)),
        "full": number,
    }
    return _choose(form, shown)


def as_listed_firm(code: pl.Expr, form: pl.Expr) -> pl.Expr:
    """A USCC as the list shows it: whole, the organisation code inside, masked."""
    s = code.str.slice
    shown = {
        "full": code,
        "code": s(8, 9),
        "hyphen": _cat(s(8, 8), "-", s(16, 1)),
        "masked": _cat(s(0, 8), "******", s(14)),
        "masked code": _cat(s(8, 4), "***", s(15, 2)),
    }
    return _choose(form, shown)


def forms(rng: Generator, shares: dict[str, float], count: int) -> pl.Series:
    """A form for each row, by the shares."""
    weights = np.array(list(shares.values()))
    return pl.Series(np.array(list(shares))[rng.choice(len(shares), count, p=weights / weights.sum())])


def _cat(*parts: pl.Expr | str) -> pl.Expr:
    return pl.concat_str([pl.lit(p) if isinstance(p, str) else p for p in parts])


def _choose(form: pl.Expr, shown: dict[str, pl.Expr]) -> pl.Expr:
    chosen = pl.lit("")
    for name, expression in shown.items():
        chosen = pl.when(form == name).then(expression).otherwise(chosen)
    return chosen
