// SPDX-License-Identifier: GPL-3.0-or-later
// One token's way through a layer, each weight read once: kernels of an answer that is being generated. Compiled together
// with blocks.cu, whose helpers they use. Sums and the residual are fp32; weights, keys and values bfloat16.

__device__ __forceinline__ float wide(u16 x)
{
    return __uint_as_float((u32)x << 16);
}

__device__ __forceinline__ u16 narrow(float x)
{
    return (u16)(pack(x, 0.0f) & 0xffffu);
}

__device__ __forceinline__ float number(const void* p, i64 i, int isNarrow)
{
    return isNarrow ? wide(((const u16*)p)[i]) : ((const float*)p)[i];
}

// Weights pass by once: they must not push x out of the cache.
__device__ __forceinline__ uint4 loadOnce(const u16* p)
{
    uint4 r;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w) : "l"(p));
    return r;
}

__device__ __forceinline__ float dot2(u32 a, u32 b, float sum)
{
    sum += __uint_as_float(a << 16) * __uint_as_float(b << 16);
    return sum + __uint_as_float(a & 0xffff0000u) * __uint_as_float(b & 0xffff0000u);
}

__device__ __forceinline__ float dot8(uint4 a, uint4 b, float sum)
{
    return dot2(a.w, b.w, dot2(a.z, b.z, dot2(a.y, b.y, dot2(a.x, b.x, sum))));
}

__device__ __forceinline__ float warpSum(float x)
{
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        x += __shfl_xor_sync(0xffffffffu, x, d);
    }
    return x;
}

// A kernel that was let begin early (cuda_module.h) brings its weights nearer, then waits for all that was queued before it; and lets
// the next begin as soon as its own blocks have. Without effect where it was not, and on cards that know no such beginning.
__device__ __forceinline__ void letNextBegin()
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}

__device__ __forceinline__ void awaitEarlier()
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// What follows reads these weights first: a warp brings them nearer while it waits, or while a norm is computed.
__device__ __forceinline__ void expectLine(const void* line, int bytes)
{
    for (int i = (threadIdx.x & 31) * 128; i < bytes; i += 4096) {
        asm volatile("prefetch.global.L2 [%0];" ::"l"((const char*)line + i));
    }
}

// x = norm(h), or, where there is a sum, sum += norm(h). Without a weight h passes as it is. One block.
extern "C" __global__ void row_norm(const float* h, const u16* w, u16* x, float* sum, int n, float eps, float shift)
{
    __shared__ float slots[32];
    letNextBegin();
    awaitEarlier();
    float squares = 0;
    for (int i = threadIdx.x; w && i < n; i += blockDim.x) {
        squares += h[i] * h[i];
    }
    const float root = w ? rsqrtf(blockSum(squares, slots) / n + eps) : 1.0f;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        const float y = w ? h[i] * root * (wide(w[i]) + shift) : h[i];
        if (sum) {
            sum[i] += y;
        } else {
            x[i] = narrow(y);
        }
    }
}

// line . x over n, a multiple of 8, from `begin` on, by a warp; four reads are on their way at once.
__device__ __forceinline__ float lineDot(const u16* line, const u16* x, int n, int begin = 0)
{
    float sum = 0;
    int i = begin + (threadIdx.x & 31) * 8;
    for (; i + 768 < n; i += 1024) {
        uint4 part[4];
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            part[j] = loadOnce(line + i + 256 * j);
        }
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            sum = dot8(part[j], *reinterpret_cast<const uint4*>(x + i + 256 * j), sum);
        }
    }
    for (; i < n; i += 256) {
        sum = dot8(loadOnce(line + i), *reinterpret_cast<const uint4*>(x + i), sum);
    }
    return warpSum(sum);
}

