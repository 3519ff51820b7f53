"""`receipts`: what platforms answer on paper, as it were: feedback that comes as a file."""

import click

from credit_sync.cli.chinese import Group


@click.group("receipts", cls=Group)
def receipts() -> None:
    """回执：平台以文件给出的答复。"""


COMMANDS = (receipts,)
