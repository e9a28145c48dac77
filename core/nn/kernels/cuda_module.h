// SPDX-License-Identifier: GPL-3.0-or-later
// CudaModule: a card's compiled kernels and their launch. Only in builds with CUDA.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace luthier::nn::kernels::cuda {

// Indices into a card's functions, in the order of their names in cuda_module.cpp.
enum class Kernel {
    RmsForward, RmsBackward, Rotate, GatedForward, GatedBackward, LossRows, Dropped, AddDropped, Kept, // blocks.cu
    RowNorm, RowProduct, RowNormedProduct, RowGatedProduct, RowLow, RowRaise, RowHeads, RowAttention, RowGate,
    RowPlace,                                                                             // row.cu
    Dequantise,                                                                           // quant.cu
    SlotAttention, PickTokens,                                                            // slots.cu
    RowCodesProduct, CodesProduct, CodesSum,                                              // codes.cu
    Fp8Rows, RmsForwardFp8, RmsBackwardFp8, GatedForwardFp8, GatedBackwardFp8, GatherHeads, UnpackFp8, UnpackFp8Across, // fp8.cu
    NarrowMany, AddMany, AdamWMany,                                                       // many.cu
    AddLow, TurnLow,                                                                      // low_rank.cu
    GatesForward, GatesBackward,                                                          // gates.cu
    CappedForward, CappedBackward,                                                        // capped.cu
    LayerForward, LayerBackward, GeluForwardLow, GeluBackwardLow,                         // layer.cu
    LossRowsHeld,                                                                         // loss.cu
    RowToken, Count                                                                       // token.cu
};

struct Grid {
    std::int64_t x = 1; // blocks
    std::int64_t y = 1;
    std::int64_t threads = 256;
    // It may begin while what was queued before it ends, and waits for that by itself (row.cu): only where a kernel was queued right
    // before it. Cards that know no such beginning queue it as any other.
    bool early = false;
    bool together = false;        // its blocks wait for each other: all are on the card at once, or the card refuses
    std::int64_t sharedBytes = 0; // of memory that a block asks for as it is queued
};

// What a card has for kernels whose blocks stay on it: multiprocessors, and memory that a block may ask for on each. Zeros where
// it cannot start such kernels, nor copy into that memory by itself.
struct CardRoom {
    std::int64_t multiprocessors = 0;
    std::int64_t sharedBytes = 0;
};
CardRoom roomOf(at::Device device);

// Queues the kernel on the device's current stream; `arguments` points to each argument, as cuLaunchKernel takes them.
// Throws what torch throws when the card refuses.
void launch(Kernel kernel, at::Device device, const Grid& grid, void** arguments);

template <class... Arguments>
void launch(Kernel kernel, at::Device device, const Grid& grid, Arguments... arguments)
{
    void* pointers[] = {&arguments...};
    launch(kernel, device, grid, static_cast<void**>(pointers));
}

} // namespace luthier::nn::kernels::cuda
