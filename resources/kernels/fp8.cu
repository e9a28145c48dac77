// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of bfloat16 as 8-bit floats (e4m3) with a scale each, made where the row is made; blocks.cu has the helpers. One block
// a row: what a thread wrote is read again behind a barrier and rounded from bfloat16, so that codes are the same whoever
// makes them.

// The nearest of e4m3, ties to even; |x| is at most 448 but for rounding. What is not finite becomes e4m3's NaN.
__device__ __forceinline__ u32 e4m3(float x)
{
    const u32 bits = __float_as_uint(x);
    const u32 sign = (bits >> 24) & 0x80u;
    const float size = fabsf(x);
    if (!(size < 480.0f)) {
        return 0x7fu;
    }
    if (size < 0.015625f) { // below 2^-6 in steps of 2^-9
        return sign | (u32)__float2int_rn(size * 512.0f);
    }
    const u32 wide = bits & 0x7fffffffu;
    const u32 top = (wide + 0x7ffffu + ((wide >> 20) & 1u)) >> 20; // 8 bits of exponent, 3 of fraction
    const u32 code = top - (120u << 3);
    return sign | (code < 0x7eu ? code : 0x7eu);
}

// Two of them, the first in the low half.
__device__ __forceinline__ u32 pairOfCodes(float low, float high)
{
#if __CUDA_ARCH__ >= 890 // cards that multiply them round to them, too
    u16 pair;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(high), "f"(low));
    return pair;
#else
    return e4m3(low) | e4m3(high) << 8;
#endif
}

__device__ __forceinline__ void storeCodes(unsigned char* p, const Eight& x, float inverse)
{
    u32 pairs[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        pairs[i] = pairOfCodes(x.v[2 * i] * inverse, x.v[2 * i + 1] * inverse);
    }
    *reinterpret_cast<uint2*>(p) = make_uint2(pairs[0] | pairs[1] << 16, pairs[2] | pairs[3] << 16);
}

__device__ __forceinline__ float largestOf(const Eight& x, float top)
{
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        top = fmaxf(top, fabsf(x.v[i]));
    }
    return top;
}

// Over the block, for every thread; `slots` holds 32.
__device__ __forceinline__ float blockMost(float x, float* slots)
{
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, d));
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 0) {
        slots[threadIdx.x >> 5] = x;
    }
    __syncthreads();
    const int warps = blockDim.x >> 5;
    float most = (threadIdx.x & 31) < warps ? slots[threadIdx.x & 31] : 0.0f;
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, d));
    }
    return most;
}

// The row's codes and scale; `top` is this thread's largest.
__device__ __forceinline__ void codeRow(const u16* row, unsigned char* codes, float* scale, int n, float top, float* slots)
{
    top = blockMost(top, slots);
    const float inverse = top > 0.0f ? 448.0f / top : 1.0f;
    if (threadIdx.x == 0) {
        *scale = top > 0.0f ? top / 448.0f : 1.0f;
    }
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        storeCodes(codes + i, load8(row + i), inverse);
    }
}

extern "C" __global__ void fp8_rows(const u16* x, unsigned char* codes, float* scales, int n)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    float top = 0.0f;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        top = largestOf(load8(x + first + i), top);
    }
    codeRow(x + first, codes + first, scales + blockIdx.x, n, top, slots);
}

// As stored: rounded to bfloat16.
__device__ __forceinline__ float storedMost(u16* p, Eight x, float top)
{
    store8(p, x);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        top = fmaxf(top, fabsf(rounded(x.v[j])));
    }
    return top;
}

// A row of which each thread has eight values: stored, and coded as they are stored.
__device__ __forceinline__ void codeHeld(u16* row, unsigned char* codes, float* scale, int n, const Eight& x, float* slots)
{
    Eight stored;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        stored.v[j] = rounded(x.v[j]);
    }
    const float top = blockMost(largestOf(stored, 0.0f), slots);
    const int i = threadIdx.x * 8;
    if (threadIdx.x == 0) {
        *scale = top > 0.0f ? top / 448.0f : 1.0f;
    }
    if (i < n) {
        store8(row + i, stored);
        storeCodes(codes + i, stored, top > 0.0f ? 448.0f / top : 1.0f);
    }
}

