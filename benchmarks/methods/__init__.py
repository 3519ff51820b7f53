"""The product and its peers, each in a module of its own with `run(input folder, output folder)`."""

METHODS = {
    "floor": "floor",
    "credit_sync": "own",
    "splink": "splink_duckdb",
    "dict": "dict_blocking",
    "brute": "brute_force",
}
"""Modules by what the tables call them."""

KEEP_INDEX = "BENCHMARK_KEEP_INDEX"
"""Environment variable: screen with the index that the last run built."""
