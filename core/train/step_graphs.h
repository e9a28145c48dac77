// SPDX-License-Identifier: GPL-3.0-or-later
// StepGraphs: passes over small micro-batches, recorded on a card and played as one. A small pass takes the host longer to
// queue than the card to compute; played, the card is busy from end to end.
//
// A pass is recorded when its shape comes for the second time (the first made everything warm); so that shapes repeat, small
// batches are padded to round sizes, always, recorded or not: a run that was resumed computes what an uninterrupted one does.
// Internal to core: names torch types. One thread at a time.
#pragma once

#include "core/nn/kernels/cuda_graph.h"
#include "core/train/micro_batch.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace luthier::train {

// A small batch with wider rows and more places, none of which is trained: the loss is the same. A larger batch, a packed
// one and one that is trained everywhere stay as they are. In CPU memory.
MicroBatch paddedToRoundSizes(MicroBatch batch);

class StepGraphs {
public:
    // A batch on the device and the factor on its loss -> the loss times that; adds to the gradients of the leaves, in
    // place, where they have some.
    using Pass = std::function<at::Tensor(const MicroBatch& batch, const at::Tensor& scale)>;

    explicit StepGraphs(at::Device device);

    bool areWanted() const { return m_wanted; }
    // For good: after a problem, or where memory is short.
    void giveUp();

    // As paddedToRoundSizes() where the device records.
    MicroBatch padded(MicroBatch batch) const;

    // The loss, by playing what was recorded or by running `pass`. `batch` is a padded one, in CPU memory. Must be called
    // with the same gradients in place every time.
    at::Tensor run(const MicroBatch& batch, const at::Tensor& scale, const Pass& pass);

    // Why recording was given up, as a sentence; empty: it was not. Given once.
    std::string takeNotice() { return std::exchange(m_notice, {}); }

private:
    struct Recording {
        std::int64_t rows = 0;
        std::int64_t width = 0;
        std::int64_t places = -1; // -1: everywhere
        bool seen = false;
        MicroBatch inputs;        // where the recorded work reads
        at::Tensor scale;
        at::Tensor loss;
        nn::kernels::cuda::Graph graph;
    };

    Recording* recordingOf(const MicroBatch& batch);
    bool record(Recording& recording, const MicroBatch& batch, const at::Tensor& scale, const Pass& pass);

    at::Device m_device;
    bool m_wanted;
    std::vector<std::unique_ptr<Recording>> m_recordings; // a shape each, recorded or seen once
    std::int64_t m_recorded = 0;
    std::string m_notice;
};

} // namespace luthier::train
