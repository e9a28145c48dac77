// SPDX-License-Identifier: GPL-3.0-or-later
// Lanes: work of a pass that is recorded on a card, beside its main line. Small kernels leave most of a card idle; what nobody waits for
// at once, like the gradients of updates, runs in a lane of its own. Where nothing is recorded, work is done at once, in the order in
// which it is given.
//
// What a lane reads and was made outside of it must live until the lane was joined. What it makes may be given back at any time. Internal
// to core: names torch types. One thread at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace luthier::nn::kernels {

class Lanes {
public:
    static constexpr std::size_t kCount = 2;

    // For work where x lies.
    explicit Lanes(const at::Tensor& x);
    ~Lanes(); // joins all
    Lanes(const Lanes&) = delete;
    Lanes& operator=(const Lanes&) = delete;

    // Begins behind what was queued before on the current line, which goes on beside it; within another lane's work, that lane is the
    // current line.
    void run(std::size_t lane, const std::function<void()>& work);
    // The current line goes on behind what the lane has been given.
    void join(std::size_t lane);
    // Lives until the end, where something runs beside.
    void keep(const at::Tensor& tensor)
    {
        if (m_active) {
            m_kept.push_back(tensor);
        }
    }

private:
    at::Device m_device;
    bool m_active;
    std::array<bool, kCount> m_began{};
    std::vector<at::Tensor> m_kept;
};

} // namespace luthier::nn::kernels
