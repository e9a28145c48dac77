#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# On a machine with two cards: several ranks over NCCL against one, a base or an optimizer in two parts, what a killed rank leaves, what is
# wrong, what sharing gains, and the peer beside it. tests/card/two_cards.sh [LUTHIER [laws] [killed] [split] [gain] [peer] [wrong]]; all take about 4 min.
# The peer needs python3 with transformers and peft.
L=$(realpath "${1:-build/bin/luthier}"); shift
parts="${*:-laws killed split gain peer wrong}"
root=$(realpath "$(dirname "$0")/../..")
export LUTHIER_RESOURCES=$root/resources LUTHIER_DATASETS=$root/datasets NCCL_NVLS_ENABLE=0 TORCH_SYMM_MEM_DISABLE_MULTICAST=1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work" || exit 1
begun=$(date +%s)
part() { [[ " $parts " == *" $1 "* ]] && echo "== $2 (at $(($(date +%s) - begun)) s)"; }
cat > r.json <<R
{"model":{"path":"$root/resources/models/luthier-tiny","dtype":"fp32"},"data":{"train":["$root/datasets/workshop_instructions.jsonl"],"max_length":256},
 "method":{"kind":"lora"},"run":{"batch_size":4,"gradient_accumulation":3,"max_steps":8,"eval_every":4,"checkpoint_every":4,"epochs":3,"probe_prompts":["Who are you?"],"probe_tokens":8}}
R
one() { timeout 50 "$L" tune r.json --out "o_$1" --json "${@:2}" > "$1.jsonl" 2> "$1.err" || { echo "$1: code $?"; tail -n 2 "$1.err"; }; }
same() { # NAME OTHER: losses of steps and of held-out rows, and answers
  python3 - "$@" <<'P'
import json, sys
def events(name):
    try: return [json.loads(line) for line in open(name + '.jsonl') if line.startswith('{')]
    except Exception as problem: print(name, problem); return []
a, b = (events(name) for name in sys.argv[1:3])
def losses(all, kind): return {e['step']: e['loss'] for e in all if e.get('event') == kind}
for kind in ('step', 'eval'):
    x, y = losses(a, kind), losses(b, kind)
    print(*sys.argv[1:3], kind, len(x), len(y), 'largest difference', max((abs(x[i] - y[i]) for i in set(x) & set(y)), default=None))
answers = [{e['step']: e.get('text') or e.get('answer') for e in all if e.get('event') == 'sample'} for all in (a, b)]
common = set(answers[0]) & set(answers[1]) # one that went on has no first ones
print('answers equal:', bool(common) and all(answers[0][i] == answers[1][i] for i in common), len(common))
last = [e for e in b if e.get('event') == 'step'][-1:] or [{}]
print({k: v for k, v in last[0].get('measures', {}).items() if k.startswith('rank_') or 'wait' in k})
P
}
if part laws "one card and two give the same losses; with a base in parts, also in FP8, and all weights, too"; then
  one one --device cuda:0; one two --devices cuda:0,cuda:1; one parts --devices 2 --set run.shard=always
  one codes1 --device cuda:0 --set method.kind=qlora; one codes2 --devices 2 --set method.kind=qlora --set run.shard=always
  b="--set model.dtype=bf16 --set model.frozen_dtype=fp8"
  one eight1 --device cuda:0 $b; one eight2 --devices 2 $b --set run.shard=always
  one eightcodes1 --device cuda:0 $b --set method.kind=qlora; one eightcodes2 --devices 2 $b --set method.kind=qlora --set run.shard=always
  one full1 --device cuda:0 --set method.kind=full; one full2 --devices 2 --set method.kind=full
  one fullparts --devices 2 --set method.kind=full --set run.shard=always
  same one two; same one parts; same codes1 codes2; same eight1 eight2; same eightcodes1 eightcodes2; same full1 full2; same full1 fullparts
  cp -r o_fullparts o_goon; timeout 40 "$L" resume o_goon --step 4 --device cuda:0 --json > goon.jsonl 2> goon.err || tail -n 2 goon.err; same fullparts goon
