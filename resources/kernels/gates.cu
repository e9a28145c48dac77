// SPDX-License-Identifier: GPL-3.0-or-later
// Gate times up, and their gradients, with the low-rank updates that their sums lack; low_rank.cu says what those are. A warp has 8 rows
// and 64 columns at once, a thread eight neighbouring columns of rows 2t and 2t + 1: so eight threads read 128 bytes beside each other.
// The updates are products whose rows are these columns, four of them below each other in any order; each thread keeps what it needs of
// B in shared memory of its own, for all tiles below. A tile is worked on two columns at once, which hold no more than a few registers.

struct Lines {
    uint4 row[2];
};

// The tile's rows of a thread, of all, and its columns. What lies behind the end is read from the last row or column, and not written.
struct Spot {
    i64 row[2];
    i64 low; // the row whose update's input this thread gives the products
    bool has[2];
};

__device__ __forceinline__ Spot spotOf(i64 first, i64 rows, bool inside)
{
    const int t = threadIdx.x & 3;
    Spot at;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        at.row[i] = min(first + 2 * t + i, rows - 1);
        at.has[i] = inside && first + 2 * t + i < rows;
    }
    at.low = min(first + ((threadIdx.x & 31) >> 2), rows - 1);
    return at;
}

__device__ __forceinline__ uint4 lineAt(const u16* p)
{
    return *reinterpret_cast<const uint4*>(p);
}

__device__ __forceinline__ u32 wordOf(const uint4& line, int i)
{
    return i == 0 ? line.x : i == 1 ? line.y : i == 2 ? line.z : line.w;
}

__device__ __forceinline__ void setWord(uint4& line, int i, u32 word)
{
    if (i == 0) {
        line.x = word;
    } else if (i == 1) {
        line.y = word;
    } else if (i == 2) {
        line.z = word;
    } else {
        line.w = word;
    }
}

struct Two {
    float a;
    float b;
};

__device__ __forceinline__ Two twoOf(u32 word)
{
    return {__uint_as_float(word << 16), __uint_as_float(word & 0xffff0000u)};
}

__device__ __forceinline__ Two roundedTwo(float a, float b)
{
    return twoOf(pack(a, b));
}

// A factor of the updates: what a thread gives the product of `column` and the one behind it, ranks from k on.
__device__ __forceinline__ uint4 bOf(const LowTerm& term, i64 column, int k)
{
    const u16* b = term.b + column * term.stride + k + 4 * (threadIdx.x & 3);
    const uint2 even = *reinterpret_cast<const uint2*>(b);
    const uint2 odd = *reinterpret_cast<const uint2*>(b + term.stride);
    return make_uint4(even.x, odd.x, even.y, odd.y);
}

__device__ __forceinline__ uint2 lowAt(const LowTerm& term, i64 row, int k)
{
    return *reinterpret_cast<const uint2*>(term.low + row * term.lowStride + k + 4 * (threadIdx.x & 3));
}

// One update in a thread: the place of its first factors in shared memory, `blockDim.x` apart.
struct Update {
    const LowTerm& term;
    uint4* kept;
    i64 column; // this thread's first
    uint2 low;  // of the tile

    __device__ __forceinline__ void begin()
    {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            kept[j * 256] = term.ranks > 0 ? bOf(term, column + 2 * j, 0) : make_uint4(0, 0, 0, 0);
        }
    }
    __device__ __forceinline__ void read(const Spot& at) { low = term.ranks > 0 ? lowAt(term, at.low, 0) : make_uint2(0, 0); }
    // Sums of columns 2j and 2j + 1: of the first row 0 and 2, of the second 1 and 3. Unscaled. Few: there are no more than 16 ranks.
    template <bool Few>
    __device__ __forceinline__ void sum(int j, const Spot& at, float* sums) const
    {
        const auto add = [&](const uint4& b, const uint2& x) {
            const u32 factors[4] = {b.x, b.y, b.z, b.w};
            multiply(sums, factors, x.x, x.y);
        };
        sums[0] = sums[1] = sums[2] = sums[3] = 0.0f;
        add(kept[j * 256], low);
#pragma unroll 1
        for (int k = 16; !Few && k < term.ranks; k += 16) {
            add(bOf(term, column + 2 * j, k), lowAt(term, at.low, k));
        }
    }
};

__device__ __forceinline__ float exponentOf2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

