"""How other tools score the same pairs of names: RapidFuzz, splink, nomenklatura's logic-v2. Each as its makers advise.

A method takes the pairs and returns one score between 0 and 1 for each. Libraries that are not installed raise
ImportError, and the report says that they are missing.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from rapidfuzz import fuzz

Pair = tuple[str, str]

_FORMS = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$")


@dataclass(frozen=True)
class Method:
    """A way of scoring pairs, and the score from which it calls two names the same."""

    title: str
    cut: float
    score: Callable[[Sequence[Pair], Sequence[bool]], list[float]]
    """Takes the pairs and, for those that learn, which of them are the same."""


def folded(name: str) -> str:
    """What every method is given: NFKC, so that nobody trips over widths."""
    return unicodedata.normalize("NFKC", name)


def _fuzzy(scorer: Callable[[str, str], float]) -> Callable[[Sequence[Pair], Sequence[bool]], list[float]]:
    return lambda pairs, _: [scorer(folded(a), folded(b)) / 100 for a, b in pairs]


def splink_scores(pairs: Sequence[Pair], same: Sequence[bool]) -> list[float]:
    """Splink with DuckDB: u from random pairs of the names, m from the labels themselves, which favours it.

    Two comparisons: the name without its company form (Jaro-Winkler at three thresholds, exact with term
    frequencies), and how it begins, where Chinese names have their place (exact with term frequencies).
    """
    import pyarrow as pa
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator
    from splink.backends.duckdb import DuckDBAPI

    api = DuckDBAPI()
    sides = []
    for side in (0, 1):
        rows = [_row(number, pair[side], side) for number, pair in enumerate(pairs)]
        sides.append(api.register(pa.Table.from_pylist(rows), dataset_display_name=f"side{side}"))
    name = cl.CustomComparison(
        output_column_name="bare",
        comparison_levels=[
            cll.NullLevel("bare"),
            cll.ExactMatchLevel("bare", term_frequency_adjustments=True),
            *(cll.JaroWinklerLevel("bare", threshold) for threshold in (0.95, 0.9, 0.8)),
            cll.ElseLevel(),
        ],
    )
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[name, cl.ExactMatch("head").configure(term_frequency_adjustments=True)],
        blocking_rules_to_generate_predictions=["l.pair = r.pair"],
        probability_two_random_records_match=sum(same) / len(pairs) ** 2,
    )
    linker = Linker(sides, settings, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    labels = [
        {
            "source_dataset_l": "side0",
            "unique_id_l": f"0-{n}",
            "source_dataset_r": "side1",
            "unique_id_r": f"1-{n}",
        }
        for n, one in enumerate(same)
        if one
    ]
    linker.training.estimate_m_from_pairwise_labels(api.register(pa.Table.from_pylist(labels)))
    found = linker.inference.predict().as_record_list()
    scores = [0.0] * len(pairs)
    for row in found:
        scores[int(row["unique_id_l"].split("-")[1])] = float(row["match_probability"])
    return scores


def _row(number: int, name: str, side: int) -> dict[str, Any]:
    text = re.sub(r"[\s()\[\]·]", "", folded(name))
    return {"unique_id": f"{side}-{number}", "pair": number, "bare": _FORMS.sub("", text), "head": text[:2]}


def logic_v2_scores(pairs: Sequence[Pair], _: Sequence[bool]) -> list[float]:
    """nomenklatura's logic-v2 on companies of which only the name is known."""
    return [logic_v2("Company", {"name": a}, {"name": b}) for a, b in pairs]


_NUMBERS = count()
"""nomenklatura remembers what it made of an entity by its id: each needs its own."""


def logic_v2(schema: str, left: dict[str, str], right: dict[str, str]) -> float:
    """Two entities given by their properties."""
    from followthemoney import model
    from nomenklatura.matching import ScoringConfig
    from nomenklatura.matching.logic_v2.model import LogicV2

    made = []
    for values in (left, right):
        properties = {key: [value] for key, value in values.items() if value}
        made.append(model.get_proxy({"id": f"e{next(_NUMBERS)}", "schema": schema, "properties": properties}))
    return float(LogicV2.compare(made[0], made[1], ScoringConfig.defaults()).score)


OTHERS = (
    Method("ratio", 0.9, _fuzzy(fuzz.ratio)),
    Method("token_sort", 0.9, _fuzzy(fuzz.token_sort_ratio)),
    Method("WRatio", 0.9, _fuzzy(fuzz.WRatio)),
    Method("splink", 0.5, splink_scores),
    Method("logic-v2", 0.7, logic_v2_scores),
)
"""Cut-offs: 90 as in the advice on RapidFuzz, even odds for splink, 0.7 as nomenklatura ships it."""
