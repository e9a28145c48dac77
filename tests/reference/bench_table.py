#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tables of speeds in README from what `luthier bench all --json` printed.

    luthier bench all --json > lines.jsonl
    bench_table.py lines.jsonl [--machine "one NVIDIA H200"] [--mark card] [--write ../../README.md]

Without --write the table is printed. With it, what stands between the marks <!-- speeds of MARK --> and <!-- /speeds of MARK -->
is replaced: card, or host for lines of --device cpu.
"""
import argparse
import json
import pathlib
import sys


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def row(line):
    if "problem" in line:
        return f"| {line['name']} | not measured: {line['problem']} | | |"
    share = f"{100 * line['share']:.0f} %" if line.get("share") else ""
    memory = f"{line['memory'] / 2**30:.1f} GiB" if line.get("memory") else ""
    return f"| {line['name']} | {number(line['value'])} {line['unit']} | {share} | {memory} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=pathlib.Path)
    parser.add_argument("--machine", default="")
    parser.add_argument("--mark", default="card", choices=["card", "host"])
    parser.add_argument("--write", type=pathlib.Path)
    arguments = parser.parse_args()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line.startswith("{")]
    where = f"Measured on {arguments.machine}. " if arguments.machine else ""
    limit = {"card": "of matrix products for steps, of copying memory for answers",
             "host": "of matrix products for steps, of copying memory for answers, of reading the bytes on one thread for files"}[arguments.mark]
    table = [f"{where}The limit is what the same machine reached in the same minute: {limit}.",
             "", "| work | value | of the limit | memory |", "| --- | --- | --- | --- |", *map(row, lines), ""]
    text = "\n".join(table)
    if not arguments.write:
        print(text)
        return
    marks = f"<!-- speeds of {arguments.mark} -->\n", f"<!-- /speeds of {arguments.mark} -->\n"
    readme = arguments.write.read_text()
    if readme.count(marks[0]) != 1 or readme.count(marks[1]) != 1:
        sys.exit(f"{arguments.write} needs the lines {marks[0].strip()} and {marks[1].strip()} once each")
    begin, end = readme.index(marks[0]) + len(marks[0]), readme.index(marks[1])
    arguments.write.write_text(readme[:begin] + text + readme[end:])


if __name__ == "__main__":
    main()
