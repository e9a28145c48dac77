#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the time of a step goes on a card: the dearest kernels of several shapes, each with its time, share and calls.
#   profile_all.sh LUTHIER [LINES]
set -u
luthier=$1
lines=${2:-26}
problem=$(mktemp); trap 'rm -f "$problem"' EXIT
profile() {
    timeout 60 "$luthier" --device cuda --dtype bf16 --json bench step --targets all --steps 6 --profile "$@" 2>"$problem" | python3 -c '
import json, sys
name, lines = sys.argv[1], int(sys.argv[2])
rows = [json.loads(x) for x in sys.stdin]
at = {x["name"]: x for x in rows if x["name"] != "kernel"}
if not at:
    print("FAIL", name, open(sys.argv[3]).read().strip()[-300:])
    sys.exit()
print("%9.0f tokens/s %5.1f %% %8.2f ms %6.2f GiB  %s" % (at["step"]["value"], 100 * (at["step"]["share"] or 0), 1e3 * at["step_time"]["value"], at["peak_memory"]["value"] / 2**30, name))
kernels = [x for x in rows if x["name"] == "kernel"]
for x in kernels[:lines]:
    print("    %8.3f ms %5.1f %% %5d x %s" % (x["value"], 100 * x["share"], x["calls"], x["kernel"][:110]))
if kernels:
    print("    %8.3f ms in %d calls of all kernels" % (sum(x["value"] for x in kernels), sum(x["calls"] for x in kernels)), flush=True)
' "$*" "$lines" "$problem"
}
profile --preset 1b --batch 8 --length 1024
profile --preset 1b --batch 8 --length 1024 --frozen-dtype fp8
profile --preset 135m --batch 8 --length 1024
profile --preset 135m --batch 4 --length 256
profile --preset 0.5b --batch 8 --length 1024
profile --preset 1b --batch 1 --length 512
profile --preset 8b --batch 4 --length 1024