// y[row] (+)= w[row] . x + bias[row]; `share` warps of a block a row, so that few rows keep the card busy, too.
extern "C" __global__ void row_product(const u16* w, const u16* x, const u16* bias, float* y, int rows, int n, int add,
                                       int share)
{
    __shared__ float sums[32];
    const int warp = threadIdx.x >> 5;
    const int row = (blockIdx.x * (blockDim.x >> 5) + warp) / share;
    const int part = warp % share;
    const int each = (n / 8 + share - 1) / share * 8;
    letNextBegin();
    awaitEarlier();
    float sum = 0;
    if (row < rows) {
        sum = lineDot(w + (i64)row * n, x, min(n, (part + 1) * each), part * each);
    }
    if (share > 1) {
        if ((threadIdx.x & 31) == 0) {
            sums[warp] = sum;
        }
        __syncthreads();
        for (int i = 1; part == 0 && i < share; ++i) {
            sum += sums[warp + i];
        }
    }
    if (row < rows && part == 0 && (threadIdx.x & 31) == 0) {
        sum += bias ? wide(bias[row]) : 0.0f;
        y[row] = add ? y[row] + sum : sum;
    }
}

// own = x = norm(h) in every block; the first writes x out for others.
__device__ __forceinline__ void normInto(u16* own, const float* h, const u16* w, float eps, float shift, u16* x, int n)
{
    __shared__ float slots[32];
    float squares = 0;
    for (int i = threadIdx.x * 4; i < n; i += blockDim.x * 4) {
        const float4 a = *reinterpret_cast<const float4*>(h + i);
        squares += a.x * a.x + a.y * a.y + a.z * a.z + a.w * a.w;
    }
    const float root = rsqrtf(blockSum(squares, slots) / n + eps);
    for (int i = threadIdx.x * 4; i < n; i += blockDim.x * 4) {
        const float4 a = *reinterpret_cast<const float4*>(h + i);
        const uint2 f = *reinterpret_cast<const uint2*>(w + i);
        uint2 y;
        y.x = pack(a.x * root * (__uint_as_float(f.x << 16) + shift), a.y * root * (__uint_as_float(f.x & 0xffff0000u) + shift));
        y.y = pack(a.z * root * (__uint_as_float(f.y << 16) + shift), a.w * root * (__uint_as_float(f.y & 0xffff0000u) + shift));
        *reinterpret_cast<uint2*>(own + i) = y;
        if (blockIdx.x == 0) {
            *reinterpret_cast<uint2*>(x + i) = y;
        }
    }
    __syncthreads();
}

// y[row] = w[row] . norm(h) + bias[row]; n at most 8192. Blocks take rows in turn, so that few compute the norm.
extern "C" __global__ void row_normed_product(const float* h, const u16* normWeight, float eps, float shift, u16* x,
                                              const u16* w, const u16* bias, float* y, int rows, int n)
{
    __shared__ __align__(16) u16 own[8192];
    const int stride = (gridDim.x * blockDim.x) >> 5;
    int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
    letNextBegin();
    expectLine(w + (i64)min(row, rows - 1) * n, 2 * n);
    awaitEarlier();
    normInto(own, h, normWeight, eps, shift, x, n);
    for (; row < rows; row += stride) {
        const float sum = lineDot(w + (i64)row * n, own, n);
        if ((threadIdx.x & 31) == 0) {
            y[row] = sum + (bias ? wide(bias[row]) : 0.0f);
        }
    }
}

