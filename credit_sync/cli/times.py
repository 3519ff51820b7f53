"""How a day and a moment are written on the command line."""

import click

DAY = click.DateTime(["%Y-%m-%d"])
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"])
"""A day alone is its midnight. The forms with a blank are those in which reports and lists write times."""
