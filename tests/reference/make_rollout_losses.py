#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes rollout_losses.json: what is lost on fixed answers, and what is learned from them.

- grpo, rloo: TRL's own `_compute_loss`, given hidden states and a head instead of a model: loss, and the gradient of the head.
- ppo: a whole update written out (the algorithm that TRL published up to 1.10 as experimental.ppo, with the score on the last
  token): rewards with KL, advantages, whitening, and passes of minibatches with AdamW over a head and a value head.

Needs TRL (1.16) for the first.
"""

import types
from collections import defaultdict

import reference  # noqa: E402  (before torch: it sets the surroundings)
import torch

torch.set_num_threads(1)
torch.manual_seed(11)

HIDDEN, VOCAB, GROUP = 6, 13, 4
PROMPTS = [3, 3, 3, 3, 5, 5, 5, 5]  # tokens of each answer's prompt
ANSWERS = [4, 2, 6, 1, 3, 5, 2, 6]  # and of the answer
LONGEST = 6


def numbers(x):
    return x.detach().double().flatten().tolist()


class Rollouts:
    """Padded at the right behind the answers; completions padded to LONGEST."""

    def __init__(self):
        self.ids = [torch.randint(0, VOCAB, (p + a,)) for p, a in zip(PROMPTS, ANSWERS)]
        self.hidden = [torch.randn(p + a, HIDDEN) for p, a in zip(PROMPTS, ANSWERS)]
        self.head = torch.randn(VOCAB, HIDDEN) * 0.5
        self.rewards = torch.tensor([1.0, 0.0, 0.5, 0.25, 2.0, 2.0, 2.0, 2.0])
        self.old_noise = [torch.randn(a) * 0.25 for a in ANSWERS]
        self.reference_noise = [torch.randn(a) * 0.3 for a in ANSWERS]

    def padded(self, values):
        out = torch.zeros(len(ANSWERS), LONGEST)
        for row, v in enumerate(values):
            out[row, : len(v)] = v
        return out

    def mask(self):
        return self.padded([torch.ones(a) for a in ANSWERS])

    def log_probs(self, head, temperature=1.0):
        rows = []
        for ids, hidden, p in zip(self.ids, self.hidden, PROMPTS):
            logits = hidden[p - 1 : -1] @ head.T / temperature
            rows.append(torch.log_softmax(logits, -1).gather(1, ids[p:, None]).squeeze(1))
        return rows

    def entropies(self, head):
        rows = []
        for hidden, p in zip(self.hidden, PROMPTS):
            log_p = torch.log_softmax(hidden[p - 1 : -1] @ head.T, -1)
            rows.append(-(log_p.exp() * log_p).sum(-1))
        return rows


class Accelerator:
    num_processes = 1
    sync_gradients = True

    @staticmethod
    def gather(x):
        return x

    gather_for_metrics = gather

    @staticmethod
    def reduce(x, reduction="sum"):
        return x


class Surroundings(types.SimpleNamespace):
    """What TRL's loss asks its trainer for; everything that was not set is off."""

    def __getattr__(self, name):
        return None


def trainer_of(rollouts, head, **settings):
    trainer = Surroundings(
        accelerator=Accelerator(), current_gradient_accumulation_steps=1, top_entropy_quantile=1.0, importance_sampling_level="token",
        use_vllm=False, aux_loss_enabled=False, _entropy_bonus_enabled=False, max_completion_length=LONGEST, _metrics={"train": defaultdict(list)},
        args=Surroundings(delta=None, use_bias_correction_kl=True, steps_per_generation=1), **settings)
    trainer._get_per_token_logps_and_entropies = lambda *a, **k: (
        rollouts.padded(rollouts.log_probs(head)), rollouts.padded(rollouts.entropies(head)).detach(), None)
    trainer.model = types.SimpleNamespace(training=True)
    return trainer


