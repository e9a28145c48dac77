// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/work_recorder.h"

#include "core/nn/kernels/cuda_graph.h"

namespace luthier::train {

namespace {

using nn::kernels::cuda::Graph;

class CardWork : public RecordedWork {
public:
    CardWork(at::Device device, const std::function<void()>& work, const RecordedWork* beside) : m_device(device)
    {
        const auto* other = dynamic_cast<const CardWork*>(beside);
        m_graph.record(device, work, other ? &other->m_graph : nullptr);
    }

    void play() override { m_graph.play(m_device); }

private:
    at::Device m_device;
    Graph m_graph;
};

} // namespace

WorkRecorder recorderOf(at::Device device)
{
    if (!Graph::canRecord(device)) {
        return {};
    }
    return [device](const std::function<void()>& work, const RecordedWork* beside) {
        return std::make_unique<CardWork>(device, work, beside);
    };
}

} // namespace luthier::train