// rms_forward, and the codes of its rows.
extern "C" __global__ void rms_forward_fp8(const u16* x, const u16* w, u16* y, unsigned char* codes, float* scales, int n,
                                           float eps, int plusOne)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    if (n <= (int)blockDim.x * 8) {
        codeHeld(y + first, codes + first, scales + blockIdx.x, n, heldNorm(x + first, w, n, eps, plusOne, slots), slots);
        return;
    }
    float sum = 0;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        const Eight a = load8(x + first + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            sum += a.v[j] * a.v[j];
        }
    }
    const float root = rsqrtf(blockSum(sum, slots) / n + eps);
    float top = 0.0f;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        Eight a = load8(x + first + i);
        const Eight f = load8(w + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            a.v[j] = plusOne ? a.v[j] * root * (1.0f + f.v[j]) : rounded(a.v[j] * root) * f.v[j];
        }
        top = storedMost(y + first + i, a, top);
    }
    codeRow(y + first, codes + first, scales + blockIdx.x, n, top, slots);
}

// rms_backward, and the codes of its rows.
extern "C" __global__ void rms_backward_fp8(const u16* x, const u16* w, const u16* dy, const u16* add, u16* dx,
                                            unsigned char* codes, float* scales, int n, float eps, int plusOne)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    const float shift = plusOne ? 1.0f : 0.0f;
    if (n <= (int)blockDim.x * 8) {
        const u16* more = add ? add + first : nullptr;
        codeHeld(dx + first, codes + first, scales + blockIdx.x, n, heldNormBack(x + first, w, dy + first, more, n, eps, shift, slots), slots);
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
    float top = 0.0f;
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
        top = storedMost(dx + first + i, g, top);
    }
    codeRow(dx + first, codes + first, scales + blockIdx.x, n, top, slots);
}

// gated_forward with a block a row, and the codes of its rows.
extern "C" __global__ void gated_forward_fp8(const u16* x, u16* y, unsigned char* codes, float* scales, int n, int silu)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    float top = 0.0f;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        Eight gate = load8(x + 2 * first + i);
        const Eight up = load8(x + 2 * first + n + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            float slope;
            gate.v[j] = gate.v[j] * gateOf(gate.v[j], silu, slope) * up.v[j];
        }
        top = storedMost(y + first + i, gate, top);
    }
    codeRow(y + first, codes + first, scales + blockIdx.x, n, top, slots);
}

// gated_backward with a block a row, and the codes of its rows of 2n.
extern "C" __global__ void gated_backward_fp8(const u16* x, const u16* dy, u16* dx, unsigned char* codes, float* scales, int n,
                                              int silu)
{
    __shared__ float slots[32];
    const i64 first = (i64)blockIdx.x * n;
    float top = 0.0f;
    for (int i = threadIdx.x * 8; i < n; i += blockDim.x * 8) {
        Eight gate = load8(x + 2 * first + i);
        Eight up = load8(x + 2 * first + n + i);
        const Eight g = load8(dy + first + i);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            float slope;
            const float z = gate.v[j];
            const float s = gateOf(z, silu, slope);
            gate.v[j] = g.v[j] * up.v[j] * s * (1.0f + z * slope * (1.0f - s));
            up.v[j] = g.v[j] * z * s;
        }
        top = storedMost(dx + 2 * first + i, gate, top);
        top = storedMost(dx + 2 * first + n + i, up, top);
    }
    __syncthreads(); // a thread codes what others wrote
    codeRow(dx + 2 * first, codes + 2 * first, scales + blockIdx.x, 2 * n, top, slots);
}

// A gradient of heads: strides in elements of a row of the batch, a head and a token.
struct HeadRows {
    const u16* at;
    i64 row;
    i64 head;
    i64 token;
};

__device__ __forceinline__ const u16* headOf(const HeadRows& x, i64 row, i64 token, int head)
{
    return x.at + row * x.row + token * x.token + head * x.head;
}

