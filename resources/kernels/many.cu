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

// A parameter and what its step reads; places are the same in all.
struct AdamWPiece {
    float* parameter;
    const void* gradient;
    float* mean;
    float* square;
    u16* leaf; // receives the parameter's rounding; null: there is none
    int count;
    int kind; // 1: the gradient is bfloat16; 2: four values can be read at once
};

struct AdamWPieces {
    AdamWPiece of[80];
};

struct AdamWNumbers {
    float rate;
    float decayed; // 1 - rate * weight decay
    float beta1;
    float beta2;
    float epsilon;
    float log1; // of the betas: 1 - beta^t is -expm1(t log(beta)), which loses no digits
    float log2;
};

// adamw(), as torch's fused kernel rounds it.
__device__ __forceinline__ float stepped(float parameter, float gradient, float& mean, float& square, const AdamWNumbers& numbers, float meanShare,
                                         float rootShare)
{
    mean = numbers.beta1 * mean + (1.0f - numbers.beta1) * gradient;
    square = numbers.beta2 * square + (1.0f - numbers.beta2) * gradient * gradient;
    const float length = sqrtf(square) / rootShare + numbers.epsilon;
    return parameter * numbers.decayed - numbers.rate / meanShare * mean / length;
}

// blockIdx.y is the piece, blockIdx.x a share of it.
extern "C" __global__ void adamw_many(const AdamWPieces pieces, const AdamWNumbers numbers, const float* steps, const float* divisor,
                                      const float* notFinite)
{
    if (*notFinite == 1.0f) {
        return;
    }
    const float meanShare = -expm1f(*steps * numbers.log1);
    const float rootShare = sqrtf(-expm1f(*steps * numbers.log2));
    const float by = divisor ? *divisor : 1.0f;
    const AdamWPiece& piece = pieces.of[blockIdx.y];
    const int isNarrow = piece.kind & 1;
    const i64 first = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    const i64 all = (i64)gridDim.x * blockDim.x;
    if (!(piece.kind & 2)) {
        for (i64 i = first; i < piece.count; i += all) {
            const float gradient = number(piece.gradient, i, isNarrow) / by;
            piece.parameter[i] = stepped(piece.parameter[i], gradient, piece.mean[i], piece.square[i], numbers, meanShare, rootShare);
            if (piece.leaf) {
                piece.leaf[i] = narrow(piece.parameter[i]);
            }
        }
        return;
    }
    for (i64 i = 4 * first; i < piece.count; i += 4 * all) {
        float4 parameter = *reinterpret_cast<const float4*>(piece.parameter + i);
        float4 mean = *reinterpret_cast<const float4*>(piece.mean + i);
        float4 square = *reinterpret_cast<const float4*>(piece.square + i);
        float4 gradient;
        if (isNarrow) {
            const uint2 raw = *reinterpret_cast<const uint2*>((const u16*)piece.gradient + i);
            gradient = make_float4(__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xffff0000u), __uint_as_float(raw.y << 16),
                                   __uint_as_float(raw.y & 0xffff0000u));
        } else {
            gradient = *reinterpret_cast<const float4*>((const float*)piece.gradient + i);
        }
        parameter.x = stepped(parameter.x, gradient.x / by, mean.x, square.x, numbers, meanShare, rootShare);
        parameter.y = stepped(parameter.y, gradient.y / by, mean.y, square.y, numbers, meanShare, rootShare);
        parameter.z = stepped(parameter.z, gradient.z / by, mean.z, square.z, numbers, meanShare, rootShare);
        parameter.w = stepped(parameter.w, gradient.w / by, mean.w, square.w, numbers, meanShare, rootShare);
        *reinterpret_cast<float4*>(piece.parameter + i) = parameter;
        *reinterpret_cast<float4*>(piece.mean + i) = mean;
        *reinterpret_cast<float4*>(piece.square + i) = square;
        if (piece.leaf) {
            *reinterpret_cast<uint2*>(piece.leaf + i) = make_uint2(pack(parameter.x, parameter.y), pack(parameter.z, parameter.w));
        }
    }
}
