#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two machines out of one: two network namespaces with host names, sshd, and, where they are installed, Slurm's and Open MPI's daemons of their
# own, and what the README of core/ranks says for several machines tried as it is written there: the losses are those of one process, a run is
# queued again where its time is over, a node that is cut off is named. Needs root (ip netns), ssh and sshd; leaves nothing behind.
# tests/nodes/two_nodes.sh [LUTHIER [ssh] [copies] [mpirun] [srun] [again] [cut]]; all take about 3 minutes on two cores.
L=$(realpath "${1:-build/bin/luthier}"); shift
parts="${*:-ssh copies mpirun srun again cut}"
[ "$(id -u)" = 0 ] || { echo "two_nodes.sh makes network namespaces: run it as root"; exit 2; }
for tool in ip nsenter unshare ssh ssh-keygen /usr/sbin/sshd python3 "$L"; do
  command -v "$tool" > /dev/null || { echo "$tool is not there, and two_nodes.sh needs it (Debian: iproute2, util-linux, openssh-client, openssh-server, python3)"; exit 2; }
done
root=$(realpath "$(dirname "$0")/../..")
export LUTHIER_RESOURCES=$root/resources LUTHIER_DATASETS=$root/datasets
work=$(mktemp -d /tmp/nodes.XXXXXX); chmod 755 "$work"; cd "$work" || exit 1
begun=$(date +%s); failed=0
part() { [[ " $parts " == *" $1 "* ]] && echo "== $2 (at $(($(date +%s) - begun)) s)"; }
say() { echo "$1: $2"; [[ "$2" == no* ]] && failed=1; }

started=()
tidy() {
  trap '' TERM INT # once is enough, and must come to its end
  for p in "${started[@]}"; do kill "$p" 2>/dev/null; done
  for n in lu1 lu2; do for p in $(ip netns pids $n 2>/dev/null); do kill -9 "$p"; done; ip netns del $n 2>/dev/null; done
  for link in lv1 lv2 br-lu; do ip link del $link 2>/dev/null; done # a namespace that ends takes its link along later
  rm -rf "$work"
}
ip link show br-lu > /dev/null 2>&1 && { echo "br-lu is there already: another two_nodes.sh is at work, or was killed (ip link del br-lu; ip netns del lu1; ip netns del lu2)"; rm -rf "$work"; exit 2; }
trap tidy EXIT; trap 'exit 1' TERM INT
printf '127.0.0.1 localhost\n10.77.0.1 lu0\n10.77.0.11 lu1\n10.77.0.12 lu2\n' > hosts
ip link add br-lu type bridge && ip addr add 10.77.0.1/24 dev br-lu && ip link set br-lu up || exit 1
for n in 1 2; do
  ip netns add lu$n && ip link add lv$n type veth peer name eth0 netns lu$n || exit 1
  ip link set lv$n master br-lu up
  ip -n lu$n addr add 10.77.0.1$n/24 dev eth0; ip -n lu$n link set eth0 up; ip -n lu$n link set lo up
done
on() { nsenter --net=/run/netns/"$1" unshare -u -m bash -c "hostname $1; mount --bind '$work/hosts' /etc/hosts; exec \"\$@\"" on "${@:2}"; } # HOST COMMAND...

# The system's ssh between them, with a key of its own.
mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user; cp user.pub authorized
for n in lu1 lu2; do
  mkdir -p home_$n
  printf 'Port 22\nHostKey %s/host\nAuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nSetEnv HOME=%s/home_%s LUTHIER_RESOURCES=%s/resources OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\n' "$work" "$work" "$work" $n "$root" > sshd_$n
  on $n /usr/sbin/sshd -D -f "$work/sshd_$n" & started+=($!)
done
printf 'Host lu1\n HostName 10.77.0.11\nHost lu2\n HostName 10.77.0.12\nHost *\n User root\n IdentityFile %s/user\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n' "$work" > ssh.conf
export LUTHIER_SSH="ssh -F $work/ssh.conf"
for n in lu1 lu2; do for _ in $(seq 50); do $LUTHIER_SSH $n true 2>/dev/null && break; sleep 0.2; done; done
echo "nodes: $($LUTHIER_SSH lu1 hostname) $($LUTHIER_SSH lu2 hostname)"

