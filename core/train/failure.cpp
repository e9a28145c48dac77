// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/failure.h"

#include "core/ranks/team.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <iterator>
#include <new>

namespace luthier::train {

namespace {

constexpr const char* kRanOut = " ran out of memory.";
constexpr const char* kLessMemory
    = " Lower run.batch_size (and raise run.gradient_accumulation by as much: the result stays the same), "
      "data.max_length, or method.rank, or choose a smaller model.";

constexpr const char* kNoRoomOnCard[] = {"CUDA out of memory", "CUDA error: out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"};

std::string textOf(const std::exception& problem)
{
    const auto* error = dynamic_cast<const c10::Error*>(&problem);
    return error ? error->what_without_backtrace() : problem.what();
}

bool isOutOfDevice(const std::exception& problem)
{
    if (dynamic_cast<const c10::OutOfMemoryError*>(&problem)) {
        return true;
    }
    const std::string text = textOf(problem); // a kernel that is loaded when it is first needed, or a library's workspace, found no room either
    return std::any_of(std::begin(kNoRoomOnCard), std::end(kNoRoomOnCard), [&](const char* words) { return text.find(words) != std::string::npos; });
}

bool isOutOfHost(const std::exception& problem)
{
    const std::string text = textOf(problem);
    return dynamic_cast<const std::bad_alloc*>(&problem) || text.find("DefaultCPUAllocator") != std::string::npos
           || text.find("allocate memory") != std::string::npos;
}

} // namespace

bool isOutOfMemory(const std::exception& problem)
{
    return isOutOfDevice(problem) || isOutOfHost(problem);
}

bool saysOutOfMemory(const std::string& sentence)
{
    return sentence.find(kRanOut) != std::string::npos;
}

std::string sentenceOf(const std::exception& problem)
{
    if (dynamic_cast<const Failure*>(&problem) || dynamic_cast<const ranks::Broken*>(&problem)) {
        return problem.what();
    }
    if (isOutOfDevice(problem)) {
        return std::string("The GPU") + kRanOut + kLessMemory;
    }
    if (isOutOfHost(problem)) {
        return std::string("This machine") + kRanOut + kLessMemory;
    }
    std::string text = textOf(problem);
    text = text.substr(0, text.find('\n'));
    const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
    if (has("CUDA error") || has("CUBLAS") || has("CUDNN")) {
        return "The GPU failed: " + text + ". Resume the run; if it fails again, try device cpu.";
    }
    return "The run stopped on an unexpected problem: " + text;
}

} // namespace luthier::train
