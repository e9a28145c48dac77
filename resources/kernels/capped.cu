// SPDX-License-Identifier: GPL-3.0-or-later
// Softmax over capped scores, which fused attention does not know; blocks.cu has load8(), join() and capped(). One block a row of
// `keys` scores: row r is query r % keys and sees the `window` keys up to its own, all of them for 0. Scores that nobody sees are
// neither read nor computed.

struct CappedRow {
    i64 begin; // in memory
    int first; // key that is seen
    int last;
};

__device__ __forceinline__ CappedRow cappedRow(int keys, int window)
{
    const int last = (int)(blockIdx.x % keys);
    return {(i64)blockIdx.x * keys, window > 0 ? max(0, last - window + 1) : 0, last};
}

// Eight scores from key i on; what is not seen weighs nothing.
__device__ __forceinline__ Eight cappedScores(const u16* raw, const CappedRow& row, int i, float scale, float cap, Eight& slope)
{
    Eight a = load8(raw + row.begin + i);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        const float score = capped(a.v[j] * scale, cap, slope.v[j]);
        a.v[j] = i + j >= row.first && i + j <= row.last ? score : kLowest;
    }
    return a;
}

// Of what the block has seen of a row: the largest score, the sum of exponentials, and of these times the gradients.
struct CappedSums {
    float top = kLowest;
    float sum = 0;
    float dot = 0;

    __device__ __forceinline__ void join(float otherTop, float otherSum, float otherDot)
    {
        const float higher = fmaxf(top, otherTop);
        if (higher == kLowest) {
            return;
        }
        const float own = __expf(top - higher);
        const float others = __expf(otherTop - higher);
        sum = sum * own + otherSum * others;
        dot = dot * own + otherDot * others;
        top = higher;
    }
};

__device__ __forceinline__ CappedSums cappedSums(const u16* raw, const u16* gradient, const CappedRow& row, float scale, float cap, float (*slots)[3])
{
    CappedSums sums;
    for (int i = (row.first & ~7) + threadIdx.x * 8; i <= row.last; i += blockDim.x * 8) {
        Eight slope;
        const Eight score = cappedScores(raw, row, i, scale, cap, slope);
        Eight d = {};
        if (gradient) {
            d = load8(gradient + row.begin + i);
        }
        float top = kLowest;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            top = fmaxf(top, score.v[j]);
        }
        float sum = 0;
        float dot = 0;
#pragma unroll
        for (int j = 0; j < 8 && top != kLowest; ++j) {
            const float share = __expf(score.v[j] - top);
            sum += share;
            dot += share > 0.0f ? share * d.v[j] : 0.0f;
        }
        sums.join(top, sum, dot);
    }
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const float top = __shfl_xor_sync(0xffffffffu, sums.top, d);
        const float sum = __shfl_xor_sync(0xffffffffu, sums.sum, d);
        const float dot = __shfl_xor_sync(0xffffffffu, sums.dot, d);
        sums.join(top, sum, dot);
    }
    if ((threadIdx.x & 31) == 0) {
        float* own = slots[threadIdx.x >> 5];
        own[0] = sums.top;
        own[1] = sums.sum;
        own[2] = sums.dot;
    }
    __syncthreads();
    CappedSums all;
    for (int i = 0; i < (blockDim.x >> 5); ++i) {
        all.join(slots[i][0], slots[i][1], slots[i][2]);
    }
    return all;
}

// weights = softmax of cap tanh(raw scale / cap).
extern "C" __global__ void capped_forward(const u16* raw, u16* weights, int keys, int window, float scale, float cap)
{
    __shared__ float slots[8][3];
    const CappedRow row = cappedRow(keys, window);
    const CappedSums all = cappedSums(raw, nullptr, row, scale, cap, slots);
    const float factor = 1.0f / all.sum;
    for (int i = threadIdx.x * 8; i < keys; i += blockDim.x * 8) {
        Eight out = {};
        if (i <= row.last && i + 7 >= row.first) {
            Eight slope;
            out = cappedScores(raw, row, i, scale, cap, slope);
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                out.v[j] = __expf(out.v[j] - all.top) * factor;
            }
        }
        store8(weights + row.begin + i, out);
    }
}

// `gradient` of the weights becomes that of raw.
extern "C" __global__ void capped_backward(const u16* raw, u16* gradient, int keys, int window, float scale, float cap)
{
    __shared__ float slots[8][3];
    const CappedRow row = cappedRow(keys, window);
    const CappedSums all = cappedSums(raw, gradient, row, scale, cap, slots);
    const float factor = 1.0f / all.sum;
    const float mean = all.dot * factor;
    __syncthreads(); // all have read what is written over
    for (int i = threadIdx.x * 8; i < keys; i += blockDim.x * 8) {
        Eight out = {};
        if (i <= row.last && i + 7 >= row.first) {
            Eight slope;
            const Eight score = cappedScores(raw, row, i, scale, cap, slope);
            const Eight d = load8(gradient + row.begin + i);
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                const float weight = __expf(score.v[j] - all.top) * factor;
                out.v[j] = weight > 0.0f ? weight * (d.v[j] - mean) * slope.v[j] * scale : 0.0f;
            }
        }
        store8(gradient + row.begin + i, out);
    }
}
