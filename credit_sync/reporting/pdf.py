"""A report's page as PDF, typeset by WeasyPrint out of the page itself: nothing is fetched, the same page gives the same bytes.

WeasyPrint is heavy and optional (the extra `pdf`), so it is loaded when a PDF is wanted. It does not let a page's style
sheet reach into a picture: each carries reports/pictures.css with it, its colours written out.
"""

import logging
import re
from importlib import import_module
from types import ModuleType

from credit_sync.errors import CreditSyncError
from credit_sync.shipped import shipped

_VARIABLE = re.compile(r"(--[a-z]+):\s*([^;]+);")
_USE = re.compile(r"var\((--[a-z]+)\)")
_PICTURE = re.compile(r"<svg\b[^>]*>")


def pdf(html: str) -> bytes:
    """The page as PDF. Raises CreditSyncError where WeasyPrint or what it needs is not installed."""
    weasyprint = _weasyprint()
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)  # rules of the page that only a browser needs
    page = _with_styled_pictures(html).replace("</style>", f"{_sheet('pdf.css')}</style>", 1)
    nothing = weasyprint.URLFetcher(allowed_protocols=())
    made: bytes = weasyprint.HTML(string=page, url_fetcher=nothing).write_pdf()
    return made


def probe_pdf() -> str:
    """Whether PDFs can be made, for `check`. Raises CreditSyncError."""
    return f"可以生成（WeasyPrint {_weasyprint().__version__}）"


def _weasyprint() -> ModuleType:
    try:
        return import_module("weasyprint")
    except (ImportError, OSError) as error:
        raise CreditSyncError(
            f"不能生成 PDF：缺少 WeasyPrint 或它所用的 Pango（{type(error).__name__}）",
            remedy="安装 credit-sync[pdf]；系统另需 Pango 和中文字体（如 Noto CJK），或不生成 PDF",
        ) from None


def _with_styled_pictures(html: str) -> str:
    colours = dict(_VARIABLE.findall(_sheet("style.css")))
    rules = _USE.sub(lambda use: colours[use[1]].strip(), _sheet("pictures.css"))
    return _PICTURE.sub(lambda picture: f"{picture[0]}<style>{rules}</style>", html)


def _sheet(name: str) -> str:
    return (shipped("reports") / name).read_text(encoding="utf-8")
