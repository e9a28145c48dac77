// SPDX-License-Identifier: GPL-3.0-or-later
// Graph: launches recorded once and played as one. Only in builds with CUDA. What the recorded kernels read and write
// must stay where it is. One thread at a time.
#pragma once

#include <c10/core/Device.h>

#include <functional>

namespace luthier::nn::kernels::cuda {

class Graph {
public:
    Graph() = default;
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    bool exists() const { return m_playable != nullptr; }
    // Records the kernels that `work` launches, which must do nothing else with the card; what was recorded before is
    // given up. Throws what torch throws when the card refuses.
    void record(at::Device device, const std::function<void()>& work);
    void play(at::Device device); // on the current stream

private:
    void forget();

    void* m_playable = nullptr;
};

} // namespace luthier::nn::kernels::cuda
