// SPDX-License-Identifier: GPL-3.0-or-later
// loss_rows() where a block can hold its row: it is read once, and written once. blocks.cu has the helpers, gates.cu the exponentials.

constexpr int kHeldLines = 6; // of a thread in registers; the others lie in shared memory

// Sums of exponentials to the base 2 of factor * (what was read - top).
__device__ __forceinline__ void joinScaled(float& top, float& sum, float otherTop, float otherSum, float factor)
{
    const float higher = fmaxf(top, otherTop);
    if (higher == kLowest) {
        return;
    }
    sum = sum * exponentOf2((top - higher) * factor) + otherSum * exponentOf2((otherTop - higher) * factor);
    top = higher;
}

__device__ __forceinline__ Eight eightOf(const uint4& line)
{
    Eight r;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const Two two = twoOf(wordOf(line, i));
        r.v[2 * i] = two.a;
        r.v[2 * i + 1] = two.b;
    }
    return r;
}

__device__ __forceinline__ void takeLine(const uint4& line, float factor, float& top, float& sum)
{
    const Eight a = eightOf(line);
    float higher = top;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        higher = fmaxf(higher, a.v[j]);
    }
    const float shift = higher * factor;
    float part = 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        part += exponentOf2(a.v[j] * factor - shift);
    }
    sum = (top == kLowest ? 0.0f : sum * exponentOf2((top - higher) * factor)) + part;
    top = higher;
}

// A line of the gradient; `aim`: the target's place in it, or one outside.
__device__ __forceinline__ uint4 gradientLine(const uint4& line, float factor, float shift, float share, float scale, i64 aim)
{
    Eight a = eightOf(line);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        a.v[j] = exponentOf2(a.v[j] * factor - shift) * share;
    }
    if (aim >= 0 && aim < 8) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            a.v[j] -= j == (int)aim ? scale : 0.0f;
        }
    }
    return make_uint4(pack(a.v[0], a.v[1]), pack(a.v[2], a.v[3]), pack(a.v[4], a.v[5]), pack(a.v[6], a.v[7]));
}

// Without a cap; n is a multiple of 8. A thread has every blockDim.x-th line of 8 logits, the first `shared` of them in shared memory,
// at most kHeldLines more in registers.
extern "C" __global__ void __launch_bounds__(1024, 1) loss_rows_held(u16* logits, const i64* targets, const float* weights, float* losses, int n,
                                                                     int stride, float inverse, int gradient, int shared)
{
    extern __shared__ uint4 lines[];
    __shared__ float tops[32];
    __shared__ float sums[32];
    uint4* row = reinterpret_cast<uint4*>(logits + (i64)blockIdx.x * stride);
    const int count = n / 8;
    const int threads = blockDim.x;
    const i64 target = targets[blockIdx.x];
    if (target < 0) {
        for (int i = threadIdx.x; gradient && i < count; i += threads) {
            row[i] = make_uint4(0, 0, 0, 0);
        }
        if (threadIdx.x == 0) {
            losses[blockIdx.x] = 0;
        }
        return;
    }
    constexpr int kStages = 4; // what came first is read while more is on its way
    const int each = (shared + kStages - 1) / kStages;
#pragma unroll
    for (int stage = 0; stage < kStages; ++stage) {
        for (int k = stage * each; k < min((stage + 1) * each, shared); ++k) {
            const int i = k * threads + threadIdx.x;
            if (i < count) {
                const u32 to = (u32)__cvta_generic_to_shared(lines + i);
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(row + i) : "memory");
            }
        }
        asm volatile("cp.async.commit_group;" ::: "memory");
    }
    uint4 held[kHeldLines];
#pragma unroll
    for (int k = 0; k < kHeldLines; ++k) {
        const int i = (shared + k) * threads + threadIdx.x;
        if (i < count) {
            held[k] = row[i];
        }
    }
    const u16 aimed = target < n ? reinterpret_cast<const u16*>(row)[target] : (u16)0x7fc0; // before any thread writes over the row
    const float factor = inverse * 1.4426950408889634f;
    float top = kLowest;
    float sum = 0;
#pragma unroll
    for (int stage = 0; stage < kStages; ++stage) {
        if (stage == 0) {
            asm volatile("cp.async.wait_group 3;" ::: "memory");
        } else if (stage == 1) {
            asm volatile("cp.async.wait_group 2;" ::: "memory");
        } else if (stage == 2) {
            asm volatile("cp.async.wait_group 1;" ::: "memory");
        } else {
            asm volatile("cp.async.wait_group 0;" ::: "memory");
        }
        for (int k = stage * each; k < min((stage + 1) * each, shared); ++k) {
            const int i = k * threads + threadIdx.x;
            if (i < count) {
                takeLine(lines[i], factor, top, sum); // a thread reads what it copied itself
            }
        }
    }
#pragma unroll
    for (int k = 0; k < kHeldLines; ++k) {
        if ((shared + k) * threads + (int)threadIdx.x < count) {
            takeLine(held[k], factor, top, sum);
        }
    }
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const float otherTop = __shfl_xor_sync(0xffffffffu, top, d);
        const float otherSum = __shfl_xor_sync(0xffffffffu, sum, d);
        joinScaled(top, sum, otherTop, otherSum, factor);
    }
    if ((threadIdx.x & 31) == 0) {
        tops[threadIdx.x >> 5] = top;
        sums[threadIdx.x >> 5] = sum;
    }
    __syncthreads();
    const int lane = threadIdx.x & 31;
    top = lane < threads / 32 ? tops[lane] : kLowest;
    sum = lane < threads / 32 ? sums[lane] : 0.0f;
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const float otherTop = __shfl_xor_sync(0xffffffffu, top, d);
        const float otherSum = __shfl_xor_sync(0xffffffffu, sum, d);
        joinScaled(top, sum, otherTop, otherSum, factor);
    }
    if (threadIdx.x == 0) {
        losses[blockIdx.x] = logf(sum) + (top - __uint_as_float((u32)aimed << 16)) * inverse;
    }
    if (!gradient) {
        return;
    }
    const float scale = (weights ? weights[blockIdx.x] : 1.0f) * inverse;
    const float share = scale / sum;
    const float shift = top * factor;
    for (int k = 0; k < shared; ++k) {
        const int i = k * threads + threadIdx.x;
        if (i < count) {
            row[i] = gradientLine(lines[i], factor, shift, share, scale, target - 8 * (i64)i);
        }
    }
#pragma unroll
    for (int k = 0; k < kHeldLines; ++k) {
        const int i = (shared + k) * threads + threadIdx.x;
        if (i < count) {
            row[i] = gradientLine(held[k], factor, shift, share, scale, target - 8 * (i64)i);
        }
    }
}