cat > r.json <<R
{"model":{"path":"$root/resources/models/luthier-tiny","dtype":"fp32"},"data":{"train":["$root/datasets/workshop_instructions.jsonl"],"max_length":128,"limit":120},
 "method":{"kind":"lora"},"run":{"batch_size":2,"gradient_accumulation":4,"max_steps":6,"eval_every":3,"checkpoint_every":3,"epochs":3,"threads":1}}
R
same() { # NAME [OTHER]: the losses of NAME's steps against OTHER's
  python3 - "$1" "${2:-alone}" <<'P'
import json, sys
def losses(name):
    found = {}
    for line in open(name + '.jsonl', errors='replace'):
        at = line.find('{"')
        try: e = json.loads(line[at:]) if at >= 0 else {}
        except ValueError: continue
        if e.get('event') == 'step': found[e['step']] = e['loss']
    return found
a, b = losses(sys.argv[1]), losses(sys.argv[2])
most = max((abs(a[i] - b[i]) for i in set(a) & set(b)), default=9)
print(('yes' if most <= 1e-6 * max(1, *b.values()) and len(a) == len(b) else 'no'), f'{len(a)} of {len(b)} steps, {most:.2g} apart at most')
P
}
"$L" tune r.json --out alone --json > alone.jsonl 2> alone.err || tail -n 2 alone.err

if part ssh "luthier launch --ssh lu1,lu2, a common disk"; then
  "$L" launch --ssh lu1,lu2 --program "$L" --devices cpu:1 r.json --out far --json > far.jsonl 2> far.err; echo "code $?"; tail -n 1 far.err
  say "losses of one process" "$(same far)"; ls far
