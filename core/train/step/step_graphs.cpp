// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/step_graphs.h"

#include "core/nn/batch/round_size.h"
#include "core/nn/free_memory.h"
#include "core/train/failure.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>

namespace luthier::train {

namespace {

constexpr std::int64_t kMostTokens = 16384;  // of a pass that is recorded: a larger one keeps a card busy by itself
constexpr std::int64_t kSmallTokens = 4096;  // up to here what a recording keeps for itself is small beside what a card has
constexpr std::int64_t kPaddedTokens = 2048; // up to here padding costs less than queueing
// The shapes that come first are kept: giving one up for another would cost more than either saves.
constexpr std::int64_t kMostRecordings = 64;
constexpr std::size_t kMostShapes = 1024; // that are remembered
constexpr std::int64_t kMostOutdated = 4; // of one shape: what reads other memory each time is not worth recording
constexpr std::int64_t kNoTarget = -100;
constexpr std::int64_t kPackedStep = 128;  // tokens that a packed row is a multiple of
constexpr std::int64_t kTargetStep = 256;  // and its targets

// In memory of the same kind.
at::Tensor emptyLike(const at::Tensor& x, at::IntArrayRef sizes)
{
    return at::empty(sizes, x.options().pinned_memory(x.is_pinned()));
}

at::Tensor longer(const at::Tensor& x, std::int64_t size, std::int64_t value)
{
    auto sizes = x.sizes().vec();
    const std::int64_t had = std::exchange(sizes.back(), size);
    at::Tensor target = emptyLike(x, sizes);
    target.narrow(-1, 0, had).copy_(x);
    target.narrow(-1, had, size - had).fill_(value);
    return target;
}

// Keeps the place of each trained token where rows grow wider.
at::Tensor moved(const at::Tensor& places, std::int64_t width, std::int64_t wider)
{
    at::Tensor target = emptyLike(places, places.sizes());
    const auto* from = places.const_data_ptr<std::int64_t>();
    auto* to = target.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < places.numel(); ++i) {
        to[i] = from[i] / width * wider + from[i] % width;
    }
    return target;
}

} // namespace

MicroBatch paddedToRoundSizes(MicroBatch batch)
{
    for (MicroBatch& other : batch.mismatched) {
        other = paddedToRoundSizes(std::move(other));
    }
    const std::int64_t width = batch.ids.size(1);
    if (!batch.segments.empty() || batch.ids.numel() > kPaddedTokens || !batch.places.defined()) {
        return batch; // trained everywhere: of one width, as texts are cut
    }
    const std::int64_t wider = nn::roundSize(width);
    batch.places = moved(batch.places, width, wider);
    batch.ids = longer(batch.ids, wider, 0);
    const std::int64_t count = nn::roundSize(batch.places.numel());
    batch.places = longer(batch.places, count, 0);
    batch.targets = longer(batch.targets, count, kNoTarget);
    if (batch.owners.defined()) {
        batch.owners = longer(batch.owners, count, 0);
        batch.ends = moved(batch.ends, width, wider);
    }
    for (auto& [name, values] : batch.perTargetColumns) {
        values = longer(values, count, 0);
    }
    return batch;
}

MicroBatch packedToRoundSizes(MicroBatch batch)
{
    const std::int64_t width = batch.ids.numel();
    if (batch.segments.empty() || !batch.fronts.empty() || batch.owners.defined() || width > kMostTokens) {
        return batch;
    }
    const auto upTo = [](std::int64_t size, std::int64_t step) { return (size + step - 1) / step * step; };
    if (batch.places.defined()) {
        const std::int64_t wider = upTo(width, kPackedStep);
        // In texts no longer than the longest, by which a row's frequencies go.
        const std::int64_t longest = *std::max_element(batch.segments.begin(), batch.segments.end());
        for (std::int64_t left = wider - width; left > 0; left -= batch.segments.back()) {
            batch.segments.push_back(std::min(left, longest));
        }
        batch.ids = wider > width ? longer(batch.ids, wider, 0) : batch.ids;
        const std::int64_t count = upTo(batch.places.numel(), kTargetStep);
        batch.places = longer(batch.places, count, 0);
        batch.targets = longer(batch.targets, count, kNoTarget);
        for (auto& [name, values] : batch.perTargetColumns) {
            values = longer(values, count, 0);
        }
    }
    batch.packing = nn::packingOf(batch.segments, batch.ids.is_pinned());
    return batch;
}

std::vector<std::vector<std::int64_t>> recordedShape(MicroBatch batch)
{
    std::vector<std::vector<std::int64_t>> shapes;
    for (const at::Tensor* tensor : objectives::tensorsOf(batch)) {
        shapes.push_back(tensor->sizes().vec());
    }
    shapes.push_back({batch.packing.longest});
    return shapes;
}

