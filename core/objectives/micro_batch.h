// SPDX-License-Identifier: GPL-3.0-or-later
// MicroBatch: whole items as tensors, ready for one forward pass. Internal to core: names torch types.
//
// Shapes: I items, S sequences, B rows of T tokens (B = S, or 1 when packed), M targets, d hidden. Sequences stand in the
// order of their items and targets in the order of their sequences.
#pragma once

#include "core/nn/batch/packing.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace luthier::objectives {

struct MicroBatch {
    at::Tensor ids;                     // [B, T] int64, rows padded at the right
    at::Tensor places;                  // [M] int64: where in [B*T] the next token is trained; undefined: everywhere
    at::Tensor targets;                 // [M] int64: those next tokens; -100: none, added to come to a round size
    std::vector<std::int64_t> segments; // packed: B = 1 and the sequences' lengths, or those of their parts; else empty
    std::vector<std::int64_t> fronts;   // packed: the segment that each goes on from, or -1, where pairs share what they begin with
    std::int64_t tokens = 0;            // padding not counted
    std::int64_t trained = 0;
    std::int64_t items = 0;

    // Where the objective looks at sequences (Objective::perSequence); else undefined.
    at::Tensor owners; // [M] int64: the sequence of each target
    at::Tensor ends;   // [S] int64: where in [B*T] the last token of each sequence stands
    std::vector<std::pair<std::string, at::Tensor>> columns; // [I] fp32 each: what items carry, by name
    std::int64_t firsts = 0; // targets of the items' first sequences
    // [] fp32: items of the whole step over its firsts, so that a sum over first sequences, times this and divided as items are,
    // is a mean over their targets however the step was cut; undefined: this batch is all there is (firstScaleOf).
    at::Tensor firstScale;
    // Objective::mismatches: answers behind the next item's prompt, a batch of as many items; else, or for one item, empty.
    std::vector<MicroBatch> mismatched = {};
    std::vector<std::pair<std::string, at::Tensor>> perTargetColumns; // [M] fp32 each: what targets carry, 0 of padding

    nn::Packing packing = {}; // the segments as tensors, where the pass may be recorded

    std::int64_t sequences() const { return ends.defined() ? ends.size(0) : ids.size(0); }
    const at::Tensor& column(const std::string& name) const; // undefined: not there
    const at::Tensor& perTarget(const std::string& name) const; // likewise
};

// Every tensor of it that is defined, in a fixed order.
std::vector<at::Tensor*> tensorsOf(MicroBatch& batch);

// Starts the copies; does not wait for them.
MicroBatch toDevice(MicroBatch batch, at::Device device);

// Hidden states [B, T, d] of the places that predict a target: [M, d]. Differentiable.
at::Tensor pickTargets(const at::Tensor& hidden, const MicroBatch& batch);

// Values of the targets [M] added up by sequence: [S]. Differentiable; needs `owners`.
at::Tensor sumBySequence(const at::Tensor& values, const MicroBatch& batch);

at::Tensor firstScaleOf(const MicroBatch& batch); // [] fp32
at::Tensor firstScaleOf(std::int64_t items, std::int64_t firsts, const at::Tensor& ids); // in memory as that of `ids`

} // namespace luthier::objectives
