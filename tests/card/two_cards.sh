#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# On a machine with two cards: several ranks over NCCL against one, what a killed rank leaves, answers over ranks, and what sharing
# gains. tests/card/two_cards.sh [LUTHIER]; about 100 s.
L=$(realpath "${1:-build/bin/luthier}")
root=$(realpath "$(dirname "$0")/../..")
export LUTHIER_RESOURCES=$root/resources LUTHIER_DATASETS=$root/datasets NCCL_NVLS_ENABLE=0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work" || exit 1
cat > r.json <<R
{"model":{"path":"$root/resources/models/luthier-tiny","dtype":"fp32"},"data":{"train":["$root/datasets/workshop_instructions.jsonl"],"max_length":256},
 "method":{"kind":"lora"},"run":{"batch_size":4,"gradient_accumulation":4,"max_steps":8,"eval_every":100,"checkpoint_every":4,"epochs":3}}
R
one() { timeout 60 "$L" tune r.json --out "o_$1" --json "${@:2}" > "$1.jsonl" 2> "$1.err" || { echo "$1: code $?"; tail -n 2 "$1.err"; }; }
echo "== one card and two give the same losses; full tuning, too"
one one --device cuda:0; one two --devices cuda:0,cuda:1
one full1 --device cuda:0 --set method.kind=full; one full2 --devices 2 --set method.kind=full
python3 - <<'P'
import json
def steps(name):
    try: return {e['step']: e for e in map(json.loads, open(name + '.jsonl')) if e.get('event') == 'step'}
    except Exception as problem: print(name, problem); return {}
for a, b in (('one', 'two'), ('full1', 'full2')):
    x, y = steps(a), steps(b)
    print(a, b, len(x), len(y), 'steps, largest difference', max((abs(x[i]['loss'] - y[i]['loss']) for i in set(x) & set(y)), default=None))
last = list(steps('two').values())[-1:] or [{}]
print({k: v for k, v in last[0].get('measures', {}).items() if k.startswith('rank_') or 'wait' in k})
P
echo "== a rank is killed: a sentence within ten seconds, and one card goes on"
timeout 60 "$L" tune r.json --out o_kill --devices 2 --json --set run.max_steps=100000 --set run.epochs=100000 --set run.checkpoint_every=20 > kill.jsonl 2> kill.err & parent=$!
for _ in $(seq 100); do grep -q '"step":40,' kill.jsonl && break; sleep 0.3; done
child=$(for p in $(pgrep -P $parent) $parent; do pgrep -P "$p"; done | sort -n | tail -1)
begun=$(date +%s%N); kill -9 "$child"; wait $parent; echo "code $? after $((($(date +%s%N) - begun) / 1000000)) ms"; tail -n 1 kill.err
timeout 10 "$L" resume o_kill --device cuda:0 --json 2>/dev/null | grep -m1 '"event":"step"' | cut -c1-120
echo "== what sharing gains"
for a in "--preset 1b --method full --batch 8 --length 1024" "--preset 1b --targets all --batch 8 --length 1024"; do
  timeout 60 "$L" bench step $a --ranks 2 --steps 10 --json
done
