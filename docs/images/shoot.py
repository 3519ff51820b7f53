"""Takes a picture of a report: `python docs/images/shoot.py var/reports/flagged-2018-12-04.html OUT.png [WIDTH HEIGHT]`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def shoot(page_file: Path, picture: Path, width: int = 1280, height: int = 1500) -> None:
    """The top of a page as a PNG, `width` by `height` CSS pixels."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(page_file.resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    shoot(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5]))
