#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `luthier runs logs RUN --tensorboard DIR` writes, as TensorBoard's own reader sees it, against `luthier runs measures RUN`.

    check_event_logs.py LUTHIER PROJECT RUN        (in an environment with tensorboard)
"""
import json
import struct
import subprocess
import sys
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main():
    luthier, project, run = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([luthier, "runs", "logs", run, "--project", project, "--tensorboard", folder], check=True, stdout=subprocess.DEVNULL)
        events = EventAccumulator(folder, size_guidance={"scalars": 0})
        events.Reload()
        read = {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    lines = subprocess.run([luthier, "runs", "measures", run, "--project", project, "--json"], check=True, capture_output=True, text=True).stdout
    wanted = {}
    for line in lines.splitlines():
        row = json.loads(line)
        value = float(row["value"])
        single = struct.unpack("f", struct.pack("f", value))[0]
        wanted.setdefault((row["set"] or "train") + "/" + row["id"], []).append((row["step"], single))
    assert read.keys() == wanted.keys(), (read.keys() ^ wanted.keys())
    for tag, points in wanted.items():
        assert sorted(read[tag]) == sorted(points), (tag, read[tag][:3], points[:3])
    print(f"{len(wanted)} curves, {sum(map(len, wanted.values()))} values: TensorBoard reads what luthier says")


main()
