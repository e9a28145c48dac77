// SPDX-License-Identifier: GPL-3.0-or-later
// Nccl: sums over the cards of several ranks by NVIDIA's library, which a LibTorch for cards brings. Found while the program
// runs, so that one build serves machines with it and without. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

namespace luthier::ranks {

class Nccl {
public:
    virtual ~Nccl() = default;

    // Queued on the tensor's card, on its current stream; in place. Contiguous fp32, fp16 or bf16. Not while a pass is recorded: NCCL wants a
    // sum to be recorded by all ranks or by none, and each to play what was recorded in that same call. Passes are recorded by each rank for
    // itself, when a shape of its own batches comes again (train/step/step_graphs.h).
    virtual void sum(const at::Tensor& tensor) = 0;
    // On a stream of its own, behind what is queued now; what is queued behind joinSums() waits for it. The tensor must live until then.
    virtual void sumBeside(const at::Tensor& tensor) = 0;
    virtual void joinSums() = 0;
    // On that stream, too: `own` becomes this rank's part of the sum of all ranks' `whole`; contiguous, own.numel() * size = whole.numel(), of
    // one dtype, or `own` fp32: then each rank gets the others' numbers of its part as they are and adds them up. `whole` may go at once,
    // `own` must live until then.
    virtual void sumPartBeside(const at::Tensor& whole, const at::Tensor& own) = 0;
    // On that stream, too: `own` of rank r becomes the r-th part of `whole`; contiguous uint8. Both must live until then.
    virtual void gatherBeside(const at::Tensor& own, const at::Tensor& whole) = 0;
    // Ends what is queued, whatever others do; any thread. What was being summed is lost.
    virtual void abort() = 0;
};

// Blocks until all ranks have called it. `share`: rank 0's text to all. Errors: the library is not there, or refuses.
Result<std::unique_ptr<Nccl>> makeNccl(int rank, int size, at::Device device, const std::function<std::string(const std::string&)>& share);

} // namespace luthier::ranks