def grpo(rollouts, loss_type, beta, epsilon_high):
    from trl import GRPOTrainer
    from trl.trainer.utils import nanstd

    head = rollouts.head.clone().requires_grad_(True)
    grouped = rollouts.rewards.view(-1, GROUP)
    advantages = (grouped - grouped.mean(1, keepdim=True)) / (nanstd(grouped, dim=1).unsqueeze(1) + 1e-4)
    start = rollouts.log_probs(rollouts.head)
    mask = rollouts.mask()
    trainer = trainer_of(rollouts, head, loss_type=loss_type, beta=beta, epsilon_low=0.2, epsilon_high=epsilon_high)
    zeros = torch.zeros(len(ANSWERS), 1, dtype=torch.long)
    inputs = {
        "prompt_ids": zeros, "prompt_mask": zeros, "completion_ids": torch.zeros(len(ANSWERS), LONGEST, dtype=torch.long),
        "completion_mask": mask, "advantages": advantages.flatten(), "num_items_in_batch": mask.sum(),
        "old_per_token_logps": rollouts.padded([s + n for s, n in zip(start, rollouts.old_noise)]).detach(),
        "ref_per_token_logps": rollouts.padded([s + n for s, n in zip(start, rollouts.reference_noise)]).detach(),
    }
    loss = GRPOTrainer._compute_loss(trainer, trainer.model, inputs)
    loss.backward()
    metrics = trainer._metrics["train"]
    return {"normaliser": loss_type, "beta": beta, "epsilon_high": epsilon_high, "loss": loss.item(), "gradient": numbers(head.grad),
            "advantages": numbers(advantages), "clip_share": metrics["clip_ratio/region_mean"][0], "entropy": metrics["entropy"][0],
            **({"kl": metrics["kl"][0]} if beta else {})}


def rloo(rollouts, beta):
    from trl import RLOOTrainer

    head = rollouts.head.clone().requires_grad_(True)
    start = rollouts.log_probs(rollouts.head)
    mask = rollouts.mask()
    old = rollouts.padded([s + n for s, n in zip(start, rollouts.old_noise)]).detach()
    ref = rollouts.padded([s + n for s, n in zip(start, rollouts.reference_noise)]).detach()
    # TRL's lines: the KL is taken off the reward, the baseline is the mean of the others.
    rewards = rollouts.rewards - beta * ((old - ref) * mask).sum(-1)
    grouped = rewards.view(-1, GROUP)
    baselines = (grouped.sum(1, keepdim=True) - grouped) / (GROUP - 1)
    advantages = (grouped - baselines).flatten()
    trainer = trainer_of(rollouts, head, beta=beta, epsilon_low=0.2, epsilon_high=0.2)
    zeros = torch.zeros(len(ANSWERS), 1, dtype=torch.long)
    inputs = {"prompt_ids": zeros, "prompt_mask": zeros, "completion_ids": torch.zeros(len(ANSWERS), LONGEST, dtype=torch.long),
              "completion_mask": mask, "advantages": advantages, "old_logps": (old * mask).sum(1)}
    loss = RLOOTrainer._compute_loss(trainer, trainer.model, inputs)
    loss.backward()
    return {"beta": beta, "loss": loss.item(), "gradient": numbers(head.grad), "advantages": numbers(advantages)}


def masked_mean(x, mask):
    return (x * mask).sum() / mask.sum()


def whitened(x, mask, shift_mean=True):
    mean = masked_mean(x, mask)
    variance = (((x - mean) ** 2) * mask).sum() / (mask.sum() - 1)
    out = (x - mean) * torch.rsqrt(variance + 1e-8)
    return (out if shift_mean else out + mean) * mask


