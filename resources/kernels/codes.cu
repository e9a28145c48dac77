// SPDX-License-Identifier: GPL-3.0-or-later
// Products with 4-bit codes, whose numbers never lie in memory. Compiled together with quant.cu, whose tables they use. A
// block of codes is a multiple of 64 long and so is a row, so that 64 codes share a constant; numbers are rounded to bfloat16
// as dequantise() rounds them, sums are fp32.

struct Codes {
    const unsigned char* codes;
    const void* absmax;
    const float* nested; // null: absmax are fp32
    float offset;
    int shift;           // log2 of the block's size
};

__device__ __forceinline__ float constantOf(const Codes& w, const float* map, i64 first)
{
    const i64 block = first >> w.shift;
    return w.nested ? __fadd_rn(__fmul_rn(map[((const unsigned char*)w.absmax)[block]], w.nested[block >> 8]), w.offset)
                    : ((const float*)w.absmax)[block];
}

__device__ __forceinline__ void readTables(const Tables& tables, float* table, float* map)
{
    for (int i = threadIdx.x; i < 256; i += blockDim.x) {
        map[i] = tables.map[i];
        if (i < 16) {
            table[i] = tables.codes[i];
        }
    }
    __syncthreads();
}

// Two numbers of one byte, the first in the low half.
__device__ __forceinline__ u32 pairOf(u32 byte, const float* table, float scale)
{
    return pack(table[(byte >> 4) & 15] * scale, table[byte & 15] * scale);
}

// Up to three weights below each other, of one kind: rows up to ends[i] are those of the i-th.
struct CodesBelow {
    Codes of[3];
    int ends[3];
};

