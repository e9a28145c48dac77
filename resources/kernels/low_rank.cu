// SPDX-License-Identifier: GPL-3.0-or-later
// Low-rank updates added where their sum is read, so that no pass over it is made for them; codes.cu has multiply(). A warp has 16
// rows and 32 columns at once: a thread rows g and g + 8 and eight neighbouring columns of each, so that it reads and writes 16
// bytes. Columns of a tile are dealt so to the products' columns, which may stand in any order.

// For row i and column j: scale times the sum over k of low[i, k] b[j, k]. `ranks` is a multiple of 16, or 0: there is none.
struct LowTerm {
    const u16* low;
    const u16* b;
    i64 lowStride;
    int stride; // of b
    int ranks;
    float scale;
};

struct Tile {
    Eight rows[2];
};

struct Place {
    i64 row;    // the tile's first
    i64 rows;   // of all
    int column; // the tile's first

    __device__ __forceinline__ i64 rowOf(int half) const { return row + ((threadIdx.x & 31) >> 2) + 8 * half; }
    __device__ __forceinline__ int columnNow() const { return column + 8 * (threadIdx.x & 3); }
    __device__ __forceinline__ bool has(int half) const { return rowOf(half) < rows; }
};

__device__ __forceinline__ Tile loadTile(const u16* x, i64 stride, const Place& at)
{
    Tile tile;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        tile.rows[half] = load8(x + min(at.rowOf(half), at.rows - 1) * stride + at.columnNow());
    }
    return tile;
}

__device__ __forceinline__ void storeTile(u16* x, i64 stride, const Place& at, const Tile& tile)
{
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        if (at.has(half)) {
            store8(x + at.rowOf(half) * stride + at.columnNow(), tile.rows[half]);
        }
    }
}

__device__ __forceinline__ Tile lowOf(const LowTerm& term, const Place& at)
{
    const int g = (threadIdx.x & 31) >> 2;
    const int t = threadIdx.x & 3;
    float sums[4][4] = {};
#pragma unroll 1
    for (int k = 0; k < term.ranks; k += 16) {
        const u16* upper = term.low + min(at.rowOf(0), at.rows - 1) * term.lowStride + k + 2 * t;
        const u16* lower = term.low + min(at.rowOf(1), at.rows - 1) * term.lowStride + k + 2 * t;
        const u32 a[4] = {*reinterpret_cast<const u32*>(upper), *reinterpret_cast<const u32*>(lower),
                          *reinterpret_cast<const u32*>(upper + 8), *reinterpret_cast<const u32*>(lower + 8)};
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const i64 column = at.column + (g >> 1) * 8 + 2 * j + (g & 1);
            const u16* b = term.b + column * term.stride + k + 2 * t;
            multiply(sums[j], a, *reinterpret_cast<const u32*>(b), *reinterpret_cast<const u32*>(b + 8));
        }
    }
    Tile tile;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
            tile.rows[0].v[2 * j + e] = term.scale * sums[j][e];
            tile.rows[1].v[2 * j + e] = term.scale * sums[j][2 + e];
        }
    }
    return tile;
}

// x with its update, rounded as it would lie in memory.
__device__ __forceinline__ Tile withLow(Tile tile, const LowTerm& term, const Place& at)
{
    const Tile low = lowOf(term, at);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            tile.rows[half].v[j] = rounded(tile.rows[half].v[j] + low.rows[half].v[j]);
        }
    }
    return tile;
}

// A dropout as keptOf() takes it; limit 0: nothing is dropped.
struct Drop {
    Draw draw;
    u32 limit;
    float factor;
};

// The random bits of a tile, for all that drops the same of it.
struct TileBits {
    uint4 rows[2];
};

__device__ __forceinline__ TileBits bitsOf(const Drop& drop, i64 stride, const Place& at)
{
    TileBits bits;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        bits.rows[half] = philox(drop.draw, (min(at.rowOf(half), at.rows - 1) * stride + at.columnNow()) / 8);
    }
    return bits;
}

__device__ __forceinline__ Tile keptTile(Tile tile, const Drop& drop, const TileBits& bits)
{
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        tile.rows[half] = keptBy(tile.rows[half], bits.rows[half], drop.limit, drop.factor);
    }
    return tile;
}

// gateOf() with a division that rounds less exactly: what is computed lies far within bfloat16's rounding, and there is much of it.
__device__ __forceinline__ float quickGate(float x, int silu, float& slope)
{
    const float root = 1.5957691216057308f;
    const float cube = 0.044715f;
    slope = silu ? 1.0f : root * (1.0f + 3.0f * cube * x * x);
    return __fdividef(1.0f, 1.0f + __expf(silu ? -x : -root * (x + cube * x * x * x)));
}

// Rows as they lie in memory, read before they are needed: what is on its way hides the work on what was read.
struct Raw {
    uint4 rows[2];
};

__device__ __forceinline__ Raw loadRaw(const u16* x, i64 stride, const Place& at)
{
    Raw raw;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        raw.rows[half] = *reinterpret_cast<const uint4*>(x + min(at.rowOf(half), at.rows - 1) * stride + at.columnNow());
    }
    return raw;
}

__device__ __forceinline__ Tile wide(const Raw& raw)
{
    Tile tile;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const u32 words[4] = {raw.rows[half].x, raw.rows[half].y, raw.rows[half].z, raw.rows[half].w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            tile.rows[half].v[2 * i] = __uint_as_float(words[i] << 16);
            tile.rows[half].v[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
        }
    }
    return tile;
}