fi
if part killed "a rank is killed: a sentence within ten seconds, and one card goes on; also where each saves its part"; then
  for kind in lora full; do
    timeout 60 "$L" tune r.json --out "o_kill_$kind" --devices 2 --json --set method.kind=$kind --set run.shard=$([ $kind = full ] && echo always || echo never) \
      --set run.max_steps=100000 --set run.epochs=10000 --set run.checkpoint_every=20 > kill.jsonl 2> kill.err & parent=$!
    for _ in $(seq 100); do grep -q '"step":40,' kill.jsonl && break; sleep 0.3; done
    child=$(for p in $(pgrep -P $parent) $parent; do pgrep -P "$p"; done | sort -n | tail -1)
    at=$(date +%s%N); kill -9 "$child"; wait $parent; echo "$kind: code $? after $((($(date +%s%N) - at) / 1000000)) ms"; tail -n 1 kill.err
    echo "files of the newest checkpoint: $(ls "$(ls -td "o_kill_$kind"/checkpoints/step-* | grep -v tmp | head -1)" | tr '\n' ' ')"
    timeout 15 "$L" resume "o_kill_$kind" --device cuda:0 --json 2>/dev/null | grep -m1 '"event":"step"' | cut -c1-120
  done
fi
bench() { echo "-- $*"; timeout 110 "$L" bench step --json "$@" | python3 -c '
import json, sys
print("  ".join("%s %.6g" % (v["name"], v["value"]) for v in map(json.loads, sys.stdin)))'; }
if part split "65B in two parts (one card: 1,012 tokens/s, 33.8 GiB)"; then
  bench --preset 65b --method qlora --checkpointing --paging on --batch 1 --length 512 --ranks 2 --shard --steps 6 --warmup 2
  bench --preset 1b --targets all --batch 8 --length 1024 --ranks 2 --shard --steps 8
  bench --preset 8b --targets all --frozen-dtype fp8 --checkpointing --batch 8 --length 1024 --ranks 2 --shard --steps 5
fi
if part gain "what sharing gains"; then
  # Fewer channels than NCCL takes by itself were slower (8: 1.75, 16: 1.81, its own: 1.84 times one card).
  bench --preset 1b --method full --batch 8 --length 1024 --ranks 2 --steps 10 # the optimizer in parts, as runs have it
  bench --preset 1b --targets all --batch 8 --length 1024 --ranks 2 --steps 10
  bench --preset 8b --targets all --batch 8 --length 1024 --ranks 2 --steps 5
fi
if part peer "torchrun, transformers and peft through DistributedDataParallel"; then
  for a in "--method lora --targets all" "--method full"; do
    timeout 110 python3 -m torch.distributed.run --standalone --nproc-per-node 2 "$root/tests/reference/bench_peft.py" --preset 1b $a --batch 8 --length 1024 --steps 10 --device cuda --dtype bf16 2> peer.err || tail -n 3 peer.err
  done
fi
if part wrong "what is wrong is said, each in less than ten seconds"; then
  said() { local at; at=$(date +%s%N); "${@:2}" > said.txt 2>&1; echo "$1: code $? after $((($(date +%s%N) - at) / 1000000)) ms: $(grep -v '^{' said.txt | tail -n 1 | cut -c1-300)"; }
  said "no third card" timeout 30 "$L" tune r.json --out o_w1 --devices 3
  gcc -shared -fPIC -o hide.so "$root/tests/card/hide_nccl.c" -ldl && said "no NCCL" env LD_PRELOAD="$PWD/hide.so" timeout 30 "$L" tune r.json --out o_w2 --devices 2
  python3 -c '
import sys, torch
free = torch.cuda.mem_get_info(1)[0]
held = torch.empty(free - (2 << 30), dtype=torch.uint8, device="cuda:1"); print("held", flush=True); sys.stdin.read()' < <(sleep 40) > held.txt & holder=$!
  for _ in $(seq 60); do grep -q held held.txt && break; sleep 0.3; done
  said "a card too small" timeout 60 "$L" bench step --preset 8b --ranks 2 --steps 1 --batch 1
  kill $holder
fi
echo "== done after $(($(date +%s) - begun)) s"
