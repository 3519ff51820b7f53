"""Every code word that can be stored has a Chinese label."""

from collections.abc import Iterable, Mapping
from typing import get_args

import pytest

from credit_sync.records import ApplicationKind, RecordKind, Role
from credit_sync.reporting import labels
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.measures import Effect
from credit_sync.store.ledger import ByHand, StageName
from credit_sync.subjects.subject import Sex, SubjectKind

TABLES: list[tuple[Mapping[str, str], Iterable[str]]] = [
    (labels.VERDICTS, Verdict),
    (labels.ROLES, Role),
    (labels.APPLICATION_KINDS, ApplicationKind),
    (labels.SUBJECT_KINDS, SubjectKind),
    (labels.SEXES, Sex),
    (labels.RECORDS, RecordKind),
    (labels.EFFECTS, get_args(Effect)),
    (labels.STAGES, (*get_args(StageName), *get_args(ByHand))),
]


@pytest.mark.parametrize(("table", "codes"), TABLES)
def test_every_code_has_a_label(table: Mapping[str, str], codes: Iterable[str]) -> None:
    assert set(table) == set(codes)
    assert not any(text.isascii() for text in table.values())


@pytest.mark.parametrize("thousandths", range(0, 1001, 7))
def test_no_probability_is_certainty(thousandths: int) -> None:
    assert labels.percent(thousandths / 1000) not in ("0.0%", "100.0%", "100%")