// y[i] = act(gate[i] . norm(h)) * (up[i] . norm(h)), where gate lies before up in w and in bias, `size` rows each.
extern "C" __global__ void row_gated_product(const float* h, const u16* normWeight, float eps, float shift, u16* x,
                                             const u16* w, const u16* bias, u16* y, int size, int n, int silu)
{
    __shared__ __align__(16) u16 own[8192];
    const int stride = (gridDim.x * blockDim.x) >> 5;
    int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
    letNextBegin();
    expectLine(w + (i64)min(row, size - 1) * n, 2 * n);
    expectLine(w + (i64)(size + min(row, size - 1)) * n, 2 * n);
    awaitEarlier();
    normInto(own, h, normWeight, eps, shift, x, n);
    for (; row < size; row += stride) {
        const float gate = lineDot(w + (i64)row * n, own, n) + (bias ? wide(bias[row]) : 0.0f);
        const float up = lineDot(w + (i64)(size + row) * n, own, n) + (bias ? wide(bias[size + row]) : 0.0f);
        if ((threadIdx.x & 31) == 0) {
            float slope;
            y[row] = narrow(gate * gateOf(gate, silu, slope) * up);
        }
    }
}

// low[row] = a[row] . x over n; a warp a row.
extern "C" __global__ void row_low(const void* a, int isNarrow, const u16* x, float* low, int rank, int n)
{
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
    letNextBegin();
    awaitEarlier();
    if (row >= rank) {
        return;
    }
    float sum = 0;
    for (int i = threadIdx.x & 31; i < n; i += 32) {
        sum += number(a, (i64)row * n + i, isNarrow) * wide(x[i]);
    }
    sum = warpSum(sum);
    if ((threadIdx.x & 31) == 0) {
        low[row] = sum;
    }
}

// y[i] += scale * b[i] . low
extern "C" __global__ void row_raise(const void* b, int isNarrow, const float* low, float* y, int size, int rank,
                                     float scale)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    letNextBegin();
    awaitEarlier();
    if (i >= size) {
        return;
    }
    float sum = 0;
    for (int j = 0; j < rank; ++j) {
        sum += number(b, (i64)i * rank + j, isNarrow) * low[j];
    }
    y[i] += scale * sum;
}

// Norms and turns the heads of q in place; keys and values go to their place in the cache [kvHeads, capacity, dim].
// One block a head, a thread a number; dim at most 256.
extern "C" __global__ void row_heads(float* qkv, const u16* queryNorm, const u16* keyNorm, float queryEps, float keyEps,
                                     float shift, const float* cosines, const float* sines, u16* keys, u16* values,
                                     int heads, int kvHeads, int dim, int half, i64 capacity, const i64* place)
{
    letNextBegin();
    awaitEarlier();
    const i64 position = *place;
    __shared__ float slots[32];
    __shared__ float own[256];
    const int head = blockIdx.x;
    const int d = threadIdx.x;
    const bool isKey = head >= heads && head < heads + kvHeads;
    const bool isValue = head >= heads + kvHeads;
    float v = d < dim ? qkv[head * dim + d] : 0.0f;
    const u16* w = isValue ? 0 : isKey ? keyNorm : queryNorm;
    if (w) {
        const float root = rsqrtf(blockSum(v * v, slots) / dim + (isKey ? keyEps : queryEps));
        v *= d < dim ? root * (wide(w[d]) + shift) : 0.0f;
    }
    own[d] = v;
    __syncthreads();
    if (d >= dim) {
        return;
    }
    if (!isValue && d < 2 * half) {
        const float c = cosines[position * half + d % half];
        const float s = sines[position * half + d % half];
        v = d < half ? v * c - own[d + half] * s : v * c + own[d - half] * s;
    }
    if (head < heads) {
        qkv[head * dim + d] = v;
    } else {
        (isValue ? values : keys)[((head - heads) % kvHeads * capacity + position) * dim + d] = narrow(v);
    }
}

// Maximum, sum of exponentials and weighed values of two sets of keys together.
__device__ __forceinline__ void unite(float& top, float& total, float* sums, float otherTop, float otherTotal,
                                      const float* otherSums)
{
    const float higher = fmaxf(top, otherTop);
    const float mine = higher == kLowest ? 0.0f : __expf(top - higher);
    const float other = higher == kLowest ? 0.0f : __expf(otherTop - higher);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        sums[j] = sums[j] * mine + otherSums[j] * other;
    }
    total = total * mine + otherTotal * other;
    top = higher;
}

