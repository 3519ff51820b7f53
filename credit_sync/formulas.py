"""What a spreadsheet would run when it opens a CSV file: texts of others are written so that it does not."""

_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Wide ones too: Chinese and Japanese spreadsheets take them for the narrow ones."""


def inert(text: str) -> str:
    """A text that would be a formula, made text.

    >>> inert("＝1+1"), inert("1+1")
    ("'＝1+1", '1+1')
    """
    return f"'{text}" if text.startswith(_SIGNS) else text
