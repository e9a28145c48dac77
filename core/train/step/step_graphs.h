// SPDX-License-Identifier: GPL-3.0-or-later
// StepGraphs: passes over small micro-batches, recorded on a card and played as one. A small pass takes the host longer to
// queue than the card to compute; played, the card is busy from end to end.
//
// A recording holds all memory that it reads, and is only played while the pass would read that very memory: tables that
// grew, weights that were replaced, gradients elsewhere have it recorded again.
//
// A pass is recorded when its kind and shape come for the second time (the first made everything warm); so that shapes repeat, small
// batches are padded to round sizes, always, recorded or not: a run that was resumed computes what an uninterrupted one does. Of a
// packed row the texts' places are read from memory (nn/batch/packing.h), so that one recording serves rows of other texts.
// Internal to core: names torch types. One thread at a time.
#pragma once

#include "core/nn/pass.h"
#include "core/train/step/micro_batch.h"
#include "core/train/step/pass_reads.h"
#include "core/train/step/work_recorder.h"

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

// A packed row of few sizes, behind whose texts come some that nobody learns, and where its texts lie. One whose sequences an objective
// looks at, that shares beginnings or is too large to be recorded stays as it is. In CPU memory.
MicroBatch packedToRoundSizes(MicroBatch batch);

// What passes over batches have in common that are played from one recording: sizes of the batch's tensors, and how long a segment may be.
std::vector<std::vector<std::int64_t>> recordedShape(MicroBatch batch);

class StepGraphs {
public:
    // What differs from one pass over batches of one shape to the next.
    struct Input {
        MicroBatch batch;
        at::Tensor scale; // [] on the device: factor on the loss
        nn::Pass pass;
    };
    // An input on the device -> its loss and measures times the factor; adds to the gradients of the leaves, in place, where they
    // have some.
    using Work = std::function<at::Tensor(const Input& input)>;
    // What work over such an input (its batch in CPU memory) would read now besides it, and where it adds; made ready as
    // the work needs it.
    using Reads = std::function<std::vector<at::Tensor>(const Input& input)>;

    explicit StepGraphs(at::Device device) : StepGraphs(device, recorderOf(device)) {}
    StepGraphs(at::Device device, WorkRecorder recorder);

    bool areWanted() const { return m_wanted; }
    // For good: after a problem, or where memory is short.
    void giveUp();

    // Passes over packed rows read nothing but their Packing (Decoder::readsPacking): they are recorded, too.
    void takePacked() { m_takesPacked = true; }

    // As paddedToRoundSizes() where there is a recorder, packed rows as packedToRoundSizes().
    MicroBatch padded(MicroBatch batch) const;

    // The loss, by playing what was recorded or by doing the work. The batch is a padded one, in CPU memory. Passes that
    // train or count other adapters have recordings of their own; the seed is read anew each time.
    at::Tensor run(const Input& input, const Work& work, const Reads& reads);

    // Why recording was given up, as a sentence; empty: it was not. Given once.
    std::string takeNotice() { return std::exchange(m_notice, {}); }

private:
    struct Recording {
        std::vector<std::vector<std::int64_t>> shapes; // recordedShape() of the batch
        bool training = false;
        std::shared_ptr<const nn::AdapterSet> adapters;
        bool seen = false;
        std::int64_t outdated = 0; // times that what it read was no longer there
        Input input; // where the recorded work reads
        at::Tensor loss;
        PassReads reads;
        std::unique_ptr<RecordedWork> work;
    };

    Recording* recordingOf(const Input& input);
    at::Tensor doNow(const Input& input, const Work& work) const;
    void outdate(Recording& recording);
    bool record(Recording& recording, const Input& input, const Work& work);

    at::Device m_device;
    WorkRecorder m_recorder;
    bool m_wanted;
    bool m_takesPacked = false;
    std::vector<std::unique_ptr<Recording>> m_recordings; // a shape each, recorded or seen once
    std::int64_t m_recorded = 0;
    std::string m_notice;
};

} // namespace luthier::train
