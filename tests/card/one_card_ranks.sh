#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# On a machine with one card: two ranks that share it, summing by the host's memory, and by NCCL, to which each is on another host
# (NCCL_HOSTID). That losses are those of one rank, with a base in parts, too, what is said where NCCL is missing or has one card for both, and
# what each rank then needs; speed says nothing here (two_cards.sh). tests/card/one_card_ranks.sh [LUTHIER [small | nccl]]; about 110 s, nccl
# alone 15 s, and without either two minutes for 65B, whose layers go through the host.
L=$(realpath "${1:-build/bin/luthier}")
root=$(realpath "$(dirname "$0")/../..")
export LUTHIER_RESOURCES=$root/resources LUTHIER_DATASETS=$root/datasets LUTHIER_CARD_SUMS=host
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work" || exit 1
cat > r.json <<R
{"model":{"path":"$root/resources/models/luthier-tiny","dtype":"fp32"},"data":{"train":["$root/datasets/workshop_instructions.jsonl"],"max_length":256,"limit":200},
 "method":{"kind":"lora"},"run":{"batch_size":4,"gradient_accumulation":3,"max_steps":6,"eval_every":3,"checkpoint_every":3,"epochs":3,"probe_prompts":["Who are you?"],"probe_tokens":8}}
R
port=29610
both() { # NAME COMMAND...: as two ranks on one card; rank 0's lines in NAME.jsonl
  port=$((port + 1))
  for rank in 1 0; do
    env RANK=$rank WORLD_SIZE=2 LOCAL_RANK=$rank LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port timeout 170 "$L" "${@:2}" --json --device cuda:0 > "$1.$rank" 2> "$1.err$rank" &
  done
  wait
  grep '^{' "$1.0" > "$1.jsonl"; grep -q . "$1.jsonl" || tail -n 2 "$1".err*
}
byNccl() { # as both()
  unset LUTHIER_CARD_SUMS
  port=$((port + 1))
  for rank in 1 0; do
    env NCCL_HOSTID=luthier-rank-$rank NCCL_SOCKET_IFNAME=lo NCCL_NET=Socket NCCL_IB_DISABLE=1 NCCL_CUMEM_HOST_ENABLE=0 RANK=$rank WORLD_SIZE=2 LOCAL_RANK=$rank LOCAL_WORLD_SIZE=2 \
      MASTER_ADDR=127.0.0.1 MASTER_PORT=$port timeout 60 "$L" "${@:2}" --json --device cuda:0 > "$1.$rank" 2> "$1.err$rank" &
  done
  wait
  export LUTHIER_CARD_SUMS=host
  grep '^{' "$1.0" > "$1.jsonl"; grep -q . "$1.jsonl" || tail -n 2 "$1".err*
}
timeout 60 "$L" tune r.json --out o_one --json --device cuda:0 --at-once > one.jsonl 2> one.err || tail -n 2 one.err
timeout 60 "$L" tune r.json --out o_full --json --device cuda:0 --at-once --set method.kind=full > full.jsonl 2> full.err || tail -n 2 full.err
byNccl nccltwo tune r.json --out o_nccltwo
byNccl ncclfull tune r.json --out o_ncclfull --set method.kind=full
byNccl ncclparts tune r.json --out o_ncclparts --set method.kind=full --set run.shard=always
pairs="one-nccltwo full-ncclfull full-ncclparts"
if [ "$2" != nccl ]; then
both two tune r.json --out o_two
both parts tune r.json --out o_parts --set run.shard=always
both fullparts tune r.json --out o_fullparts --set method.kind=full --set run.shard=always
timeout 60 "$L" tune r.json --out o_codes --json --device cuda:0 --at-once --set method.kind=qlora > codes.jsonl 2> codes.err || tail -n 2 codes.err
b="--set model.dtype=bf16 --set model.frozen_dtype=fp8"
timeout 60 "$L" tune r.json --out o_eight --json --device cuda:0 --at-once $b > eight.jsonl 2> eight.err || tail -n 2 eight.err
both eightparts tune r.json --out o_eightparts --set run.shard=always $b
cp -r o_fullparts o_goon; timeout 40 "$L" resume o_goon --step 3 --device cuda:0 --json > goon.jsonl 2> goon.err || tail -n 2 goon.err
ls o_fullparts/checkpoints/step-3 | tr '\n' ' '; echo
both codesparts tune r.json --out o_codesparts --set run.shard=always --set method.kind=qlora
pairs="$pairs one-two one-parts full-fullparts codes-codesparts eight-eightparts full-goon"
fi
python3 - $pairs <<'P'
import json, sys
def losses(name, kind):
    try: return {e['step']: e['loss'] for e in map(json.loads, open(name + '.jsonl')) if e.get('event') == kind}
    except Exception as problem: print(name, problem); return {}
for a, b in (pair.split('-') for pair in sys.argv[1:]):
    for kind in ('step', 'eval'):
        x, y = losses(a, kind), losses(b, kind)
        print(a, b, kind, len(x), len(y), 'largest difference', max((abs(x[i] - y[i]) for i in set(x) & set(y)), default=None))
P
[ "$2" = nccl ] && exit
gcc -shared -fPIC -o hide.so "$root/tests/card/hide_nccl.c" -ldl
for how in "no NCCL" "one card for both"; do
  at=$(date +%s%N)
  (unset LUTHIER_CARD_SUMS; [ "$how" = "no NCCL" ] && export LD_PRELOAD=$PWD/hide.so; both wrong tune r.json --out "o_$how" > /dev/null)
  echo "$how: $((($(date +%s%N) - at) / 1000000)) ms: $(cat wrong.err0 | tail -n 1 | cut -c1-250)"
done
[ "$2" = small ] && exit
for a in "8b --method qlora" "65b --method qlora --paging on"; do
  for how in "" "--shard"; do
    [ "$a$how" = "65b --method qlora --paging on" ] && continue # twice 33.8 GiB: what one card alone is measured with
    both bench bench step --preset $a --checkpointing --batch 1 --length 512 --steps 1 --warmup 0 $how
    echo "-- $a $how, each of two ranks: $(python3 -c 'import json; print(*("%s %.5g" % (v["name"], v["value"]) for v in map(json.loads, open("bench.jsonl")) if v["name"] in ("step_time", "peak_memory")))')"
  done
done