// `tiles` of 16 rows below each other, from blockIdx.x on, a warp at `column`. What `load` reads of a tile is on its way while `each`
// works on the one before.
template <class Load, class Each>
__device__ __forceinline__ void belowEach(i64 rows, int column, int tiles, const Load& load, const Each& each)
{
    Place at{(i64)blockIdx.x * 16 * tiles, rows, column};
    auto now = load(at);
#pragma unroll 1
    for (int i = 0; i < tiles && at.row < rows; ++i) {
        const Place after{at.row + 16, rows, column};
        auto next = now;
        if (i + 1 < tiles && after.row < rows) {
            next = load(after);
        }
        each(at, now);
        now = next;
        at = after;
    }
}

// The same of a block of eight warps, which has 256 columns (blockIdx.y); n is a multiple of 32.
template <class Load, class Each>
__device__ __forceinline__ void eachTile(i64 rows, int n, int tiles, const Load& load, const Each& each)
{
    const int column = blockIdx.y * 256 + (threadIdx.x >> 5) * 32;
    if (column < n) {
        belowEach(rows, column, tiles, load, each);
    }
}

// y [rows, n] with its update, of which some may be dropped, plus `add` where it is not null, in place.
extern "C" __global__ void __launch_bounds__(256) add_low(u16* y, const u16* add, i64 rows, int n, int tiles, const LowTerm term,
                                                              const Drop drop)
{
    struct Both {
        Raw y;
        Raw add;
    };
    eachTile(
        rows, n, tiles,
        [&](const Place& at) {
            Both both{loadRaw(y, n, at), {}};
            if (add) {
                both.add = loadRaw(add, n, at);
            }
            return both;
        },
        [&](const Place& at, const Both& both) {
            Tile tile = wide(both.y);
            Tile low = lowOf(term, at);
            if (drop.limit > 0) {
                low = keptTile(low, drop, bitsOf(drop, n, at));
            }
            const Tile more = wide(both.add);
#pragma unroll
            for (int half = 0; half < 2; ++half) {
#pragma unroll
                for (int j = 0; j < 8; ++j) {
                    tile.rows[half].v[j] = rounded(tile.rows[half].v[j] + low.rows[half].v[j]) + more.rows[half].v[j];
                }
            }
            storeTile(y, n, at, tile);
        });
}

// Heads of q, k and v side by side, [rows, (heads + 2 kvHeads) dim], with their updates, q's and k's turned by cosines and sines
// [tokens, dim / 2], in place; row r is token r % tokens. A warp has 32 columns of a head's first half and those they are turned
// with, or 64 of v. dim is a multiple of 64.
extern "C" __global__ void __launch_bounds__(256) turn_low(u16* x, const float* cosines, const float* sines, i64 rows, int tokens, int heads,
                                                           int kvHeads, int dim, int tiles, const LowTerm q, const LowTerm k, const LowTerm v)
{
    struct Both {
        Raw a;
        Raw b;
    };
    const int n = (heads + 2 * kvHeads) * dim;
    const int half = dim / 2;
    const int each = half / 32; // warps of a head
    const int warp = blockIdx.y * 8 + (threadIdx.x >> 5);
    const int head = warp / each;
    if (head >= heads + 2 * kvHeads) {
        return;
    }
    const bool turns = head < heads + kvHeads;
    const int first = head < heads ? 0 : turns ? heads : heads + kvHeads; // of the slice
    const int column = (head - first) * dim + warp % each * (turns ? 32 : 64);
    const int apart = turns ? half : 32;
    u16* slice = x + first * dim;
    const auto turned = [&](const Place& at, const Both& both, const LowTerm& term) {
        const Place other{at.row, rows, at.column + apart};
        Tile a = withLow(wide(both.a), term, at);
        Tile b = withLow(wide(both.b), term, other);
#pragma unroll
        for (int side = 0; turns && side < 2; ++side) {
            const i64 from = min(at.rowOf(side), rows - 1) % tokens * half + warp % each * 32 + 8 * (threadIdx.x & 3);
#pragma unroll
            for (int part = 0; part < 2; ++part) {
                const float4 c4 = *reinterpret_cast<const float4*>(cosines + from + 4 * part);
                const float4 s4 = *reinterpret_cast<const float4*>(sines + from + 4 * part);
                const float c[4] = {c4.x, c4.y, c4.z, c4.w};
                const float s[4] = {s4.x, s4.y, s4.z, s4.w};
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    float& above = a.rows[side].v[4 * part + j];
                    float& below = b.rows[side].v[4 * part + j];
                    const float kept = above * c[j] - below * s[j];
                    below = below * c[j] + above * s[j];
                    above = kept;
                }
            }
        }
        storeTile(slice, n, at, a);
        storeTile(slice, n, other, b);
    };
    belowEach(
        rows, column, tiles,
        [&](const Place& at) { return Both{loadRaw(slice, n, at), loadRaw(slice, n, {at.row, rows, at.column + apart})}; },
        [&](const Place& at, const Both& both) {
            if (head < heads) {
                turned(at, both, q);
            } else if (turns) {
                turned(at, both, k);
            } else {
                turned(at, both, v);
            }
        });
}
