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