// All that a warp has found, into its block's memory: threads that are `lanes` apart looked at other keys, in the same eight dimensions.
__device__ __forceinline__ void uniteWarp(float top, float total, float* sums, int lane, int lanes, int dim, float* parts, float* tops,
                                          float* totals)
{
    for (int d = lanes; d < 32; d <<= 1) {
        float others[8];
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            others[j] = __shfl_xor_sync(0xffffffffu, sums[j], d);
        }
        const float otherTop = __shfl_xor_sync(0xffffffffu, top, d);
        const float otherTotal = __shfl_xor_sync(0xffffffffu, total, d);
        unite(top, total, sums, otherTop, otherTotal, others);
    }
    const int warp = threadIdx.x >> 5;
    if ((threadIdx.x & 31) < lanes) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            parts[warp * dim + lane * 8 + j] = sums[j];
        }
        tops[warp] = top;
        totals[warp] = total;
    }
}

// One query head a block of whole warps: y = softmax(scale q . k) v over the keys up to *place, read once;
// of a window > 0 the last ones alone.
// dim is 64, 128 or 256, so that dim / 8 threads share a key.
extern "C" __global__ void row_attention(const float* q, const u16* keys, const u16* values, u16* y, int group, int dim,
                                         i64 capacity, const i64* place, i64 window, float scale, float cap)
{
    __shared__ float tops[32];
    __shared__ float totals[32];
    __shared__ float parts[32 * 256];
    letNextBegin();
    awaitEarlier();
    const int head = blockIdx.x;
    const i64 first = window > 0 && *place >= window ? *place + 1 - window : 0;
    const int seen = (int)(*place + 1 - first);
    const int lanes = dim / 8;
    const int lane = threadIdx.x % lanes;
    const int team = threadIdx.x / lanes;
    const int teams = blockDim.x / lanes;
    const i64 start = (head / group * capacity + first) * dim + lane * 8;
    const Eight zero = {};
    Eight own;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        own.v[j] = q[head * dim + lane * 8 + j];
    }
    float top = kLowest;
    float total = 0;
    float sums[8] = {};
    for (int round = 0; round < seen; round += teams) {
        const int s = round + team;
        const Eight k = s < seen ? load8(keys + start + (i64)s * dim) : zero;
        const Eight v = s < seen ? load8(values + start + (i64)s * dim) : zero;
        float score = 0;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            score += own.v[j] * k.v[j];
        }
        for (int d = lanes / 2; d > 0; d >>= 1) {
            score += __shfl_xor_sync(0xffffffffu, score, d);
        }
        score *= scale;
        score = cap > 0 ? cap * tanhf(score / cap) : score;
        if (s < seen) {
            unite(top, total, sums, score, 1.0f, v.v);
        }
    }
    uniteWarp(top, total, sums, lane, lanes, dim, parts, tops, totals);
    __syncthreads();
    const int warps = blockDim.x >> 5;
    for (int d = threadIdx.x; d < dim; d += blockDim.x) {
        float highest = kLowest;
        for (int i = 0; i < warps; ++i) {
            highest = fmaxf(highest, tops[i]);
        }
        float weight = 0;
        float sum = 0;
        for (int i = 0; i < warps; ++i) {
            const float share = __expf(tops[i] - highest);
            weight += share * totals[i];
            sum += share * parts[i * dim + d];
        }
        y[head * dim + d] = narrow(sum / weight);
    }
}

// gate and up [2n] fp32 -> act(gate) * up [n]
extern "C" __global__ void row_gate(const float* x, u16* y, int n, int silu)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    letNextBegin();
    awaitEarlier();
    if (i < n) {
        float slope;
        y[i] = narrow(x[i] * gateOf(x[i], silu, slope) * x[n + i]);
    }
}

extern "C" __global__ void row_place(i64* place, i64 position)
{
    *place = position;
}
