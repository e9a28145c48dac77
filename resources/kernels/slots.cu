// SPDX-License-Identifier: GPL-3.0-or-later
// Many texts side by side: attention of one token of each over its own keys, and the choice of each text's next token.
// Compiled together with blocks.cu and row.cu, whose helpers they use.

// A block takes one key head of one text: it puts the fresh key and value behind those that are cached, then its warps, of
// which each has one of the head's `group` queries and a share of the keys, read what is there once. dim / 8 threads share a
// key; dim is a power of two from 16 to 256. y [texts, heads, dim]; of a window > 0 the last keys alone are seen.
extern "C" __global__ void slot_attention(const u16* q, i64 qText, i64 qHead, const u16* k, i64 kText, i64 kHead, const u16* v,
                                          i64 vText, i64 vHead, u16* keys, u16* values, u16* y, const i64* slots,
                                          const i64* lengths, int group, int dim, i64 capacity, i64 window, float scale,
                                          float cap)
{
    __shared__ float tops[16];
    __shared__ float totals[16];
    __shared__ float parts[16 * 256];
    const int kvHead = blockIdx.x;
    const int kvHeads = gridDim.x;
    const i64 text = blockIdx.y;
    const i64 last = lengths[text];
    const i64 place = ((slots ? slots[text] : text) * kvHeads + kvHead) * capacity * dim;
    const int lanes = dim / 8;
    if (threadIdx.x < lanes) {
        *reinterpret_cast<uint4*>(keys + place + last * dim + threadIdx.x * 8)
            = *reinterpret_cast<const uint4*>(k + text * kText + kvHead * kHead + threadIdx.x * 8);
    } else if (threadIdx.x < 2 * lanes) {
        const int i = threadIdx.x - lanes;
        *reinterpret_cast<uint4*>(values + place + last * dim + i * 8)
            = *reinterpret_cast<const uint4*>(v + text * vText + kvHead * vHead + i * 8);
    }
    __syncthreads();
    const i64 first = window > 0 && last >= window ? last + 1 - window : 0;
    const int seen = (int)(last + 1 - first);
    const int warp = threadIdx.x >> 5;
    const int shares = (blockDim.x >> 5) / group; // warps of one query
    const int lane = (threadIdx.x & 31) % lanes;
    const int teams = 32 / lanes;
    const int stride = shares * teams;
    const u16* ownKeys = keys + place + first * dim + lane * 8;
    const u16* ownValues = values + place + first * dim + lane * 8;
    const Eight own = load8(q + text * qText + (i64)(kvHead * group + warp % group) * qHead + lane * 8);
    float top = kLowest;
    float total = 0;
    float sums[8] = {};
    for (int round = 0; round < seen; round += 2 * stride) {
        const int one = round + warp / group * teams + (threadIdx.x & 31) / lanes;
        const int two = one + stride;
        const Eight zero = {};
        const Eight k1 = one < seen ? load8(ownKeys + (i64)one * dim) : zero;
        const Eight k2 = two < seen ? load8(ownKeys + (i64)two * dim) : zero;
        const Eight v1 = one < seen ? load8(ownValues + (i64)one * dim) : zero;
        const Eight v2 = two < seen ? load8(ownValues + (i64)two * dim) : zero;
        float a = 0;
        float b = 0;
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            a += own.v[j] * k1.v[j];
            b += own.v[j] * k2.v[j];
        }
        for (int d = lanes / 2; d > 0; d >>= 1) {
            a += __shfl_xor_sync(0xffffffffu, a, d);
            b += __shfl_xor_sync(0xffffffffu, b, d);
        }
        a *= scale;
        b *= scale;
        if (cap > 0) {
            a = cap * tanhf(a / cap);
            b = cap * tanhf(b / cap);
        }
        a = one < seen ? a : kLowest;
        b = two < seen ? b : kLowest;
        const float higher = fmaxf(top, fmaxf(a, b));
        if (higher != kLowest) {
            const float keep = __expf(top - higher);
            const float first1 = __expf(a - higher);
            const float second = __expf(b - higher);
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                sums[j] = sums[j] * keep + first1 * v1.v[j] + second * v2.v[j];
            }
            total = total * keep + first1 + second;
            top = higher;
        }
    }
    uniteWarp(top, total, sums, lane, lanes, dim, parts, tops, totals);
    __syncthreads();
    u16* target = y + (text * kvHeads + kvHead) * group * dim;
    for (int i = threadIdx.x; i < group * dim; i += blockDim.x) {
        float highest = kLowest;
        for (int w = i / dim; w < shares * group; w += group) {
            highest = fmaxf(highest, tops[w]);
        }
        float weight = 0;
        float sum = 0;
        for (int w = i / dim; w < shares * group; w += group) {
            const float share = __expf(tops[w] - highest);
            weight += share * totals[w];
            sum += share * parts[w * dim + i % dim];
        }
        target[i] = narrow(sum / weight);
    }
}

