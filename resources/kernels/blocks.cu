// SPDX-License-Identifier: GPL-3.0-or-later
// Fused bfloat16 kernels of a layer and of the loss. Compiled at run time, once per kind of card; no headers.
// Rows are read 8 values (16 bytes) at once: every length and stride here is a multiple of 8, every address of 16.
// Arithmetic is fp32.

typedef unsigned short u16;
typedef unsigned int u32;
typedef long long i64;

#define kLowest __int_as_float(0xff800000) // minus infinity

struct Eight {
    float v[8];
};

__device__ __forceinline__ Eight load8(const u16* p)
{
    const uint4 raw = *reinterpret_cast<const uint4*>(p);
    const u32 words[4] = {raw.x, raw.y, raw.z, raw.w};
    Eight r;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        r.v[2 * i] = __uint_as_float(words[i] << 16);
        r.v[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
    }
    return r;
}

__device__ __forceinline__ u32 pack(float low, float high)
{
    u32 r;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
    return r;
}

__device__ __forceinline__ void store8(u16* p, const Eight& x)
{
    uint4 raw;
    raw.x = pack(x.v[0], x.v[1]);
    raw.y = pack(x.v[2], x.v[3]);
    raw.z = pack(x.v[4], x.v[5]);
    raw.w = pack(x.v[6], x.v[7]);
    *reinterpret_cast<uint4*>(p) = raw;
}

__device__ __forceinline__ float rounded(float x)
{
    return __uint_as_float(pack(0.0f, x) & 0xffff0000u);
}

// Sum over the block, for every thread. blockDim.x is a multiple of 32; `slots` holds 32.
__device__ __forceinline__ float blockSum(float x, float* slots)
{
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        x += __shfl_xor_sync(0xffffffffu, x, d);
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 0) {
        slots[threadIdx.x >> 5] = x;
    }
    __syncthreads();
    const int warps = blockDim.x >> 5;
    float sum = (threadIdx.x & 31) < warps ? slots[threadIdx.x & 31] : 0.0f;
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        sum += __shfl_xor_sync(0xffffffffu, sum, d);
    }
    return sum;
}

// A row of which each thread has eight values at most: what it holds of the norm, without reading it again.
__device__ __forceinline__ Eight heldNorm(const u16* x, const u16* w, int n, float eps, int plusOne, float* slots)
{
    const int i = threadIdx.x * 8;
    Eight a = {};
    Eight f = {};
    if (i < n) {
        a = load8(x + i);
        f = load8(w + i);
    }
    float sum = 0;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        sum += a.v[j] * a.v[j];
    }
    const float root = rsqrtf(blockSum(sum, slots) / n + eps);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        a.v[j] = plusOne ? a.v[j] * root * (1.0f + f.v[j]) : rounded(a.v[j] * root) * f.v[j];
    }
    return a;
}

// The same of its gradient; `shift` is 1 with plusOne.
__device__ __forceinline__ Eight heldNormBack(const u16* x, const u16* w, const u16* dy, const u16* add, int n, float eps, float shift, float* slots)
{
    const int i = threadIdx.x * 8;
    Eight a = {};
    Eight g = {};
    Eight b = {};
    float squares = 0;
    float dot = 0;
    if (i < n) {
        a = load8(x + i);
        g = load8(dy + i);
        const Eight f = load8(w + i);
        if (add) {
            b = load8(add + i);
        }
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            squares += a.v[j] * a.v[j];
            g.v[j] *= f.v[j] + shift;
            dot += a.v[j] * g.v[j];
        }
    }
    squares = blockSum(squares, slots);
    dot = blockSum(dot, slots);
    const float root = rsqrtf(squares / n + eps);
    const float pull = dot * root * root / n;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        g.v[j] = root * (g.v[j] - a.v[j] * pull) + b.v[j];
    }
    return g;
}

// One block a row. plusOne: gemma's weight 1 + w, multiplied before the rounding.
extern "C" __global__ void rms_forward(const u16* x, const u16* w, u16* y, int n, float eps, int plusOne)
{
    __shared__ float slots[32];
    x += (i64)blockIdx.x * n;
    y += (i64)blockIdx.x * n;
    if (n <= (int)blockDim.x * 8) {
        const int i = threadIdx.x * 8;
        const Eight held = heldNorm(x, w, n, eps, plusOne, slots);
        if (i < n) {
            store8(y + i, held);
        }
        return;
    }
    float sum = 0;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        const Eight a = load8(x + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            sum += a.v[j] * a.v[j];
        }
    }
    const float root = rsqrtf(blockSum(sum, slots) / n + eps);
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        Eight a = load8(x + i);
        const Eight f = load8(w + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            a.v[j] = plusOne ? a.v[j] * root * (1.0f + f.v[j]) : rounded(a.v[j] * root) * f.v[j];
        }
        store8(y + i, a);
    }
}

