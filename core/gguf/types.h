// SPDX-License-Identifier: GPL-3.0-or-later
// GgufTypes: the number formats of tensors in a GGUF file, a row for each: how many numbers share a block and how many
// bytes a block takes, as ggml's type_traits have it. What can be turned into numbers is another table (blocks.h).
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <span>

namespace luthier::gguf {

struct TensorType {
    std::uint32_t id;
    const char* name;
    std::uint32_t elements; // of a block
    std::uint32_t bytes;    // of a block
};

std::span<const TensorType> tensorTypes();
const TensorType* findTensorType(std::uint32_t id); // null: not known

} // namespace luthier::gguf