typedef unsigned long long u64;
typedef unsigned char u8;

// Numbers in the order of floats.
__device__ __forceinline__ u32 orderOf(float x)
{
    const u32 bits = __float_as_uint(x);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

__device__ __forceinline__ bool isNumber(float x)
{
    return fabsf(x) <= 3.4028234e38f;
}

// Over the block, for every thread; the order of sums is fixed.
__device__ __forceinline__ double blockSumOf(double x, double* slots)
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
    x = (threadIdx.x & 31) < (blockDim.x >> 5) ? slots[threadIdx.x & 31] : 0.0;
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        x += __shfl_xor_sync(0xffffffffu, x, d);
    }
    return x;
}

__device__ __forceinline__ u64 blockMaxOf(u64 x, u64* slots)
{
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const u64 other = __shfl_xor_sync(0xffffffffu, x, d);
        x = other > x ? other : x;
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 0) {
        slots[threadIdx.x >> 5] = x;
    }
    __syncthreads();
    x = (threadIdx.x & 31) < (blockDim.x >> 5) ? slots[threadIdx.x & 31] : 0;
#pragma unroll
    for (int d = 16; d > 0; d >>= 1) {
        const u64 other = __shfl_xor_sync(0xffffffffu, x, d);
        x = other > x ? other : x;
    }
    return x;
}

// A text's logits behind penalty and temperature.
struct Warped {
    const float* logits;
    const u8* seen;
    float penalty;
    float temperature;

    __device__ __forceinline__ float at(int i) const
    {
        float x = logits[i];
        if (seen && seen[i]) {
            x = x < 0 ? x * penalty : x / penalty;
        }
        return temperature > 0 ? x / temperature : x;
    }
    // Weight of a token that counts at all; `least` is an order, of numbers alone.
    __device__ __forceinline__ double weight(int i, u32 least, float top) const
    {
        const float x = at(i);
        return isNumber(x) && orderOf(x) >= least ? exp((double)(x - top)) : 0.0;
    }
};

