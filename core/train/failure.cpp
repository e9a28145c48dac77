// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/failure.h"

#include <c10/util/Exception.h>

#include <new>

namespace luthier::train {

namespace {

constexpr const char* kLessMemory
    = " Lower run.batch_size (and raise run.gradient_accumulation by as much: the result stays the same), "
      "data.max_length, or method.rank, or choose a smaller model.";

} // namespace

std::string sentenceOf(const std::exception& problem)
{
    std::string text = problem.what();
    if (const auto* error = dynamic_cast<const c10::Error*>(&problem)) {
        text = error->what_without_backtrace();
    }
    const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
    if (dynamic_cast<const c10::OutOfMemoryError*>(&problem) || has("CUDA out of memory")) {
        return std::string("The GPU ran out of memory.") + kLessMemory;
    }
    if (dynamic_cast<const std::bad_alloc*>(&problem) || has("DefaultCPUAllocator") || has("allocate memory")) {
        return std::string("This machine ran out of memory.") + kLessMemory;
    }
    text = text.substr(0, text.find('\n'));
    if (has("CUDA error") || has("CUBLAS") || has("CUDNN")) {
        return "The GPU failed: " + text + ". Resume the run; if it fails again, try device cpu.";
    }
    return "The run stopped on an unexpected problem: " + text;
}

} // namespace luthier::train
