#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What learning from preferences costs on a card, each beside SFT at the same tokens in the same run: 1B shape, LoRA of rank 16 on all
# projections, bf16. Lines of JSON, then their ratios. "quick": SFT, KTO and rollouts of 8 x 256 alone, in less than a minute.
#   tests/card/bench_preferences.sh path/to/luthier [quick]
set -e
luthier=${1:-build/bin/luthier}
common="--preset 1b --targets all --steps 8 --warmup 4 --device cuda --dtype bf16 --json"
# value NAME of the lines on stdin
value() { sed -n "s/.*\"name\":\"$1\".*\"value\":\([-0-9.e+]*\).*/\1/p;s/.*\"value\":\([-0-9.e+]*\).*\"name\":\"$1\".*/\1/p" | head -1; }
# In thousandths, by whole numbers alone.
ratio() { local a=${1%%.*} b=${2%%.*}; [ "${b:-0}" -gt 0 ] && echo "$(( ${a:-0} * 1000 / b ))/1000" || echo "unknown"; }
measure() { # objective rows length more...
    local objective=$1 rows=$2 length=$3; shift 3
    "$luthier" bench step $common --objective "$objective" --batch "$rows" --length "$length" "$@"
}
objectives="dpo 4
dpo 4 --live-reference
orpo 4
simpo 4
reward 4
kto 8
ppo 8
grpo 8"
batches="8 64"
if [ "${2:-}" = quick ]; then
    objectives="kto 8"
    batches="8"
fi
sft=$(measure sft 8 1024)
speed=$(value step <<< "$sft")
memory=$(value peak_memory <<< "$sft")
echo "$sft"
# 4 pairs are 8 rows of 1,024.
while read -r objective rows more; do
    lines=$(measure "$objective" "$rows" 1024 $more)
    echo "$lines"
    echo "RATIO $objective $more  tokens/s $(ratio "$(value step <<< "$lines")" "$speed") of SFT's, memory $(ratio "$(value peak_memory <<< "$lines")" "$memory") of SFT's"
done <<< "$objectives"
for batch in $batches; do
    lines=$("$luthier" bench generate --preset 1b --batch "$batch" --prompt 128 --tokens 256 --rollouts --device cuda --dtype bf16 --json)
    echo "$lines"
    echo "RATIO rollouts x$batch  $(ratio "$(value rollouts <<< "$lines")" "$(value generate <<< "$lines")") of bench generate's tokens/s"
done