// A block of whole warps a row of logits [rows, n]: the token that Sampler (core/inference/sampler.h) picks. By slot:
// settings {temperature, penalty, top-p, top-k}, seed, draws so far, what was seen [n] or nothing, whether it is active.
// The id goes to `ids`, to be read next, and to `picked`, which is -1 where no logit is a number; lengths grow by one.
extern "C" __global__ void pick_tokens(const float* logits, int n, const i64* slots, const i64* active, const double* settings,
                                       const i64* seeds, i64* draws, u8* seen, i64* ids, i64* picked, float* logProbs,
                                       i64* lengths)
{
    __shared__ double slotsOf[32];
    __shared__ u64 slotsMax[32];
    __shared__ double shares[32];
    __shared__ int chosen;
    const i64 slot = slots ? slots[blockIdx.x] : blockIdx.x;
    if (!active[slot]) {
        return;
    }
    const float temperature = (float)settings[slot * 4];
    const float penalty = (float)settings[slot * 4 + 1];
    const double topP = settings[slot * 4 + 2];
    const double topK = settings[slot * 4 + 3];
    u8* ownSeen = seen && penalty != 1.0f ? seen + slot * n : 0;
    logits += (i64)blockIdx.x * n;
    const Warped plain = {logits, ownSeen, penalty, 0.0f};
    u64 best = 0; // the first of equals
    float rawTop = kLowest;
    const auto weigh = [&](float x, float raw, int i) {
        if (x == x) {
            const u64 one = (u64)orderOf(x) << 32 | (0xffffffffu - (u32)i);
            best = one > best ? one : best;
            rawTop = fmaxf(rawTop, raw);
        }
    };
    if (!ownSeen && n % 4 == 0) { // four at once, and several such on their way
#pragma unroll 4
        for (int i = 4 * threadIdx.x; i < n; i += 4 * blockDim.x) {
            const float4 x = *reinterpret_cast<const float4*>(logits + i);
            weigh(x.x, x.x, i);
            weigh(x.y, x.y, i + 1);
            weigh(x.z, x.z, i + 2);
            weigh(x.w, x.w, i + 3);
        }
    } else {
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            weigh(plain.at(i), logits[i], i);
        }
    }
    best = blockMaxOf(best, slotsMax);
    int id = (int)(0xffffffffu - (u32)best);
    if (best == 0 || !isNumber(plain.at(id))) {
        if (threadIdx.x == 0) {
            ids[slot] = 0;
            picked[slot] = -1;
        }
        return;
    }
    if (temperature > 0) {
        const Warped x = {logits, ownSeen, penalty, temperature};
        const float top = x.at(id);
        u32 least = 0;
        if (topK > 0) { // the k-th largest; all where there are fewer
            for (u32 bit = 0x80000000u; bit; bit >>= 1) {
                double count = 0;
                for (int i = threadIdx.x; i < n; i += blockDim.x) {
                    const float value = x.at(i);
                    count += isNumber(value) && orderOf(value) >= (least | bit) ? 1.0 : 0.0;
                }
                least = blockSumOf(count, slotsOf) >= topK ? least | bit : least;
            }
        }
        if (topP < 1) { // the highest from which on the weights reach the share
            double total = 0;
            for (int i = threadIdx.x; i < n; i += blockDim.x) {
                total += x.weight(i, least, top);
            }
            const double wanted = topP * blockSumOf(total, slotsOf);
            u32 border = 0;
            for (u32 bit = 0x80000000u; bit; bit >>= 1) {
                const u32 tried = border | bit;
                double sum = 0;
                for (int i = threadIdx.x; i < n; i += blockDim.x) {
                    sum += x.weight(i, tried > least ? tried : least, top);
                }
                border = blockSumOf(sum, slotsOf) >= wanted ? tried : border;
            }
            least = border > least ? border : least;
        }
        // Each warp a part of the ids; then the part in which the drawn number lies, 32 ids at a time.
        const int warp = threadIdx.x >> 5;
        const int warps = blockDim.x >> 5;
        const int lane = threadIdx.x & 31;
        const int each = (n + warps - 1) / warps;
        const int begin = warp * each;
        const int end = min(n, begin + each);
        double sum = 0;
        for (int i = begin + lane; i < end; i += 32) {
            sum += x.weight(i, least, top);
        }
#pragma unroll
        for (int d = 16; d > 0; d >>= 1) {
            sum += __shfl_xor_sync(0xffffffffu, sum, d);
        }
        if (lane == 0) {
            shares[warp] = sum;
        }
        if (threadIdx.x == 0) {
            chosen = -1;
        }
        __syncthreads();
        double total = 0;
        for (int w = 0; w < warps; ++w) {
            total += shares[w];
        }
        // splitmix64, as base::Random draws.
        u64 z = (u64)seeds[slot] + 0x9e3779b97f4a7c15ull * (u64)(draws[slot] + 1);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        z ^= z >> 31;
        const double drawn = (double)(z >> 11) * 1.1102230246251565e-16 * total;
        double before = 0;
        int part = 0;
        int lastPart = 0;
        for (int w = 0; w < warps; ++w) {
            lastPart = shares[w] > 0 ? w : lastPart;
        }
        while (part < lastPart && before + shares[part] <= drawn) {
            before += shares[part++];
        }
        if (warp == part) {
            int kept = -1; // the last that counts, should rounding pass all by
            int found = -1;
            for (int first = begin; first < end && found < 0; first += 32) {
                const int i = first + lane;
                const double weight = i < end ? x.weight(i, least, top) : 0.0;
                double upTo = weight;
#pragma unroll
                for (int d = 1; d < 32; d <<= 1) {
                    const double other = __shfl_up_sync(0xffffffffu, upTo, d);
                    upTo += lane >= d ? other : 0.0;
                }
                const u32 counts = __ballot_sync(0xffffffffu, weight > 0);
                const u32 over = __ballot_sync(0xffffffffu, weight > 0 && before + upTo > drawn);
                kept = counts ? first + 31 - __clz(counts) : kept;
                found = over ? first + __ffs(over) - 1 : found;
                before += __shfl_sync(0xffffffffu, upTo, 31);
            }
            if (lane == 0) {
                chosen = found >= 0 ? found : kept;
            }
        }
        __syncthreads();
        id = chosen;
    }
    if (logProbs) {
        u64 raw = blockMaxOf((u64)orderOf(rawTop), slotsMax);
        const u32 order = (u32)raw;
        rawTop = __uint_as_float(order & 0x80000000u ? order & 0x7fffffffu : ~order);
        const double heat = temperature > 0 ? settings[slot * 4] : 1.0;
        double sum = 0;
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            const float x = logits[i];
            sum += x == x ? exp((double)(x - rawTop) / heat) : 0.0;
        }
        sum = blockSumOf(sum, slotsOf);
        if (threadIdx.x == 0) {
            logProbs[slot] = (float)((double)(logits[id] - rawTop) / heat - log(sum));
        }
    }
    if (threadIdx.x == 0) {
        ids[slot] = id;
        picked[slot] = id;
        draws[slot] += temperature > 0 ? 1 : 0;
        if (ownSeen) {
            ownSeen[id] = 1;
        }
        if (lengths) {
            lengths[slot] += 1;
        }
    }
}