__device__ __forceinline__ float inverseOf(float x)
{
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// gateOf() to what lies far within bfloat16's rounding.
__device__ __forceinline__ float shareOf(float x, bool silu, float& slope)
{
    constexpr float kLog2e = 1.4426950408889634f;
    constexpr float kRoot = 1.5957691216057308f;
    constexpr float kCube = 0.044715f;
    if (silu) {
        slope = 1.0f;
        return inverseOf(1.0f + exponentOf2(-kLog2e * x));
    }
    const float square = x * x;
    slope = kRoot * (1.0f + 3.0f * kCube * square);
    return inverseOf(1.0f + exponentOf2(-kLog2e * kRoot * (x + kCube * x * square)));
}

// Usual: the gate is silu, and no update has more than 16 ranks.
template <bool Usual>
__device__ __forceinline__ void gatesForward(const u16* x, u16* y, i64 rows, int n, bool silu, int tiles, const LowTerm& gate, const LowTerm& up,
                                             uint4* factors)
{
    const int own = (blockIdx.x * 8 + (threadIdx.x >> 5)) * 64 + ((threadIdx.x & 31) >> 2) * 8;
    const bool inside = own < n;
    const int column = min(own, n - 8);
    Update ofGate{gate, factors + threadIdx.x, column, {}};
    Update ofUp{up, factors + 4 * 256 + threadIdx.x, column, {}};
    ofGate.begin();
    ofUp.begin();
    const i64 begin = (i64)blockIdx.y * 8 * tiles;
#pragma unroll 1
    for (int tile = 0; tile < tiles && begin + 8 * tile < rows; ++tile) {
        const Spot at = spotOf(begin + 8 * tile, rows, inside);
        Lines z;
        Lines u;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            z.row[i] = lineAt(x + at.row[i] * 2 * n + column);
            u.row[i] = lineAt(x + at.row[i] * 2 * n + n + column);
        }
        ofGate.read(at);
        ofUp.read(at);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            float g[4];
            float v[4];
            ofGate.sum<Usual>(j, at, g);
            ofUp.sum<Usual>(j, at, v);
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const Two gateWas = twoOf(wordOf(z.row[i], j));
                const Two upWas = twoOf(wordOf(u.row[i], j));
                const Two a = roundedTwo(gateWas.a + gate.scale * g[i], gateWas.b + gate.scale * g[2 + i]);
                const Two b = roundedTwo(upWas.a + up.scale * v[i], upWas.b + up.scale * v[2 + i]);
                float slope;
                const u32 word = pack(a.a * shareOf(a.a, Usual || silu, slope) * b.a, a.b * shareOf(a.b, Usual || silu, slope) * b.b);
                setWord(z.row[i], j, word);
            }
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            if (at.has[i]) {
                *reinterpret_cast<uint4*>(y + at.row[i] * n + column) = z.row[i];
            }
        }
    }
}

