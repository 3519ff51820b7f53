"""splink 5 on DuckDB: blocking rules and comparisons as its documentation advises, term frequencies for names.

Its input is prepared like every peer's, numbers also as the two commonest masks show them. Training is shown apart.
Pairs of a match probability of 0.1 or more are put out, as `possible` is here.
"""

import logging
from pathlib import Path

import duckdb
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.exceptions import EMTrainingException

from benchmarks.methods import prepared
from benchmarks.methods.measured import Measured

_LIKELY = 0.1


def run(folder: Path, out: Path) -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    measured = Measured("splink")
    with measured.phase("read"):
        tables = prepared.read(folder)
    with measured.phase("prepare"):
        tables = prepared.prepare(tables)
        connection = duckdb.connect()
        for name, frame in (("applicants", tables.applicants), ("listings", tables.listings)):
            arrow = _columns(frame)  # DuckDB finds it by its name
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arrow")
            del arrow
        applicants = len(tables.applicants)
        del tables
    with measured.phase("train"):
        api = DuckDBAPI(connection)
        linker = Linker(
            [api.register(name, dataset_display_name=name) for name in ("applicants", "listings")],
            _settings(),
            log_level=None,
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for rule in (block_on("full_number"), block_on("name")):
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(rule)
            except EMTrainingException:
                measured.notes.append(
                    f"no pairs to train with by {rule.get_blocking_rule('duckdb').blocking_rule_sql}"
                )
    with measured.phase("screen"):
        found = linker.inference.predict(threshold_match_probability=_LIKELY)
        pairs = connection.sql(
            f"SELECT CASE source_dataset_l WHEN 'applicants' THEN unique_id_l ELSE unique_id_r END AS applicant, "
            f"CASE source_dataset_l WHEN 'applicants' THEN unique_id_r ELSE unique_id_l END AS listing "
            f"FROM {found.physical_name}"
        ).pl()
    measured.accounted = applicants
    measured.candidates = _candidates(connection)
    measured.finish(out, pairs.with_columns(rank=2))


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Blanks as nulls, and the numbers as both common masks show them."""
    number, eighteen = pl.col("number"), pl.col("number").str.len_chars() == 18
    person, visible = pl.col("kind") == "person", ~pl.col("number").str.slice(0, 10).str.contains(r"\*")
    tail = ~number.str.slice(14).str.contains(r"\*")
    return frame.select(
        pl.col("id").alias("unique_id"),
        "kind",
        _absent(pl.col("name")).alias("name"),
        _absent(pl.col("core")).alias("core"),
        pl.when(~person & (pl.col("core").str.len_chars() > 2)).then(pl.col("core")).alias("firm_core"),
        _absent(pl.col("region")).alias("region"),
        _absent(pl.col("legal_representative")).alias("legal_representative"),
        pl.when(~number.str.contains(r"\*") & (number != "")).then(number).alias("full_number"),
        pl.when(person & eighteen & visible & tail)
        .then(number.str.slice(0, 10) + number.str.slice(14))
        .alias("ten_four"),
        pl.when(person & eighteen & tail).then(number.str.slice(0, 6) + number.str.slice(14)).alias("six_four"),
        pl.when(~person & eighteen)
        .then(number.str.slice(8, 9))
        .when(~person & (number.str.len_chars() == 9))
        .then(number)
        .alias("organisation_code"),
    )


def _absent(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=1e-6,
        blocking_rules_to_generate_predictions=[
            block_on("full_number"),
            block_on("ten_four"),
            block_on("six_four"),
            block_on("organisation_code"),
            block_on("name", "region"),
            block_on("firm_core"),
        ],
        comparisons=[
            cl.CustomComparison(
                output_column_name="name",
                comparison_levels=[
                    cll.NullLevel("core"),
                    cll.ExactMatchLevel("name", term_frequency_adjustments=True),
                    cll.ExactMatchLevel("core"),
                    cll.LevenshteinLevel("core", 1),
                    cll.LevenshteinLevel("core", 2),
                    cll.ElseLevel(),
                ],
            ),
            cl.CustomComparison(
                output_column_name="number",
                comparison_levels=[
                    cll.CustomLevel(
                        "coalesce(full_number_l, ten_four_l, six_four_l, organisation_code_l) IS NULL OR "
                        "coalesce(full_number_r, ten_four_r, six_four_r, organisation_code_r) IS NULL"
                    ).configure(is_null_level=True),
                    cll.CustomLevel("full_number_l = full_number_r"),
                    cll.CustomLevel("organisation_code_l = organisation_code_r"),
                    cll.CustomLevel("ten_four_l = ten_four_r"),
                    cll.CustomLevel("(ten_four_l IS NULL OR ten_four_r IS NULL) AND six_four_l = six_four_r"),
                    cll.ElseLevel(),
                ],
            ),
            cl.ExactMatch("region"),
            cl.ExactMatch("legal_representative"),
        ],
    )


def _candidates(connection: duckdb.DuckDBPyConnection) -> int:
    """Pairs that the blocking rules made, where splink keeps their table; 0 where it does not."""
    names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    blocked = [name for name in names if "blocked_id_pairs" in name]
    return sum(connection.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in blocked)