def ppo(rollouts, whiten_rewards):
    settings = {"temperature": 0.7, "kl": 0.05, "discount": 0.99, "lambda": 0.95, "clip": 0.2, "value_clip": 0.2, "value_weight": 0.1,
                "missing_end_penalty": 1.0, "epochs": 3, "rate": 0.05, "whiten_rewards": whiten_rewards}
    mask = rollouts.mask()
    head = rollouts.head.clone().requires_grad_(True)
    value = (torch.linspace(-0.4, 0.4, HIDDEN)).clone().requires_grad_(True)
    bias = torch.tensor([0.1], requires_grad=True)
    ended = torch.tensor([True, False, True, True, True, True, False, True])
    start = rollouts.padded(rollouts.log_probs(head, settings["temperature"])).detach()
    before = start + rollouts.padded(rollouts.reference_noise)

    def values_of():
        return rollouts.padded([h[p - 1 : -1] @ value + bias for h, p in zip(rollouts.hidden, PROMPTS)])

    old_values = values_of().detach()
    scores = rollouts.rewards - settings["missing_end_penalty"] * (~ended).float()
    rewards = -settings["kl"] * (start - before) * mask
    last = mask.sum(1).long() - 1
    rewards[torch.arange(len(ANSWERS)), last] += scores
    if whiten_rewards:
        rewards = whitened(rewards, mask.bool(), shift_mean=False)
    advantages = torch.zeros_like(rewards)
    running = torch.zeros(len(ANSWERS))
    for t in reversed(range(LONGEST)):
        following = old_values[:, t + 1] if t + 1 < LONGEST else torch.zeros(len(ANSWERS))
        delta = rewards[:, t] + settings["discount"] * following - old_values[:, t]
        running = (delta + settings["discount"] * settings["lambda"] * running) * mask[:, t]
        advantages[:, t] = running
    returns = (advantages + old_values) * mask
    advantages = whitened(advantages, mask.bool())

    optimizer = torch.optim.AdamW([head, value, bias], lr=settings["rate"], weight_decay=0.0, eps=1e-5)
    losses = []
    for _ in range(settings["epochs"]):
        for rows in ([0, 2, 5, 7], [1, 3, 4, 6]):
            m = mask[rows]
            new = rollouts.padded(rollouts.log_probs(head, settings["temperature"]))[rows]
            ratio = torch.exp((new - start[rows]) * m)
            a = advantages[rows]
            policy = masked_mean(torch.max(-a * ratio, -a * ratio.clamp(1 - settings["clip"], 1 + settings["clip"])), m)
            now = values_of()[rows]
            held = torch.clamp(now, old_values[rows] - settings["value_clip"], old_values[rows] + settings["value_clip"])
            off = 0.5 * masked_mean(torch.max((now - returns[rows]) ** 2, (held - returns[rows]) ** 2), m)
            loss = policy + settings["value_weight"] * off
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append({"loss": loss.item(), "value_loss": off.item()})
    return {**settings, "ended": ended.tolist(), "value": numbers(torch.linspace(-0.4, 0.4, HIDDEN)), "bias": 0.1, "epsilon": 1e-5,
            "advantages": [numbers(a[: n]) for a, n in zip(advantages, ANSWERS)], "returns": [numbers(a[: n]) for a, n in zip(returns, ANSWERS)],
            "losses": losses, "head_after": numbers(head), "value_after": numbers(value), "bias_after": bias.item()}


def main():
    import trl

    rollouts = Rollouts()
    out = {
        "made_with": {"torch": torch.__version__.split("+")[0], "trl": trl.__version__},
        "hidden_size": HIDDEN, "vocabulary": VOCAB, "group": GROUP, "longest": LONGEST, "prompts": PROMPTS,
        "ids": [i.tolist() for i in rollouts.ids], "hidden": [numbers(h) for h in rollouts.hidden], "head": numbers(rollouts.head),
        "rewards": numbers(rollouts.rewards), "old_noise": [numbers(n) for n in rollouts.old_noise],
        "reference_noise": [numbers(n) for n in rollouts.reference_noise],
        "grpo": [grpo(rollouts, kind, beta, high) for kind in ("dapo", "dr_grpo", "grpo") for beta, high in ((0.0, 0.2), (0.04, 0.28))],
        "rloo": [rloo(rollouts, beta) for beta in (0.0, 0.05)],
        "ppo": [ppo(rollouts, whiten) for whiten in (False, True)],
    }
    reference.write_json(reference.HERE / "rollout_losses.json", out)


main()
