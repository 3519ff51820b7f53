"""What the program looks for beside itself is in a wheel."""

import re
import tomllib

from tests.night import ROOT


def test_a_wheel_holds_the_folders_that_the_program_looks_for() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "credit_sync").rglob("*.py"))
    folders = set(re.findall(r'\bshipped\("(\w+)"\)', code))
    assert folders >= {"mappings", "reports"}
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    wheel = tools["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["only-include"]) == {"credit_sync", *folders}
    assert wheel["sources"] == {folder: f"credit_sync/{folder}" for folder in folders}


def test_a_wheel_holds_the_licences_of_the_data_in_it() -> None:
    held = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license-files"]
    found = {path.relative_to(ROOT).as_posix() for pattern in held for path in ROOT.glob(pattern)}
    named = re.findall(r"\]\((LICENSES/[^)]+)\)", (ROOT / "NOTICE.md").read_text("utf-8"))
    assert {"NOTICE.md", *named} <= found