StepGraphs::StepGraphs(at::Device device, WorkRecorder recorder)
    : m_device(device), m_recorder(std::move(recorder)), m_wanted(m_recorder != nullptr)
{
}

void StepGraphs::giveUp()
{
    m_wanted = false;
    m_recordings.clear();
}

MicroBatch StepGraphs::padded(MicroBatch batch) const
{
    if (!m_recorder) {
        return batch;
    }
    return m_takesPacked && !batch.segments.empty() ? packedToRoundSizes(std::move(batch)) : paddedToRoundSizes(std::move(batch));
}

StepGraphs::Recording* StepGraphs::recordingOf(const Input& input)
{
    auto shapes = recordedShape(input.batch);
    const auto found = std::find_if(m_recordings.begin(), m_recordings.end(), [&](const auto& r) {
        return r->shapes == shapes && r->training == input.pass.training && r->adapters == input.pass.adapters;
    });
    if (found != m_recordings.end()) {
        return found->get();
    }
    if (m_recordings.size() >= kMostShapes) {
        return nullptr;
    }
    auto recording = std::make_unique<Recording>();
    recording->shapes = std::move(shapes);
    recording->training = input.pass.training;
    recording->adapters = input.pass.adapters;
    m_recordings.push_back(std::move(recording));
    return m_recordings.back().get();
}

at::Tensor StepGraphs::doNow(const Input& input, const Work& work) const
{
    return work({toDevice(input.batch, m_device), input.scale, input.pass});
}

void StepGraphs::outdate(Recording& recording)
{
    recording.work.reset();
    recording.loss.reset();
    recording.reads = PassReads();
    ++recording.outdated;
    --m_recorded;
}

bool StepGraphs::record(Recording& recording, const Input& input, const Work& work)
{
    if (input.batch.ids.numel() > kSmallTokens) {
        nn::giveBackIdleMemory(m_device); // the pass before took as much, which the recording cannot use
    }
    recording.input = {toDevice(input.batch, m_device), input.scale.clone(), input.pass};
    recording.input.pass.seedAt
        = at::full({}, static_cast<std::int64_t>(input.pass.seed), at::TensorOptions().dtype(at::kLong).device(m_device));
    const auto shared
        = std::find_if(m_recordings.begin(), m_recordings.end(), [&](const auto& other) { return other->work != nullptr; });
    try {
        recording.work = m_recorder([&recording, work] { recording.loss = work(recording.input); },
                                    shared == m_recordings.end() ? nullptr : (*shared)->work.get());
        ++m_recorded;
        return true;
    } catch (const std::exception& problem) {
        const std::string what = problem.what();
        m_notice = isOutOfMemory(problem)
                       ? "Steps are queued one by one, as the card has no memory left to record them: where batches are small they take longer."
                       : "Steps are queued one by one, as the card could not record them: " + what.substr(0, what.find('\n')) + ".";
    }
    giveUp();
    return false;
}

at::Tensor StepGraphs::run(const Input& input, const Work& work, const Reads& reads)
{
    const MicroBatch& batch = input.batch;
    const bool needsSegments = !batch.segments.empty() && !batch.packing.exists();
    if (!m_wanted || needsSegments || batch.ids.numel() > kMostTokens) {
        return doNow(input, work);
    }
    Recording* const known = recordingOf(input);
    if (!known || !std::exchange(known->seen, true)) {
        return doNow(input, work);
    }
    Recording& recording = *known;
    const std::vector<at::Tensor> now = reads(input);
    if (recording.work && !recording.reads.areStill(now)) {
        outdate(recording);
    }
    if (!recording.work) {
        const bool hasRoom = batch.ids.numel() <= kSmallTokens || nn::hasRoomForAnother(m_device);
        if (m_recorded >= kMostRecordings || recording.outdated > kMostOutdated || !hasRoom) {
            return doNow(input, work);
        }
        recording.reads = PassReads(now);
        if (!record(recording, input, work)) {
            return doNow(input, work);
        }
    } else {
        MicroBatch source = batch;
        const auto from = objectives::tensorsOf(source);
        const auto to = objectives::tensorsOf(recording.input.batch);
        for (std::size_t i = 0; i < to.size(); ++i) {
            to[i]->copy_(*from[i], true);
        }
        recording.input.scale.copy_(input.scale);
        recording.input.pass.seedAt.fill_(static_cast<std::int64_t>(input.pass.seed));
    }
    recording.work->play();
    return recording.loss;
}

} // namespace luthier::train
