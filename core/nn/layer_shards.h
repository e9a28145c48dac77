// SPDX-License-Identifier: GPL-3.0-or-later
// LayerShards: the frozen projections of a decoder, split over the ranks of a run. Each rank holds its part of every layer's bytes,
// whatever they are (numbers, or 4-bit codes with their constants), and has a layer whole only while a pass is in it: its bytes are
// gathered from all ranks, on a card one layer ahead beside what is computed, and let go behind it.
//
// A pass over the layers is a walk, forward, or backward where each layer is computed again. Ranks walk together: whoever begins one
// says which, and who has nothing to compute there serves it. So ranks may have different numbers of passes, or none, and one may
// pass alone while the others wait in finish(). Internal to core: names torch types.
//
// Threads: one at a time; a backward pass may come from autograd's thread of a card.
#pragma once

#include "core/nn/layers/linear_group.h"
#include "core/ranks/team.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace luthier::nn {

class LayerShards {
public:
    static constexpr std::size_t kGroups = 4; // of a layer

    // The team must outlive it.
    LayerShards(ranks::Team& team, at::Device device) : m_team(team), m_device(device) {}

    // Group by group, all of them before the first pass. Memory for all of its numbers or codes, to be filled ...
    void makeRoom(LinearGroup& group) const;
    // ... and this rank's part of them, the rest let go once the layer's other groups are here. The group must stay where it is.
    void split(LinearGroup& group);

    // From now on numbers have codes for products in 8-bit floats beside them (layers/fp8_weight.h) while a pass is in their layer; those are
    // made there, of the gathered numbers.
    void makeFp8() { m_makesFp8 = true; }

    enum class Way { Forward, Backward };
    // A pass comes to this layer, whose groups are whole until one comes to another. May throw what a team throws.
    void enter(std::size_t layer, Way way);
    // Serves the others' walks until all ranks are here: before whatever else ranks do together.
    void finish();

    std::int64_t bytes() const; // of this rank's part

private:
    struct Part { // of a layer's bytes: one tensor of a group
        LinearGroup* group = nullptr;
        std::size_t tensor = 0; // of those that it holds
        std::int64_t begin = 0;
        std::vector<std::int64_t> sizes;
        at::ScalarType dtype = at::kByte;
    };
    struct Split {
        std::array<std::vector<at::Tensor>, kGroups> coming; // until all are here
        std::array<LinearGroup*, kGroups> groups = {};
        std::vector<Part> parts;
        std::int64_t bytes = 0; // of all ranks
        at::Tensor own;
    };

    void keepOwn(Split& split);
    std::size_t layers() const { return m_splits.size(); }
    std::size_t layerAt(std::size_t position, Way way) const { return way == Way::Forward ? position : layers() - 1 - position; }
    void begin(Way way);
    void end();
    void serve(Way way);
    void gather(std::size_t position, Way way);
    void show(const Split& split, const at::Tensor& slot);
    void letGo();

    ranks::Team& m_team;
    at::Device m_device;
    std::vector<Split> m_splits;         // by layer
    std::array<at::Tensor, 2> m_slots;   // whole layers: of a walk's even and odd places
    bool m_makesFp8 = false;
    bool m_walks = false;
    Way m_way = Way::Forward;
    std::size_t m_gathered = 0;          // layers of the walk
    std::size_t m_position = 0;          // of the layer that is shown, in the walk
    const Split* m_shown = nullptr;
};

} // namespace luthier::nn
