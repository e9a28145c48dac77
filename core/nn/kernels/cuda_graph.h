// SPDX-License-Identifier: GPL-3.0-or-later
// Graph: launches recorded once and played as one. What the recorded kernels read and write must stay where it is; memory
// that the work takes while it is recorded belongs to the graph as long as that lives. One thread at a time.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace luthier::nn::kernels::cuda {

class Graph {
public:
    Graph();
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    // False in builds without CUDA and on other devices.
    static bool canRecord(at::Device device);

    bool exists() const { return m_recorded != nullptr; }
    // Records what `work` queues on the card, from any thread; it must not wait for the card, nor copy from memory that is
    // not pinned. Nothing of it is computed yet. What was recorded before is given up. With `beside`, memory is shared
    // with that graph: neither may need what the other left there. Throws what torch throws when the card refuses.
    void record(at::Device device, const std::function<void()>& work, const Graph* beside = nullptr);
    void play(at::Device device); // on the current stream

private:
    struct Recorded;
    std::unique_ptr<Recorded> m_recorded;
};

} // namespace luthier::nn::kernels::cuda