// Gradients of q, k and v side by side, a block a token: q's and k's turned back by cosines and sines [tokens, half] over
// the first 2 half of each head (half 0: none is turned). With codes, those of its rows.
extern "C" __global__ void gather_heads(const HeadRows q, const HeadRows k, const HeadRows v, u16* out, const float* cosines,
                                        const float* sines, unsigned char* codes, float* scales, int tokens, int heads,
                                        int kvHeads, int dim, int half)
{
    __shared__ float slots[32];
    const i64 row = blockIdx.x / tokens;
    const i64 token = blockIdx.x % tokens;
    const int n = (heads + 2 * kvHeads) * dim;
    out += (i64)blockIdx.x * n;
    const int pairs = half / 8;
    const int each = pairs + (dim - 2 * half) / 8; // of a head that is turned
    const int turned = (heads + kvHeads) * each;
    const int all = turned + kvHeads * (dim / 8);
    float top = 0.0f;
    for (int i = threadIdx.x; i < all; i += blockDim.x) {
        if (i >= turned) {
            const int head = (i - turned) / (dim / 8);
            const int d = (i - turned) % (dim / 8) * 8;
            top = storedMost(out + (heads + kvHeads + head) * dim + d, load8(headOf(v, row, token, head) + d), top);
            continue;
        }
        const int head = i / each;
        const int part = i % each;
        const u16* from = head < heads ? headOf(q, row, token, head) : headOf(k, row, token, head - heads);
        u16* to = out + head * dim;
        if (part >= pairs) {
            const int d = 2 * half + (part - pairs) * 8;
            top = storedMost(to + d, load8(from + d), top);
            continue;
        }
        const int d = part * 8;
        Eight a = load8(from + d);
        Eight b = load8(from + half + d);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const float c = cosines[token * half + d + j];
            const float s = sines[token * half + d + j];
            const float back = a.v[j] * c + b.v[j] * s;
            b.v[j] = b.v[j] * c - a.v[j] * s;
            a.v[j] = back;
        }
        top = storedMost(to + d, a, top);
        top = storedMost(to + half + d, b, top);
    }
    if (codes) {
        __syncthreads();
        codeRow(out, codes + (i64)blockIdx.x * n, scales + blockIdx.x, n, top, slots);
    }
}

// Numbers of 4-bit blocks as they would lie in memory, times `inverse`, in 8 bits: codes of 16 neighbours and their constant.
__device__ __forceinline__ void unpackSixteen(const unsigned char* codes, float scale, const float* table, float inverse, unsigned char* to)
{
    const uint2 raw = *reinterpret_cast<const uint2*>(codes);
    const u32 words[2] = {raw.x, raw.y};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        Eight numbers = numbersOf(words[half], table, scale);
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            numbers.v[i] = rounded(numbers.v[i]);
        }
        storeCodes(to + 8 * half, numbers, inverse);
    }
}

// [rows, columns] as the codes lie; 16 of a thread.
extern "C" __global__ void unpack_fp8(const Codes w, const Tables tables, unsigned char* to, i64 elements, float inverse)
{
    __shared__ float table[16];
    __shared__ float map[256];
    readTables(tables, table, map);
    const i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * 16;
    if (first < elements) {
        unpackSixteen(w.codes + first / 2, constantOf(w, map, first), table, inverse, to + first);
    }
}

// [columns, rows], lines `stride` apart: 64 by 64 numbers a block of 256 threads; rows and columns are multiples of 64.
extern "C" __global__ void unpack_fp8_across(const Codes w, const Tables tables, unsigned char* to, int columns, i64 stride, float inverse)
{
    constexpr int kSide = 64;
    constexpr int kLine = kSide + 16;
    __shared__ float table[16];
    __shared__ float map[256];
    __shared__ __align__(16) unsigned char tile[kSide * kLine]; // a column of the weight a line
    readTables(tables, table, map);
    const int row = threadIdx.x / 4;
    const int column = threadIdx.x % 4 * 16;
    const i64 first = ((i64)blockIdx.y * kSide + row) * columns + (i64)blockIdx.x * kSide + column;
    __align__(16) unsigned char own[16];
    unpackSixteen(w.codes + first / 2, constantOf(w, map, first), table, inverse, own);
#pragma unroll
    for (int i = 0; i < 16; ++i) {
        tile[(column + i) * kLine + row] = own[i];
    }
    __syncthreads();
    const uint4 out = *reinterpret_cast<const uint4*>(tile + row * kLine + column);
    *reinterpret_cast<uint4*>(to + ((i64)blockIdx.x * kSide + row) * stride + (i64)blockIdx.y * kSide + column) = out;
}
