// SPDX-License-Identifier: GPL-3.0-or-later
// Shelf: tensors of a pass that its backward pass reads again in the opposite order, in host memory meanwhile. Copies run beside the
// card's work; the next tensor is on its way while one is used. Internal to core: names torch types. One thread at a time.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace luthier::nn::kernels {

// Inputs of all layers of a pass that are together smaller stay where they are: a card has room for them, and recorded passes are short.
constexpr std::int64_t kShelvedBytes = std::int64_t{1} << 30;

constexpr bool areShelved(std::int64_t inputBytes) // of all layers that are computed again
{
    return inputBytes >= kShelvedBytes;
}

// Every second one: all of them cost 6 % of an 8B's speed.
constexpr bool isShelved(std::size_t layer)
{
    return layer % 2 == 0;
}

constexpr std::int64_t shelvedOf(std::int64_t layers)
{
    return (layers + 1) / 2;
}

class Shelf {
public:
    struct Kept;

    // False: the device has no shelf, its memory is the host's.
    static bool isFor(at::Device device);
    explicit Shelf(at::Device device);
    ~Shelf();
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;

    // Begins to copy x, contiguous, which nobody may change from now on. Null: there is no such host memory, so x has to stay where it is.
    std::shared_ptr<Kept> put(const at::Tensor& x);
    // x again, for work that is queued from now on; once.
    at::Tensor take(const std::shared_ptr<Kept>& kept);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace luthier::nn::kernels