// y[row] (+)= w[row] . x + bias[row]; `share` warps of a block a row, 16 codes a thread at once, and four such on their way; n is a
// multiple of 64.
extern "C" __global__ void row_codes_product(const CodesBelow all, const Tables tables, const u16* x, const u16* bias, float* y, int rows,
                                             int n, int add, int share)
{
    constexpr int kAhead = 4;
    __shared__ float table[16];
    __shared__ float map[256];
    __shared__ float sums[32];
    readTables(tables, table, map);
    const int warp = threadIdx.x >> 5;
    const int row = (blockIdx.x * (blockDim.x >> 5) + warp) / share;
    const int part = warp % share;
    Codes w = all.of[0]; // by value: what is chosen among arguments would lie in local memory
    if (row >= all.ends[0]) {
        w = row < all.ends[1] ? all.of[1] : all.of[2];
    }
    const int before = row < all.ends[0] ? 0 : row < all.ends[1] ? all.ends[0] : all.ends[1];
    letNextBegin();
    awaitEarlier();
    float sum = 0;
    if (row < rows) {
        const i64 line = (i64)(row - before) * n;
        const int step = share * 512;
        for (int i = part * 512 + (threadIdx.x & 31) * 16; i < n; i += kAhead * step) {
            uint2 raw[kAhead];
            float scales[kAhead];
#pragma unroll
            for (int j = 0; j < kAhead; ++j) {
                const int from = i + j * step < n ? i + j * step : i;
                raw[j] = *reinterpret_cast<const uint2*>(w.codes + (line + from) / 2);
                scales[j] = i + j * step < n ? constantOf(w, map, line + from) : 0.0f; // what lies behind the end counts nothing
            }
#pragma unroll
            for (int j = 0; j < kAhead; ++j) {
                const u16* from = x + (i + j * step < n ? i + j * step : i);
                const uint4 low = *reinterpret_cast<const uint4*>(from);
                const uint4 high = *reinterpret_cast<const uint4*>(from + 8);
                const u32 inputs[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
                for (int b = 0; b < 8; ++b) {
                    const u32 word = b < 4 ? raw[j].x : raw[j].y;
                    sum = dot2(pairOf(word >> (8 * (b & 3)), table, scales[j]), inputs[b], sum);
                }
            }
        }
        sum = warpSum(sum);
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

__device__ __forceinline__ void copyLater(void* to, const void* from, bool isThere)
{
    const u32 target = (u32)__cvta_generic_to_shared(to);
    const int size = isThere ? 16 : 0; // the rest becomes zero
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(from), "r"(size));
}

__device__ __forceinline__ void multiply(float* c, const u32* a, u32 b0, u32 b1)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// parts [gridDim.y, count, rows] = x [count, n] times the rows of w, each part over its share of n. A block of four warps
// takes 64 rows: two warps 32 of them, each one half of the columns that are read together. count is at most 64, rows a
// multiple of 16, n of 128.
//
// A thread of a warp has four columns of every 16; since all that matters is that both factors have the same, they are 16
// neighbours: so it reads 8 bytes of codes and 32 bytes of x at once.
extern "C" __global__ void codes_product(const Codes w, const Tables tables, const u16* x, float* parts, int rows, int n, int count)
{
    constexpr int kWide = 128;              // columns read together
    constexpr int kLine = kWide + 8;        // a row of x in shared memory: no two threads meet in a bank
    __shared__ __align__(16) u16 inputs[2][64 * kLine];
    __shared__ float table[16];
    __shared__ float map[256];
    readTables(tables, table, map);
    const int warp = threadIdx.x >> 5;
    const int half = warp & 1;
    const int g = (threadIdx.x & 31) >> 2;
    const int t = threadIdx.x & 3;
    const int tiles = (count + 7) / 8;
    const int steps = n / kWide;
    const int firstStep = (int)((i64)steps * blockIdx.y / gridDim.y);
    const int lastStep = (int)((i64)steps * (blockIdx.y + 1) / gridDim.y);
    const int firstRow = blockIdx.x * 64 + (warp >> 1) * 32;
    float sums[2][8][4] = {};

    const auto fetch = [&](int step) {
        u16* target = inputs[step & 1];
        for (int i = threadIdx.x; i < tiles * 8 * (kWide / 8); i += 128) {
            const int line = i / (kWide / 8);
            const int column = i % (kWide / 8) * 8;
            const bool isThere = line < count;
            copyLater(target + line * kLine + column, x + (i64)(isThere ? line : 0) * n + step * kWide + column, isThere);
        }
        asm volatile("cp.async.commit_group;");
    };
    // Rows g, g + 8, g + 16, g + 24 of the warp's 32; those past the end read the last row and are not written.
    i64 lines[4];
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        lines[r] = (i64)min(firstRow + g + 8 * r, rows - 1) * n + half * 64;
    }
    uint2 raw[4];
    float scales[4];
    const auto readCodes = [&](int step) {
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            raw[r] = *reinterpret_cast<const uint2*>(w.codes + (lines[r] + step * kWide) / 2 + 8 * t);
            scales[r] = constantOf(w, map, lines[r] + step * kWide);
        }
    };
    if (firstStep < lastStep) {
        fetch(firstStep);
        readCodes(firstStep);
    }
    for (int step = firstStep; step < lastStep; ++step) {
        uint2 codes[4];
        float factors[4];
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            codes[r] = raw[r];
            factors[r] = scales[r];
        }
        if (step + 1 < lastStep) {
            fetch(step + 1);
            readCodes(step + 1);
            asm volatile("cp.async.wait_group 1;");
        } else {
            asm volatile("cp.async.wait_group 0;");
        }
        __syncthreads();
        const u16* from = inputs[step & 1] + half * 64 + 16 * t;
#pragma unroll
        for (int pair = 0; pair < 2; ++pair) { // two products each: 8 of the thread's 16 columns
            u32 a[2][2][4];
#pragma unroll
            for (int m = 0; m < 2; ++m) {
                const u32 upper = pair == 0 ? codes[2 * m].x : codes[2 * m].y;
                const u32 lower = pair == 0 ? codes[2 * m + 1].x : codes[2 * m + 1].y;
#pragma unroll
                for (int j = 0; j < 2; ++j) {
                    a[m][j][0] = pairOf(upper >> (16 * j), table, factors[2 * m]);
                    a[m][j][1] = pairOf(lower >> (16 * j), table, factors[2 * m + 1]);
                    a[m][j][2] = pairOf(upper >> (16 * j + 8), table, factors[2 * m]);
                    a[m][j][3] = pairOf(lower >> (16 * j + 8), table, factors[2 * m + 1]);
                }
            }
#pragma unroll
            for (int tile = 0; tile < 8; ++tile) {
                if (tile < tiles) {
                    const uint4 b = *reinterpret_cast<const uint4*>(from + (tile * 8 + g) * kLine + 8 * pair);
#pragma unroll
                    for (int m = 0; m < 2; ++m) {
                        multiply(sums[m][tile], a[m][0], b.x, b.y);
                        multiply(sums[m][tile], a[m][1], b.z, b.w);
                    }
                }
            }
        }
        __syncthreads(); // before the next but one is copied over this one
    }
    // The halves together, through the memory that held x: [2 groups of warps][64 numbers][32 threads].
    float* shared = reinterpret_cast<float*>(inputs);
    float* own = shared + (warp >> 1) * 64 * 32 + (threadIdx.x & 31);
    if (half == 1) {
#pragma unroll
        for (int i = 0; i < 64; ++i) {
            own[i * 32] = sums[i / 32][i / 4 % 8][i % 4];
        }
    }
    __syncthreads();
    if (half == 1) {
        return;
    }
    float* target = parts + (i64)blockIdx.y * count * rows;
#pragma unroll
    for (int i = 0; i < 64; ++i) {
        const int row = firstRow + i / 32 * 16 + g + (i % 4 >= 2 ? 8 : 0);
        const int column = i / 4 % 8 * 8 + 2 * t + (i & 1);
        if (row < rows && column < count) {
            target[(i64)column * rows + row] = sums[i / 32][i / 4 % 8][i % 4] + own[i * 32];
        }
    }
}

// y[i] = sum of the parts' [parts, size] at i.
extern "C" __global__ void codes_sum(const float* from, u16* y, int parts, int size)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < size) {
        float sum = 0;
        for (int p = 0; p < parts; ++p) {
            sum += from[(i64)p * size + i];
        }
        y[i] = narrow(sum);
    }
}
