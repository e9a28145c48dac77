// SPDX-License-Identifier: GPL-3.0-or-later
// Layer norms, and gelu with the low-rank update of what it reads; low_rank.cu has the tiles of 16 rows and 32 columns.

// Sums over the block of two values, for every thread; blockSum() of each at once.
__device__ __forceinline__ float2 blockSums(float a, float b, float2* slots)
{
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        a += __shfl_xor_sync(0xffffffffu, a, d);
        b += __shfl_xor_sync(0xffffffffu, b, d);
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 0) {
        slots[threadIdx.x >> 5] = make_float2(a, b);
    }
    __syncthreads();
    const int warps = blockDim.x >> 5;
    float2 sums = (threadIdx.x & 31) < warps ? slots[threadIdx.x & 31] : make_float2(0.0f, 0.0f);
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        sums.x += __shfl_xor_sync(0xffffffffu, sums.x, d);
        sums.y += __shfl_xor_sync(0xffffffffu, sums.y, d);
    }
    return sums;
}

// A thread keeps what it read of a row: n is at most 16 times the block's threads.
constexpr int kKept = 2;

__device__ __forceinline__ int placeOf(int i)
{
    return (i * blockDim.x + threadIdx.x) * 8;
}

// One block a row: w (x - mean) / sqrt(variance + eps) + b.
extern "C" __global__ void layer_forward(const u16* x, const u16* w, const u16* b, u16* y, int n, float eps)
{
    __shared__ float slots[32];
    x += (i64)blockIdx.x * n;
    y += (i64)blockIdx.x * n;
    Eight kept[kKept] = {};
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
            kept[i] = load8(x + placeOf(i));
        }
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            sum += kept[i].v[j];
        }
    }
    const float mean = blockSum(sum, slots) / n;
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                kept[i].v[j] -= mean;
                squares += kept[i].v[j] * kept[i].v[j];
            }
        }
    }
    const float root = rsqrtf(blockSum(squares, slots) / n + eps);
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
            const Eight f = load8(w + placeOf(i));
            const Eight add = load8(b + placeOf(i));
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                kept[i].v[j] = kept[i].v[j] * root * f.v[j] + add.v[j];
            }
            store8(y + placeOf(i), kept[i]);
        }
    }
}

// Gradient of x, plus `add` where it is not null. One block a row.
extern "C" __global__ void layer_backward(const u16* x, const u16* w, const u16* dy, const u16* add, u16* dx, int n, float eps)
{
    __shared__ float2 slots[32];
    const i64 first = (i64)blockIdx.x * n;
    Eight kept[kKept] = {};
    Eight grads[kKept] = {}; // times w
    float sum = 0;
    float pull = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
            kept[i] = load8(x + first + placeOf(i));
            grads[i] = load8(dy + first + placeOf(i));
            const Eight f = load8(w + placeOf(i));
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                grads[i].v[j] *= f.v[j];
                sum += kept[i].v[j];
                pull += grads[i].v[j];
            }
        }
    }
    const float2 means = blockSums(sum, pull, slots);
    const float mean = means.x / n;
    pull = means.y / n;
    float squares = 0;
    float dot = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                kept[i].v[j] -= mean;
                squares += kept[i].v[j] * kept[i].v[j];
                dot += kept[i].v[j] * grads[i].v[j];
            }
        }
    }
    const float2 both = blockSums(squares, dot, slots);
    const float root = rsqrtf(both.x / n + eps);
    const float slope = both.y / n * root * root;
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
        if (placeOf(i) < n) {
            Eight more = {};
            if (add) {
                more = load8(add + first + placeOf(i));
            }
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                grads[i].v[j] = root * (grads[i].v[j] - pull - kept[i].v[j] * slope) + more.v[j];
            }
            store8(dx + first + placeOf(i), grads[i]);
        }
    }
}

// Two columns of a tile at a time, a word of each row: what is worked on fits into few registers.
__device__ __forceinline__ u32 wordFrom(const uint4& line, int i)
{
    return i == 0 ? line.x : i == 1 ? line.y : i == 2 ? line.z : line.w;
}

__device__ __forceinline__ void putWord(uint4& line, int i, u32 word)
{
    (i == 0 ? line.x : i == 1 ? line.y : i == 2 ? line.z : line.w) = word;
}

// A thread's share of sixteen columns of an update's input.
struct LowInput {
    u32 a[4];
};

__device__ __forceinline__ LowInput lowInput(const LowTerm& term, const Place& at, int k)
{
    const int t = threadIdx.x & 3;
    const u16* upper = term.low + min(at.rowOf(0), at.rows - 1) * term.lowStride + k + 2 * t;
    const u16* lower = term.low + min(at.rowOf(1), at.rows - 1) * term.lowStride + k + 2 * t;
    return {{*reinterpret_cast<const u32*>(upper), *reinterpret_cast<const u32*>(lower), *reinterpret_cast<const u32*>(upper + 8),
             *reinterpret_cast<const u32*>(lower + 8)}};
}

