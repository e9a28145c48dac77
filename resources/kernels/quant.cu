// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers of 4-bit blocks. Compiled together with blocks.cu, whose helpers it uses.

struct Tables {
    float codes[16];
    float map[256];
};

// Of eight neighbours' codes, the first of two in the high four bits of a byte.
__device__ __forceinline__ Eight numbersOf(u32 word, const float* table, float scale)
{
    Eight numbers;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const u32 pair = word >> (8 * i);
        numbers.v[2 * i] = table[(pair >> 4) & 15] * scale;
        numbers.v[2 * i + 1] = table[pair & 15] * scale;
    }
    return numbers;
}

// 16 numbers a thread, of one block: its constant times the code's number, each product and sum rounded to fp32. nested is
// null where the constants are fp32.
extern "C" __global__ void dequantise(const unsigned char* codes, const void* absmax, const float* nested, float offset,
                                      const Tables tables, u16* out, i64 elements, int blockShift)
{
    __shared__ float table[16];
    __shared__ float map[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x) {
        map[i] = tables.map[i];
        if (i < 16) {
            table[i] = tables.codes[i];
        }
    }
    __syncthreads();
    const i64 first = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * 16;
    if (first >= elements) {
        return;
    }
    const i64 block = first >> blockShift;
    const float scale = nested ? __fadd_rn(__fmul_rn(map[((const unsigned char*)absmax)[block]], nested[block >> 8]), offset)
                               : ((const float*)absmax)[block];
    const uint2 raw = *reinterpret_cast<const uint2*>(codes + first / 2);
    store8(out + first, numbersOf(raw.x, table, scale));
    store8(out + first + 8, numbersOf(raw.y, table, scale));
}