// Gradient of x, plus `add` where it is not null. One block a row.
extern "C" __global__ void rms_backward(const u16* x, const u16* w, const u16* dy, const u16* add, u16* dx, int n,
                                        float eps, int plusOne)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    const float shift = plusOne ? 1.0f : 0.0f;
    if (n <= (int)blockDim.x * 8) {
        const int i = threadIdx.x * 8;
        const Eight held = heldNormBack(x + first, w, dy + first, add ? add + first : nullptr, n, eps, shift, slots);
        if (i < n) {
            store8(dx + first + i, held);
        }
        return;
    }
    float squares = 0;
    float dot = 0;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        const Eight a = load8(x + first + i);
        const Eight f = load8(w + i);
        const Eight g = load8(dy + first + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            squares += a.v[j] * a.v[j];
            dot += a.v[j] * g.v[j] * (f.v[j] + shift);
        }
    }
    squares = blockSum(squares, slots);
    dot = blockSum(dot, slots);
    const float root = rsqrtf(squares / n + eps);
    const float pull = dot * root * root / n;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        const Eight a = load8(x + first + i);
        const Eight f = load8(w + i);
        Eight g = load8(dy + first + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            g.v[j] = root * (g.v[j] * (f.v[j] + shift) - a.v[j] * pull);
        }
        if (add) {
            const Eight b = load8(add + first + i);
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                g.v[j] += b.v[j];
            }
        }
        store8(dx + first + i, g);
    }
}

// One block a token turns all its heads; `half` is half a head. Strides in elements, of a row of the batch, a token and
// a head. cos and sin [tokens, half] fp32.
extern "C" __global__ void rotate(const u16* from, i64 fromRow, i64 fromToken, i64 fromHead, u16* to, i64 toRow,
                                  i64 toToken, i64 toHead, const float* cosines, const float* sines, int tokens,
                                  int heads, int half, float sign)
{
    const i64 row = blockIdx.x / tokens;
    const i64 token = blockIdx.x % tokens;
    from += row * fromRow + token * fromToken;
    to += row * toRow + token * toToken;
    cosines += token * half;
    sines += token * half;
    const int parts = half / 8;
    for (int i = threadIdx.x; i < heads * parts; i += blockDim.x) {
        const int head = i / parts;
        const int d = (i % parts) * 8;
        const u16* source = from + head * fromHead + d;
        u16* target = to + head * toHead + d;
        Eight a = load8(source);
        Eight b = load8(source + half);
        const float4 c0 = *reinterpret_cast<const float4*>(cosines + d);
        const float4 c1 = *reinterpret_cast<const float4*>(cosines + d + 4);
        const float4 s0 = *reinterpret_cast<const float4*>(sines + d);
        const float4 s1 = *reinterpret_cast<const float4*>(sines + d + 4);
        const float c[8] = {c0.x, c0.y, c0.z, c0.w, c1.x, c1.y, c1.z, c1.w};
        const float s[8] = {s0.x, s0.y, s0.z, s0.w, s1.x, s1.y, s1.z, s1.w};
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const float turned = a.v[j] * c[j] - sign * b.v[j] * s[j];
            b.v[j] = b.v[j] * c[j] + sign * a.v[j] * s[j];
            a.v[j] = turned;
        }
        store8(target, a);
        store8(target + half, b);
    }
}

__device__ __forceinline__ float logistic(float x)
{
    return 1.0f / (1.0f + __expf(-x));
}

// The factor on x of silu and of gelu's tanh form, and for gelu the slope of what the logistic function is taken of.
__device__ __forceinline__ float gateOf(float x, int silu, float& slope)
{
    const float root = 1.5957691216057308f;
    const float cube = 0.044715f;
    slope = silu ? 1.0f : root * (1.0f + 3.0f * cube * x * x);
    return logistic(silu ? x : root * (x + cube * x * x * x));
}