template <bool Usual, bool Drops>
__device__ __forceinline__ void gatesBackward(const u16* x, const u16* dy, u16* dx, u16* y, i64 rows, int n, bool silu, int tiles, const LowTerm& gate,
                                              const LowTerm& up, const LowTerm& below, const Drop& drop, uint4* factors)
{
    const float factor = drop.limit > 0 ? drop.factor : 1.0f;
    const int own = (blockIdx.x * 8 + (threadIdx.x >> 5)) * 64 + ((threadIdx.x & 31) >> 2) * 8;
    const bool inside = own < n;
    const int column = min(own, n - 8);
    Update ofGate{gate, factors + threadIdx.x, column, {}};
    Update ofUp{up, factors + 4 * 256 + threadIdx.x, column, {}};
    Update ofBelow{below, factors + 8 * 256 + threadIdx.x, column, {}};
    ofGate.begin();
    ofUp.begin();
    ofBelow.begin();
    const i64 begin = (i64)blockIdx.y * 8 * tiles;
#pragma unroll 1
    for (int tile = 0; tile < tiles && begin + 8 * tile < rows; ++tile) {
        const Spot at = spotOf(begin + 8 * tile, rows, inside);
        Lines z;
        Lines u;
        Lines d;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            z.row[i] = lineAt(x + at.row[i] * 2 * n + column);
            u.row[i] = lineAt(x + at.row[i] * 2 * n + n + column);
            d.row[i] = lineAt(dy + at.row[i] * n + column);
        }
        ofGate.read(at);
        ofUp.read(at);
        ofBelow.read(at);
        uint4 bits[2] = {};
        if (Drops && drop.limit > 0) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                bits[i] = philox(drop.draw, (at.row[i] * n + column) / 8);
            }
        }
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            float g[4];
            float v[4];
            float l[4];
            ofGate.sum<Usual>(j, at, g);
            ofUp.sum<Usual>(j, at, v);
            ofBelow.sum<Usual>(j, at, l);
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const Two gateWas = twoOf(wordOf(z.row[i], j));
                const Two upWas = twoOf(wordOf(u.row[i], j));
                const Two dWas = twoOf(wordOf(d.row[i], j));
                const Two a = roundedTwo(gateWas.a + gate.scale * g[i], gateWas.b + gate.scale * g[2 + i]);
                const Two b = roundedTwo(upWas.a + up.scale * v[i], upWas.b + up.scale * v[2 + i]);
                float moreA = below.scale * l[i];
                float moreB = below.scale * l[2 + i];
                bool keepsA = true;
                bool keepsB = true;
                if (Drops) {
                    const u32 word = wordOf(bits[i], j);
                    keepsA = (word & 0xffffu) >= drop.limit;
                    keepsB = (word >> 16) >= drop.limit;
                    moreA = keepsA ? moreA * factor : 0.0f;
                    moreB = keepsB ? moreB * factor : 0.0f;
                }
                const Two dNow = roundedTwo(dWas.a + moreA, dWas.b + moreB);
                const auto one = [&](float value, float other, float gradient, float& ofGate, float& ofUp, float& product) {
                    float slope;
                    const float s = shareOf(value, Usual || silu, slope);
                    const float scaled = value * s;
                    ofGate = gradient * other * s * (1.0f + value * slope * (1.0f - s));
                    ofUp = gradient * scaled;
                    product = scaled * other;
                };
                float first[3];
                float second[3];
                one(a.a, b.a, dNow.a, first[0], first[1], first[2]);
                one(a.b, b.b, dNow.b, second[0], second[1], second[2]);
                const u32 gateWord = pack(first[0], second[0]);
                const u32 upWord = pack(first[1], second[1]);
                setWord(z.row[i], j, gateWord);
                setWord(u.row[i], j, upWord);
                if (Drops) {
                    const Two product = roundedTwo(first[2], second[2]);
                    first[2] = keepsA ? product.a * factor : 0.0f;
                    second[2] = keepsB ? product.b * factor : 0.0f;
                }
                setWord(d.row[i], j, pack(first[2], second[2]));
            }
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            if (at.has[i]) {
                *reinterpret_cast<uint4*>(dx + at.row[i] * 2 * n + column) = z.row[i];
                *reinterpret_cast<uint4*>(dx + at.row[i] * 2 * n + n + column) = u.row[i];
                if (y) {
                    *reinterpret_cast<uint4*>(y + at.row[i] * n + column) = d.row[i];
                }
            }
        }
    }
}

// gated_forward with updates. blockIdx.x has 512 columns, blockIdx.y rows of `tiles` tiles.
extern "C" __global__ void __launch_bounds__(256, 3) gates_forward(const u16* x, u16* y, i64 rows, int n, int silu, int tiles, const LowTerm gate,
                                                                   const LowTerm up)
{
    __shared__ uint4 factors[8 * 256];
    if (silu && gate.ranks <= 16 && up.ranks <= 16) {
        gatesForward<true>(x, y, rows, n, true, tiles, gate, up, factors);
    } else {
        gatesForward<false>(x, y, rows, n, silu, tiles, gate, up, factors);
    }
}

// y: the product, or null.
extern "C" __global__ void __launch_bounds__(256, 2) gates_backward(const u16* x, const u16* dy, u16* dx, u16* y, i64 rows, int n, int silu, int tiles,
                                                                    const LowTerm gate, const LowTerm up, const LowTerm below, const Drop drop)
{
    extern __shared__ uint4 own[];
    const bool usual = silu && gate.ranks <= 16 && up.ranks <= 16 && below.ranks <= 16;
    if (usual && drop.limit == 0) {
        gatesBackward<true, false>(x, dy, dx, y, rows, n, true, tiles, gate, up, below, drop, own);
    } else if (usual) {
        gatesBackward<true, true>(x, dy, dx, y, rows, n, true, tiles, gate, up, below, drop, own);
    } else {
        gatesBackward<false, true>(x, dy, dx, y, rows, n, silu, tiles, gate, up, below, drop, own);
    }
}
