"""The weights file: what is refused before anybody is screened; calibrated, only what changed is written, where it stood."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from credit_sync.errors import CreditSyncError, SettingsError
from credit_sync.screening.calibrated_weights import Calibration, LevelChange
from credit_sync.screening.weights import Weights, load_weights
from credit_sync.screening.weights_file import rewritten
from tests.night import ROOT

TEXT = (ROOT / "mappings/screening/weights.toml").read_text("utf-8")
ON = date(2018, 12, 1)


def loaded(folder: Path, text: str) -> Weights:
    (folder / "screening").mkdir()
    (folder / "screening" / "weights.toml").write_text(text, "utf-8")
    return load_weights(folder)


def test_a_copy_of_the_shipped_file_is_the_shipped_weights(tmp_path: Path) -> None:
    assert loaded(tmp_path, TEXT) == load_weights()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # agreeing numbers worth nothing: every debtor would be clear
        ("u = 1e-12\n", "", "identifier.same.u: 缺少这一项"),
        ("[sex.different]\nm = 0.005\nu = 0.4\n", "[sex.diferent]\nm = 0.005\nu = 0.4\n", "是否想写 different"),
        (
            "[person_name.same]\nm = 0.95\n",
            "[person_name.same]\nm = 0.95\nu = 0.1\n",
            "person_name.same.u: 由所比的值算出",
        ),
        ("u = 1e-12\n", "u = 0\n", "identifier.same.u: 必须大于 0"),
        ("m = 0.97\n", "m = nan\n", "identifier.same.m: 必须是有限的数字"),
        ("possible = 0.1\n", "possible = 2\n", "bands.possible: 不能大于 0.9999"),
        ("possible = 0.1\n", "possible = 0.95\n", "bands: possible、probable、confirmed 必须从小到大"),
        ("identifying_bits = 15\n", "identifying_bits = 0\n", "bands.identifying_bits: 必须大于 0"),
        ("[0.4, 0.4,", "[0.4, -4.0,", "places: citizen_id 的每一项都不能小于 0"),
        ('version = "1"', 'version = ""', "version: 不能为空"),
    ],
)
def test_weights_that_would_screen_wrongly_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, TEXT.replace(old, new, 1))
    assert said in str(refused.value)
    assert "weights.toml" in str(refused.value)


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