// x [rows, 2n] -> y [rows, n]. blockIdx.x is the row, blockIdx.y a part of it.
extern "C" __global__ void gated_forward(const u16* x, u16* y, int n, int silu)
{
    const i64 row = blockIdx.x;
    const int i = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
    if (i >= n) {
        return;
    }
    Eight gate = load8(x + row * 2 * n + i);
    const Eight up = load8(x + row * 2 * n + n + i);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        float slope;
        gate.v[j] = gate.v[j] * gateOf(gate.v[j], silu, slope) * up.v[j];
    }
    store8(y + row * n + i, gate);
}

extern "C" __global__ void gated_backward(const u16* x, const u16* dy, u16* dx, int n, int silu)
{
    const i64 row = blockIdx.x;
    const int i = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
    if (i >= n) {
        return;
    }
    Eight gate = load8(x + row * 2 * n + i);
    Eight up = load8(x + row * 2 * n + n + i);
    const Eight g = load8(dy + row * n + i);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        float slope;
        const float z = gate.v[j];
        const float s = gateOf(z, silu, slope);
        gate.v[j] = g.v[j] * up.v[j] * s * (1.0f + z * slope * (1.0f - s));
        up.v[j] = g.v[j] * z * s;
    }
    store8(dx + row * 2 * n + i, gate);
    store8(dx + row * 2 * n + n + i, up);
}

// Maximum and sum of exponentials of two parts together.
__device__ __forceinline__ void join(float& top, float& sum, float otherTop, float otherSum)
{
    const float higher = fmaxf(top, otherTop);
    if (higher == kLowest) {
        return;
    }
    sum = sum * __expf(top - higher) + otherSum * __expf(otherTop - higher);
    top = higher;
}

// cap * tanh(x / cap), where there is a cap; the slope there is 1 - tanh squared.
__device__ __forceinline__ float capped(float x, float cap, float& slope)
{
    slope = 1.0f;
    if (cap > 0) {
        const float t = 1.0f - 2.0f / (__expf(2.0f * x / cap) + 1.0f);
        slope = 1.0f - t * t;
        x = cap * t;
    }
    return x;
}

// Eight logits of a row as they are judged; what lies behind its end weighs nothing. Plain: there is no cap, and nothing behind the end.
template <bool Plain>
__device__ __forceinline__ Eight judged8(const u16* logits, int i, int n, float cap, float inverse, Eight& slope)
{
    Eight a = load8(logits + i);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        if (Plain) {
            slope.v[j] = 1.0f;
            a.v[j] *= inverse;
        } else {
            a.v[j] = i + j < n ? capped(a.v[j], cap, slope.v[j]) * inverse : kLowest;
        }
    }
    return a;
}

// One block a row: losses[row] = -ln p(target) of the capped logits * inverse (of the temperature), 0 for a negative target;
// with `gradient` the logits become (softmax - one-hot) * weight * inverse * the cap's slope. No weights: all 1. Rows begin
// `stride` apart, a multiple of 8; what lies between a row's n logits and the next is written over.
template <bool Plain>
__device__ __forceinline__ void lossRow(u16* logits, const i64* targets, const float* weights, float* losses, int n, int stride, float cap,
                                        float inverse, int gradient, float* tops, float* sums)
{
    logits += (i64)blockIdx.x * stride;
    const i64 target = targets[blockIdx.x];
    if (target < 0) {
        Eight none = {};
        for (int i = threadIdx.x * 8; gradient && i < n; i += blockDim.x * 8) {
            store8(logits + i, none);
        }
        if (threadIdx.x == 0) {
            losses[blockIdx.x] = 0;
        }
        return;
    }
    Eight slope;
    float top = kLowest;
    float sum = 0;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        const Eight a = judged8<Plain>(logits, i, n, cap, inverse, slope);
        float higher = top;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            higher = fmaxf(higher, a.v[j]);
        }
        float part = 0;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            part += __expf(a.v[j] - higher);
        }
        sum = (top == kLowest ? 0.0f : sum * __expf(top - higher)) + part;
        top = higher;
    }
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const float otherTop = __shfl_xor_sync(0xffffffffu, top, d);
        const float otherSum = __shfl_xor_sync(0xffffffffu, sum, d);
        join(top, sum, otherTop, otherSum);
    }
    if ((threadIdx.x & 31) == 0) {
        tops[threadIdx.x >> 5] = top;
        sums[threadIdx.x >> 5] = sum;
    }
    // Before any thread writes over the row.
    const float aim = capped(__uint_as_float(target < n ? (u32)logits[target] << 16 : 0x7fc00000u), cap, slope.v[0]) * inverse;
    __syncthreads();
    top = kLowest;
    sum = 0;
    for (int i = 0; i < (blockDim.x >> 5); ++i) {
        join(top, sum, tops[i], sums[i]);
    }
    if (threadIdx.x == 0) {
        losses[blockIdx.x] = logf(sum) + top - aim;
    }
    if (!gradient) {
        return;
    }
    const float scale = (weights ? weights[blockIdx.x] : 1.0f) * inverse;
    const float factor = scale / sum;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        Eight a = judged8<Plain>(logits, i, n, cap, inverse, slope);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            a.v[j] = Plain || i + j < n ? (__expf(a.v[j] - top) * factor - (i + j == target ? scale : 0.0f)) * slope.v[j] : 0.0f;
        }
        store8(logits + i, a);
    }
}