fi
if part copies "luthier launch --ssh lu1,lu2 --copy, two ranks each, all weights with the optimizer in parts"; then
  "$L" tune r.json --out alone_full --json --set method.kind=full > full.jsonl 2>&1
  "$L" launch --ssh lu1,lu2 --copy --program "$L" --devices cpu:2 r.json --set method.kind=full --set run.shard=always --out farfull --json > farfull.jsonl 2> farfull.err; echo "code $?"; tail -n 1 farfull.err
  say "losses of one process" "$(same farfull full)"
  say "that there is no common folder is said" "$(grep -q 'Not all ranks see' farfull.jsonl farfull.err && echo yes || echo no)"
  "$L" remote fetch farfull --checkpoints > fetch.txt 2>&1; ls farfull/checkpoints/*/ 2>/dev/null | head -6
  du -sh home_lu1/.cache/luthier/brought home_lu2/.cache/luthier/brought
fi
if part mpirun "mpirun -n 2 --host lu1,lu2 -x MASTER_ADDR=lu1"; then
  if command -v mpirun > /dev/null; then
    printf '#!/bin/sh\nexec ssh -F %s/ssh.conf "$@"\n' "$work" > rsh; chmod +x rsh
    on lu1 env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 120 mpirun -n 2 --host lu1,lu2 --mca plm_rsh_agent "$work/rsh" --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 \
      -x MASTER_ADDR=lu1 -x LUTHIER_RESOURCES "$L" tune "$work/r.json" --out "$work/mpi" --json > mpi.jsonl 2> mpi.err; echo "code $?"; tail -n 1 mpi.err
    say "losses of one process" "$(same mpi)"
  else echo "no mpirun here"; fi
fi
slurm() { # a controller and two nodes, the one's and the other's
  command -v slurmctld > /dev/null && command -v slurmd > /dev/null || { echo "no Slurm here"; return 1; }
  [ -n "$slurm" ] && return 0
  mkdir -p ctl spool_lu1 spool_lu2
  cat > slurm.conf <<S
ClusterName=two
SlurmctldHost=lu1(10.77.0.11)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/ctl
SlurmdSpoolDir=$work/spool_%n
SlurmdPidFile=$work/%n.pid
SlurmctldPidFile=$work/ctl.pid
SlurmctldLogFile=$work/ctl.log
SlurmdLogFile=$work/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
KillWait=10
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=lu1 NodeAddr=10.77.0.11 NodeHostname=lu1 CPUs=1 RealMemory=500 State=UNKNOWN
NodeName=lu2 NodeAddr=10.77.0.12 NodeHostname=lu2 CPUs=1 RealMemory=500 State=UNKNOWN
PartitionName=all Nodes=lu1,lu2 Default=YES MaxTime=INFINITE State=UP
S
  command -v munged > /dev/null || { echo "no munge here"; return 1; }
  mkdir -p munge; chmod 700 munge; head -c 1024 /dev/urandom > munge/key; chmod 600 munge/key; chmod 755 "$work"
  munged --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" || return 1
  started+=("$(cat munge/pid)")
  export SLURM_CONF=$work/slurm.conf
  on lu1 slurmctld -D -f "$SLURM_CONF" > ctld.txt 2>&1 & started+=($!)
  for n in lu1 lu2; do on $n slurmd -D -N $n -f "$SLURM_CONF" > slurmd_$n.txt 2>&1 & started+=($!); done
  for _ in $(seq 60); do on lu1 sinfo -h -o %T 2>/dev/null | grep -q idle && [ "$(on lu1 sinfo -h -o %D -t idle 2>/dev/null)" = 2 ] && break; sleep 0.5; done
  on lu1 sinfo; slurm=up
}
if part srun "srun over two nodes" && slurm; then
  on lu1 timeout 60 srun -N 2 -n 2 "$L" tune "$work/r.json" --out "$work/srun" --json > srun.jsonl 2> srun.err; echo "code $?"; tail -n 1 srun.err
  say "losses of one process" "$(same srun)"
fi
if part again "a job whose time is over saves, ends with 75 and is queued again" && slurm; then
  cat > job.sh <<J
#!/bin/sh
#SBATCH --nodes=2 --ntasks-per-node=1 --requeue --signal=USR1@120 --time=30
run=$work/again
if [ -e \$run/recipe.json ]; then set -- resume \$run; else set -- tune $work/r.json --set run.max_steps=40 --set run.epochs=400 --out \$run; fi
srun --open-mode=append --output=$work/again.jsonl --error=$work/again.err $L "\$@" --json
code=\$?; echo "start \$SLURM_RESTART_COUNT code \$code" >> $work/again.codes
[ \$code -ne 75 ] || scontrol requeue \$SLURM_JOB_ID
J
  on lu1 sbatch --output=again.out job.sh
  for _ in $(seq 60); do grep -q '"step":12,' again.jsonl 2>/dev/null && break; sleep 1; done
  on lu1 scancel --signal=USR1 "$(on lu1 squeue -h -o %i | head -1)" # as Slurm does a while before the time is over
  for _ in $(seq 120); do grep -q "start 1" again.codes 2>/dev/null && break; on lu1 scontrol update jobid="$(on lu1 squeue -h -o %i | head -1)" starttime=now 2>/dev/null; sleep 2; done
  cat again.codes; tail -n 2 again.err; on lu1 squeue
  "$L" tune r.json --set run.max_steps=40 --set run.epochs=400 --out alone_again --json > alone_again.jsonl 2> /dev/null
  say "losses of one process" "$(same again alone_again)"
fi
if part cut "a node that is cut off is named, and the run goes on alone"; then
  "$L" launch --ssh lu1,lu2 --program "$L" --devices cpu:1 r.json --set run.max_steps=100000 --set run.epochs=10000 --set run.checkpoint_every=20 --out cut --json > cut.jsonl 2> cut.err & launch=$!
  for _ in $(seq 100); do grep -q '"step":30,' cut.jsonl && break; sleep 0.3; done
  at=$(date +%s); ip link set lv2 down; wait $launch; echo "code $? after $(($(date +%s) - at)) s"; tail -n 1 cut.err | cut -c1-300; ip link set lv2 up
  say "a rank is named" "$(grep -q 'lu2\|[Rr]ank 1' cut.err cut.jsonl && echo yes || echo no)"
fi
echo "== done after $(($(date +%s) - begun)) s"; exit $failed
