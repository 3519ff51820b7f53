"""The configuration that a command works with."""

from pathlib import Path

import click

from credit_sync.settings import Settings, load_settings

config_option = click.option("--config", "-c", type=click.Path(path_type=Path), metavar="文件", help="配置文件")
"""Every command also takes --config itself, because that is where people write it."""


def settings_of(ctx: click.Context, config: Path | None) -> Settings:
    """The settings a command works with: its own --config, the group's, or config.toml here."""
    return load_settings(config or ctx.obj or Path("config.toml"))
