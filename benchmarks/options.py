"""The command line of the benchmarks on made input: how much is made, from what, where it is kept."""

import argparse
from pathlib import Path


def input_parser(description: str | None, asked: str, count: int) -> argparse.ArgumentParser:
    """For a benchmark of this description; `asked` is the option for how many ask, `count` what is usual."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(asked, type=int, default=count)
    parser.add_argument("--listings", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="a folder with real names")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/benchmarks"), help="where inputs and results are kept"
    )
    return parser


def store_parser(description: str | None, asked: str, count: int) -> argparse.ArgumentParser:
    """The same for a benchmark in a real store."""
    parser = input_parser(description, asked, count)
    parser.add_argument("--url", default="", help="another store than a SQLite file, empty")
    return parser
