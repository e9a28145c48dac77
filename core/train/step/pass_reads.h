// SPDX-License-Identifier: GPL-3.0-or-later
// PassReads: the memory that recorded work reads, held, and whether it is still where it was. Held memory cannot become
// something else's, so the same address is the same memory. Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::train {

class PassReads {
public:
    PassReads() = default;
    // Tensors may be undefined.
    explicit PassReads(const std::vector<at::Tensor>& tensors);

    // Whether these tensors, in the same order, are the memory that is held, in the same shape and type.
    bool areStill(const std::vector<at::Tensor>& now) const;

private:
    struct Read {
        c10::Storage storage;       // as it was, whatever its tensor was given since
        const void* data = nullptr; // a storage that was resized has another
        at::ScalarType type = at::kFloat;
        std::vector<std::int64_t> sizes;
        std::vector<std::int64_t> strides;
    };
    std::vector<Read> m_reads;
};

} // namespace luthier::train
