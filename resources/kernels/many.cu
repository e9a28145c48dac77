// SPDX-License-Identifier: GPL-3.0-or-later
// Many small matrices at once: a launch instead of one for each. row.cu has the helpers.

// Rows of `columns` values without gaps, rows a stride apart, in elements.
struct Piece {
    const void* from;
    void* to;
    int rows;
    int columns;
    int fromStride;
    int toStride;
};

struct Pieces {
    Piece of[96]; // as large as arguments of a kernel may be on every card
};

// blockIdx.y is the piece, blockIdx.x a share of it.
template <class Each>
__device__ __forceinline__ void eachOf(const Piece& piece, const Each& each)
{
    const u32 all = (u32)piece.rows * (u32)piece.columns;
    for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < all; i += gridDim.x * blockDim.x) {
        const u32 row = i / (u32)piece.columns;
        const u32 column = i % (u32)piece.columns;
        each((i64)row * piece.fromStride + column, (i64)row * piece.toStride + column);
    }
}

// To bfloat16, from fp32 or, isNarrow, from bfloat16.
extern "C" __global__ void narrow_many(const Pieces pieces, int isNarrow)
{
    const Piece& piece = pieces.of[blockIdx.y];
    eachOf(piece, [&](i64 from, i64 to) {
        ((u16*)piece.to)[to] = isNarrow ? ((const u16*)piece.from)[from] : narrow(((const float*)piece.from)[from]);
    });
}

// To fp32.
extern "C" __global__ void add_many(const Pieces pieces, int isNarrow)
{
    const Piece& piece = pieces.of[blockIdx.y];
    eachOf(piece, [&](i64 from, i64 to) { ((float*)piece.to)[to] += number(piece.from, from, isNarrow); });
}
