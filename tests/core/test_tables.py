"""Tables and lines."""

from keras_rnn.artifacts.verification import checks_table
from keras_rnn.catalog.cards import headline
from keras_rnn.core.parity import Check
from keras_rnn.core.tables import markdown_table, plain_table


def test_a_bar_does_not_break_a_markdown_table():
    assert markdown_table(["a", "b"], [["x|y", "z"]]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"


def test_columns_are_aligned_and_lines_not_padded():
    assert plain_table(["a", "b"], [["long", "1"], ["x", ""]]) == "a     b\nlong  1\nx"


def test_headline_has_the_baseline_beside_it():
    metrics = {"accuracy": 1.0, "accuracy_from_last_character_only": 2 / 3}
    assert headline(metrics) == "accuracy 1.00 (from the last character only: 0.67)"
    metrics = {"test_rmse": 1.234, "test_rmse_of_persistence": 0.5}
    assert headline(metrics) == "test RMSE 1.23 (persistence: 0.50)"
    assert headline({}) == ""


def test_a_failed_check_stands_out():
    checks = [Check("LiteRT", "step", 9, 0.5, 1e-5, False), Check("LiteRT", "ops", 1, None, None, False, "Flex")]
    lines = checks_table({"char": checks}).splitlines()
    assert lines[1].endswith("5.0e-01             9         FAILED")
    assert lines[2].endswith("FAILED Flex")