extern "C" __global__ void loss_rows(u16* logits, const i64* targets, const float* weights, float* losses, int n, int stride,
                                     float cap, float inverse, int gradient)
{
    __shared__ float tops[32];
    __shared__ float sums[32];
    if (cap == 0.0f && n % 8 == 0) {
        lossRow<true>(logits, targets, weights, losses, n, stride, cap, inverse, gradient, tops, sums);
    } else {
        lossRow<false>(logits, targets, weights, losses, n, stride, cap, inverse, gradient, tops, sums);
    }
}

// Which values a dropout keeps; see kernels.h.
struct Draw {
    unsigned long long seed;
    unsigned long long place;
    const i64* seedAt; // null: seed
};

// Philox 4x32 with ten rounds (Salmon et al., 2011): 128 random bits for a key and a counter.
__device__ __forceinline__ uint4 philox(const Draw& draw, i64 eight)
{
    const unsigned long long seed = draw.seedAt ? (unsigned long long)*draw.seedAt : draw.seed;
    uint2 key = make_uint2((u32)seed, (u32)(seed >> 32));
    uint4 c = make_uint4((u32)draw.place, (u32)(draw.place >> 32), (u32)eight, (u32)((unsigned long long)eight >> 32));
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const u32 high0 = __umulhi(0xD2511F53u, c.x);
        const u32 low0 = 0xD2511F53u * c.x;
        const u32 high1 = __umulhi(0xCD9E8D57u, c.z);
        const u32 low1 = 0xCD9E8D57u * c.z;
        c = make_uint4(high1 ^ c.y ^ key.x, low1, high0 ^ c.w ^ key.y, low0);
        key.x += 0x9E3779B9u;
        key.y += 0xBB67AE85u;
    }
    return c;
}

// Eight values: kept where their 16 random bits reach the limit, times the factor.
__device__ __forceinline__ Eight keptBy(Eight x, const uint4& bits, u32 limit, float factor)
{
    const u32 words[4] = {bits.x, bits.y, bits.z, bits.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        x.v[2 * i] = (words[i] & 0xffffu) >= limit ? x.v[2 * i] * factor : 0.0f;
        x.v[2 * i + 1] = (words[i] >> 16) >= limit ? x.v[2 * i + 1] * factor : 0.0f;
    }
    return x;
}

__device__ __forceinline__ Eight keptOf(const Eight& x, const Draw& draw, i64 eight, u32 limit, float factor)
{
    return keptBy(x, philox(draw, eight), limit, factor);
}

extern "C" __global__ void dropped(const u16* x, u16* y, i64 count, const Draw draw, u32 limit, float factor)
{
    const i64 place = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (place * 8 < count) {
        store8(y + place * 8, keptOf(load8(x + place * 8), draw, place, limit, factor));
    }
}

extern "C" __global__ void add_dropped(const u16* x, u16* target, i64 count, const Draw draw, u32 limit, float factor)
{
    const i64 place = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (place * 8 >= count) {
        return;
    }
    const Eight more = keptOf(load8(x + place * 8), draw, place, limit, factor);
    Eight sum = load8(target + place * 8);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        sum.v[i] += more.v[i];
    }
    store8(target + place * 8, sum);
}

extern "C" __global__ void kept(unsigned char* target, i64 count, const Draw draw, u32 limit)
{
    const i64 eight = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (eight * 8 >= count) {
        return;
    }
    const uint4 bits = philox(draw, eight);
    const u32 words[4] = {bits.x, bits.y, bits.z, bits.w};
    for (int i = 0; i < 8 && eight * 8 + i < count; ++i) {
        target[eight * 8 + i] = ((words[i / 2] >> (i % 2 * 16)) & 0xffffu) >= limit;
    }
}
