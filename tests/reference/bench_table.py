#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of speeds in README from what `luthier bench all --json` printed.

    luthier bench all --json > lines.jsonl
    bench_table.py lines.jsonl [--machine "one NVIDIA H200"] [--write ../../README.md]

Without --write the table is printed. With it, what stands between the marks <!-- speeds --> and <!-- /speeds --> is replaced.
"""
import argparse
import json
import pathlib
import sys

MARKS = "<!-- speeds -->\n", "<!-- /speeds -->\n"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def row(line):
    if "problem" in line:
        return f"| {line['name']} | | | not measured: {line['problem']} |"
    share = f"{100 * line['share']:.0f} %" if line.get("share") else ""
    memory = f"{line['memory'] / 2**30:.1f} GiB" if line.get("memory") else ""
    command = line["command"].replace("{MODEL}", "DIR").replace("{ROWS}", "rows.jsonl").replace("{CSV}", "rows.csv").replace("{PARQUET}", "rows.parquet")
    return f"| {line['name']} | {number(line['value'])} {line['unit']} | {share} | {memory} | `{command}` |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=pathlib.Path)
    parser.add_argument("--machine", default="")
    parser.add_argument("--write", type=pathlib.Path)
    arguments = parser.parse_args()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line.startswith("{")]
    where = f"Measured on {arguments.machine}. " if arguments.machine else ""
    table = [f"{where}The limit is what the same machine reached in the same minute: of matrix products for steps, of copying memory for answers.",
             "", "| work | value | of the limit | memory | `luthier ...` |", "| --- | --- | --- | --- | --- |", *map(row, lines), ""]
    text = "\n".join(table)
    if not arguments.write:
        print(text)
        return
    readme = arguments.write.read_text()
    if readme.count(MARKS[0]) != 1 or readme.count(MARKS[1]) != 1:
        sys.exit(f"{arguments.write} needs the lines {MARKS[0].strip()} and {MARKS[1].strip()} once each")
    begin, end = readme.index(MARKS[0]) + len(MARKS[0]), readme.index(MARKS[1])
    arguments.write.write_text(readme[:begin] + text + readme[end:])


if __name__ == "__main__":
    main()