// The update's columns 2 j and 2 j + 1 of both rows, as lowOf() has them, unscaled; `first` is its input's first sixteen.
__device__ __forceinline__ void lowPair(float (&sums)[4], const LowTerm& term, const LowInput& first, const Place& at, int j)
{
    const int g = (threadIdx.x & 31) >> 2;
    const u16* b = term.b + (i64)(at.column + (g >> 1) * 8 + 2 * j + (g & 1)) * term.stride + 2 * (threadIdx.x & 3);
    if (term.ranks > 0) {
        multiply(sums, first.a, *reinterpret_cast<const u32*>(b), *reinterpret_cast<const u32*>(b + 8));
    }
#pragma unroll 1
    for (int k = 16; k < term.ranks; k += 16) {
        const LowInput more = lowInput(term, at, k);
        multiply(sums, more.a, *reinterpret_cast<const u32*>(b + k), *reinterpret_cast<const u32*>(b + k + 8));
    }
}

__device__ __forceinline__ float2 pairOf(u32 word)
{
    return make_float2(__uint_as_float(word << 16), __uint_as_float(word & 0xffff0000u));
}

__device__ __forceinline__ float2 keptPair(float2 x, u32 bits, const Drop& drop)
{
    return make_float2((bits & 0xffffu) >= drop.limit ? x.x * drop.factor : 0.0f, (bits >> 16) >= drop.limit ? x.y * drop.factor : 0.0f);
}

__device__ __forceinline__ void storeRaw(u16* x, i64 stride, const Place& at, const Raw& raw)
{
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        if (at.has(half)) {
            *reinterpret_cast<uint4*>(x + at.rowOf(half) * stride + at.columnNow()) = raw.rows[half];
        }
    }
}

// gelu(x) of x [rows, n] with its update.
extern "C" __global__ void __launch_bounds__(256, 4) gelu_forward_low(const u16* x, u16* y, i64 rows, int n, int tiles, const LowTerm term)
{
    eachTile(
        rows, n, tiles, [&](const Place& at) { return loadRaw(x, n, at); },
        [&](const Place& at, const Raw& raw) {
            const LowInput input = term.ranks > 0 ? lowInput(term, at, 0) : LowInput{};
            Raw out;
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                float low[4] = {};
                lowPair(low, term, input, at, j);
#pragma unroll
                for (int half = 0; half < 2; ++half) {
                    const float2 z = pairOf(wordFrom(raw.rows[half], j));
                    const float a = rounded(z.x + term.scale * low[2 * half]);
                    const float b = rounded(z.y + term.scale * low[2 * half + 1]);
                    float slope;
                    putWord(out.rows[half], j, pack(a * quickGate(a, 0, slope), b * quickGate(b, 0, slope)));
                }
            }
            storeRaw(y, n, at, out);
        });
}

// Gradient of x, from the gradient dy of y with the update `below`, which drops what y's reader dropped; y: what that reader read, or null.
extern "C" __global__ void __launch_bounds__(256, 3) gelu_backward_low(const u16* x, const u16* dy, u16* dx, u16* y, i64 rows, int n, int tiles,
                                                                       const LowTerm term, const LowTerm below, const Drop drop)
{
    struct Both {
        Raw x;
        Raw dy;
    };
    eachTile(
        rows, n, tiles, [&](const Place& at) { return Both{loadRaw(x, n, at), loadRaw(dy, n, at)}; },
        [&](const Place& at, const Both& raw) {
            const LowInput input = term.ranks > 0 ? lowInput(term, at, 0) : LowInput{};
            const LowInput inputBelow = below.ranks > 0 ? lowInput(below, at, 0) : LowInput{};
            TileBits bits;
            if (drop.limit > 0) {
                bits = bitsOf(drop, n, at);
            }
            Both out;
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                float low[4] = {};
                float more[4] = {};
                lowPair(low, term, input, at, j);
                lowPair(more, below, inputBelow, at, j);
#pragma unroll
                for (int half = 0; half < 2; ++half) {
                    const float2 z = pairOf(wordFrom(raw.x.rows[half], j));
                    float2 d = pairOf(wordFrom(raw.dy.rows[half], j));
                    float2 added = make_float2(below.scale * more[2 * half], below.scale * more[2 * half + 1]);
                    if (drop.limit > 0) {
                        added = keptPair(added, wordFrom(bits.rows[half], j), drop);
                    }
                    d = make_float2(rounded(d.x + added.x), rounded(d.y + added.y));
                    const float a = rounded(z.x + term.scale * low[2 * half]);
                    const float b = rounded(z.y + term.scale * low[2 * half + 1]);
                    float slopeA;
                    float slopeB;
                    const float gateA = quickGate(a, 0, slopeA);
                    const float gateB = quickGate(b, 0, slopeB);
                    putWord(out.x.rows[half], j,
                            pack(d.x * gateA * (1.0f + a * slopeA * (1.0f - gateA)), d.y * gateB * (1.0f + b * slopeB * (1.0f - gateB))));
                    float2 product = make_float2(rounded(a * gateA), rounded(b * gateB));
                    if (drop.limit > 0) {
                        product = keptPair(product, wordFrom(bits.rows[half], j), drop);
                    }
                    putWord(out.dy.rows[half], j, pack(product.x, product.y));
                }
            }
            storeRaw(dx, n, at, out.x);
            if (y) {
                storeRaw(y, n, at, out.dy);
            }
        });
}
