"""Calibrated weights as a file: only what changed, in the place where it stood."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from credit_sync.errors import CreditSyncError
from credit_sync.screening.calibrated_weights import Calibration, LevelChange
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.screening.weights_file import rewritten
from tests.night import ROOT

TEXT = (ROOT / "mappings/screening/weights.toml").read_text("utf-8")
ON = date(2018, 12, 1)


def calibration() -> Calibration:
    """One level of one attribute with another m; its name stands under another attribute, too."""
    old = load_weights()
    before = old.sex["same"]
    after = before.model_copy(update={"m": 0.5, "origin": 'calibrated: "quoted" \\ and so on'})
    change = LevelChange("sex", "same", before, after, 20.0, 0.0, ("m",))
    sex = {**old.sex, "same": after}
    return Calibration((change,), (), old, old.model_copy(update={"version": "2", "sex": sex}))


def test_only_what_changed_is_written() -> None:
    written = rewritten(TEXT, calibration(), ON)
    changed = [new for old, new in zip(TEXT.splitlines(), written.splitlines(), strict=True) if old != new]
    assert changed == ['version = "2"', "m = 0.5", 'origin = "calibrated: \\"quoted\\" \\\\ and so on"']


def test_a_file_from_before_a_level_was_thought_of_still_weighs_and_is_written_whole(tmp_path: Path) -> None:
    start, end = TEXT.index("[person_name.part]"), TEXT.index("[person_name.one_character]")
    older = TEXT[:start] + TEXT[end:]
    (tmp_path / "screening").mkdir()
    (tmp_path / "screening" / "weights.toml").write_text(older, "utf-8")
    weights = load_weights(tmp_path)
    assert weights.bits("person_name", "part") == load_weights().bits("person_name", "part")
    assert Weights.model_validate(tomllib.loads(rewritten(older, calibration(), ON))) == calibration().new


def test_a_layout_that_cannot_be_rewritten_line_by_line_is_refused() -> None:
    level = load_weights().sex["same"]
    start, end = TEXT.index("[sex.same]"), TEXT.index("[sex.different]")
    inline = f'sex.same = {{ m = {level.m}, u = {level.u}, origin = "judged" }}\n'
    text = TEXT[:start] + TEXT[end:]
    text = text.replace('version = "1"\n', f'version = "1"\n{inline}', 1)
    with pytest.raises(CreditSyncError, match="无法逐行改写"):
        rewritten(text, calibration(), ON)
