// SPDX-License-Identifier: GPL-3.0-or-later
// One token's way through all layers in one kernel, for cards that copy memory by themselves (compute capability 9.0): a warp has
// the next pieces of the weights on their way into memory of its own all the time, also while blocks wait for each other, so that
// the card's memory never rests. Compiled together with row.cu, whose helpers it uses. Sums, the residual and what leaves a product
// are fp32; weights, keys, values and what enters a product bfloat16.

// As token_kernel.cpp has them.
struct TokenLayer {
    const u16* inputNorm;
    const u16* qkv;
    const u16* qkvBias;
    const u16* queryNorm;
    const u16* keyNorm;
    const u16* output;
    const u16* outputBias;
    const u16* mlpNorm;
    const u16* gateUp;
    const u16* gateUpBias;
    const u16* down;
    const u16* downBias;
    const float* cosines;
    const float* sines;
    u16* keys;
    u16* values;
    i64 window;
    float inputEps;
    float inputShift;
    float queryEps;
    float keyEps;
    float headShift;
    float mlpEps;
    float mlpShift;
    int unused;
};

struct TokenPlan {
    const TokenLayer* layers;
    float* h;
    float* qkv;
    u16* mixed;
    u16* inner;
    float* parted; // [heads, splits, dim + 2]: weighed values, their maximum and their sum, where keys are split
    u32* arrived; // blocks, at all meetings so far
    i64 capacity;
    i64 position;
    float scale;
    float cap;
    u32 met;      // what `arrived` was before
    int count;
    int hidden;
    int heads;
    int kvHeads;
    int dim;
    int half;
    int intermediate;
    int silu;
    int slots;    // pieces that a warp has room for
    int inputs;   // numbers that a block has room for
    int parts;    // sums that a block has room for
    int splits;   // blocks that share a head's keys
    int unused;
};

constexpr int kPiece = 1024; // numbers of a row that are copied and multiplied at once
constexpr int kTokenWarps = 16;
constexpr int kTokenThreads = 32 * kTokenWarps;
constexpr int kNormReads = 4; // of four numbers a thread

#if __CUDA_ARCH__ >= 900

// A block's rows of one of a layer's four products: qkv, output, gate and up, down.
struct TokenShare {
    const u16* w; // the first row
    i64 second;   // numbers from a gate's row to its up's
    int first;    // its number among all
    int rows;     // of gate and up: pairs
    int all;      // with both of a pair
    int n;
    int pieces;   // of a row
};

// The layers that a block reads now and next lie in its own memory: what a meeting brings makes it forget all others' that it has read.
struct TokenLayers {
    const TokenLayer* near; // two, by the last bit of their number
    int known;              // the last that is there

    __device__ __forceinline__ const TokenLayer& at(const TokenPlan& plan, int i) const
    {
        return i <= known ? near[i & 1] : plan.layers[i];
    }
};

// Begins to bring a layer near; it is there behind wait and a meeting of the block's threads.
__device__ __forceinline__ void bringNear(TokenLayer* to, const TokenLayer* from)
{
    if (threadIdx.x < sizeof(TokenLayer) / 8) {
        const u32 target = (u32)__cvta_generic_to_shared((i64*)to + threadIdx.x);
        asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(target), "l"((const i64*)from + threadIdx.x) : "memory");
    }
}

__device__ __forceinline__ void waitForNear()
{
    asm volatile("cp.async.wait_all;" ::: "memory");
}

__device__ __forceinline__ TokenShare shareOf(const TokenPlan& plan, const TokenLayers& layers, int product)
{
    const TokenLayer& layer = layers.at(plan, product >> 2);
    const int kind = product & 3;
    TokenShare share;
    u32 rows = plan.hidden;
    share.n = plan.hidden;
    share.w = layer.qkv;
    if (kind == 0) {
        rows = (plan.heads + 2 * plan.kvHeads) * plan.dim;
    } else if (kind == 1) {
        share.n = plan.heads * plan.dim;
        share.w = layer.output;
    } else if (kind == 2) {
        rows = plan.intermediate;
        share.w = layer.gateUp;
    } else {
        share.n = plan.intermediate;
        share.w = layer.down;
    }
    // Others have a row more each time.
    const u32 turn = (blockIdx.x + product * 37u) % gridDim.x;
    share.first = rows * turn / gridDim.x;
    share.rows = rows * (turn + 1) / gridDim.x - share.first;
    share.all = kind == 2 ? 2 * share.rows : share.rows;
    share.w += (i64)share.first * share.n;
    share.second = (i64)rows * share.n;
    share.pieces = (share.n + kPiece - 1) / kPiece;
    return share;
}

// The warp's pieces in the order of a row, and of rows.
struct TokenWalk {
    int row;
    int piece;

    __device__ __forceinline__ void begin(const TokenShare& share)
    {
        const int warp = threadIdx.x >> 5;
        row = warp / share.pieces;
        piece = warp - row * share.pieces;
    }
    __device__ __forceinline__ void next(const TokenShare& share)
    {
        const int rows = kTokenWarps / share.pieces;
        row += rows;
        piece += kTokenWarps - rows * share.pieces;
        if (piece >= share.pieces) {
            piece -= share.pieces;
            ++row;
        }
    }
};

// What a warp has on its way.
struct TokenStream {
    TokenShare share;
    TokenWalk walk;
    int product;
    u32 memory;   // of its pieces, as an address in shared memory
    u32 arrivals; // a barrier a piece
    unsigned long long policy;

    // Asks for the next piece, if there is one.
    __device__ __forceinline__ void ask(const TokenPlan& plan, const TokenLayers& layers, int slot)
    {
        while (walk.row >= share.all) {
            if (product + 1 >= 4 * plan.count) {
                return;
            }
            share = shareOf(plan, layers, ++product);
            walk.begin(share);
        }
        if ((threadIdx.x & 31) == 0) {
            const bool isSecond = walk.row >= share.rows;
            const i64 row = isSecond ? walk.row - share.rows : walk.row;
            const u16* from = share.w + row * share.n + (isSecond ? share.second : 0) + walk.piece * kPiece;
            const u32 bytes = 2 * min(kPiece, share.n - walk.piece * kPiece);
            const u32 barrier = arrivals + 8 * slot;
            asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
            asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, [%3], %4;" ::"r"(
                             memory + slot * 2 * kPiece),
                         "l"(from), "r"(bytes), "r"(barrier), "l"(policy)
                         : "memory");
        }
        walk.next(share);
    }

    __device__ __forceinline__ void await(int slot, u32 parity) const
    {
        const u32 barrier = arrivals + 8 * slot;
        u32 isThere = 0;
        do {
            asm volatile("{\n"
                         ".reg .pred there;\n"
                         "mbarrier.try_wait.parity.shared::cta.b64 there, [%1], %2;\n"
                         "selp.u32 %0, 1, 0, there;\n"
                         "}"
                         : "=r"(isThere)
                         : "r"(barrier), "r"(parity)
                         : "memory");
        } while (isThere == 0);
    }
};

__device__ __forceinline__ float4 loadAcross(const float* p) // what another block wrote
{
    float4 r;
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(r.x), "=f"(r.y), "=f"(r.z), "=f"(r.w) : "l"(p) : "memory");
    return r;
}

__device__ __forceinline__ float loadOneAcross(const float* p)
{
    float r;
    asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(r) : "l"(p) : "memory");
    return r;
}

// All blocks have come here, and see what each wrote before: what a block's threads wrote before they met is released with the count.
__device__ __forceinline__ void meet(const TokenPlan& plan, u32& met)
{
    __syncthreads();
    met += gridDim.x;
    if (threadIdx.x == 0) {
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(plan.arrived) : "memory");
        u32 seen;
        do {
            asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(plan.arrived) : "memory");
        } while ((int)(seen - met) < 0);
    }
    __syncthreads();
}

// A norm's weights: they are read before h is there.
struct TokenNorm {
    uint2 w[kNormReads];

    __device__ __forceinline__ void read(const u16* from, int n)
    {
#pragma unroll
        for (int j = 0; j < kNormReads; ++j) {
            const int i = 4 * (j * kTokenThreads + threadIdx.x);
            w[j] = i < n ? *reinterpret_cast<const uint2*>(from + i) : make_uint2(0, 0);
        }
    }
    // x = norm(h) in shared memory.
    __device__ __forceinline__ void apply(const float* h, u16* x, int n, float eps, float shift, float* slots) const
    {
        float4 a[kNormReads];
        float squares = 0;
#pragma unroll
        for (int j = 0; j < kNormReads; ++j) {
            const int i = 4 * (j * kTokenThreads + threadIdx.x);
            a[j] = i < n ? loadAcross(h + i) : make_float4(0, 0, 0, 0);
            squares += a[j].x * a[j].x + a[j].y * a[j].y + a[j].z * a[j].z + a[j].w * a[j].w;
        }
        const float root = rsqrtf(blockSum(squares, slots) / n + eps);
#pragma unroll
        for (int j = 0; j < kNormReads; ++j) {
            const int i = 4 * (j * kTokenThreads + threadIdx.x);
            if (i < n) {
                uint2 y;
                y.x = pack(a[j].x * root * (__uint_as_float(w[j].x << 16) + shift),
                           a[j].y * root * (__uint_as_float(w[j].x & 0xffff0000u) + shift));
                y.y = pack(a[j].z * root * (__uint_as_float(w[j].y << 16) + shift),
                           a[j].w * root * (__uint_as_float(w[j].y & 0xffff0000u) + shift));
                *reinterpret_cast<uint2*>(x + i) = y;
            }
        }
        __syncthreads();
    }
};

// x from what other blocks wrote.
__device__ __forceinline__ void tokenInput(const u16* from, u16* x, int n)
{
    for (int i = threadIdx.x * 8; i < n; i += kTokenThreads * 8) {
        uint4 r;
        asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(r.x), "=r"(r.y), "=r"(r.z), "=r"(r.w) : "l"(from + i) : "memory");
        *reinterpret_cast<uint4*>(x + i) = r;
    }
    __syncthreads();
}

// x from what blocks found of the shares of a head's keys.
__device__ __forceinline__ void tokenMixed(const TokenPlan& plan, u16* x)
{
    const int stride = plan.dim + 2;
    for (int i = threadIdx.x; i < plan.heads * plan.dim; i += kTokenThreads) {
        const int head = i / plan.dim;
        const float* own = plan.parted + (i64)head * plan.splits * stride;
        float highest = kLowest;
        for (int s = 0; s < plan.splits; ++s) {
            highest = fmaxf(highest, loadOneAcross(own + s * stride + plan.dim));
        }
        float weight = 0;
        float sum = 0;
        for (int s = 0; s < plan.splits; ++s) {
            const float top = loadOneAcross(own + s * stride + plan.dim);
            const float share = top == kLowest ? 0.0f : __expf(top - highest);
            weight += share * loadOneAcross(own + s * stride + plan.dim + 1);
            sum += share * loadOneAcross(own + s * stride + i - head * plan.dim);
        }
        x[i] = narrow(sum / weight);
    }
    __syncthreads();
}

// parts[row, piece] = the block's rows times x.
__device__ __forceinline__ void tokenProduct(const TokenPlan& plan, const TokenLayers& layers, TokenStream& stream, const TokenShare& share,
                                             const u16* memory, const u16* x, float* parts, int& slot, u32& parity)
{
    const int lane = threadIdx.x & 31;
    TokenWalk walk;
    for (walk.begin(share); walk.row < share.all; walk.next(share)) {
        stream.await(slot, parity);
        const int length = min(kPiece, share.n - walk.piece * kPiece);
        const u16* w = memory + slot * kPiece;
        const u16* own = x + walk.piece * kPiece;
        float sums[kPiece / 256] = {};
#pragma unroll
        for (int j = 0; j < kPiece / 256; ++j) {
            const int i = 256 * j + 8 * lane;
            if (i < length) {
                sums[j] = dot8(*reinterpret_cast<const uint4*>(w + i), *reinterpret_cast<const uint4*>(own + i), 0.0f);
            }
        }
        const float sum = warpSum((sums[0] + sums[1]) + (sums[2] + sums[3]));
        if (lane == 0) {
            parts[walk.row * share.pieces + walk.piece] = sum;
        }
        __syncwarp();
        stream.ask(plan, layers, slot);
        if (++slot == plan.slots) {
            slot = 0;
            parity ^= 1;
        }
    }
    __syncthreads();
}

__device__ __forceinline__ float tokenSum(const TokenShare& share, const float* parts, int row, const u16* bias, int number)
{
    float sum = bias ? wide(bias[number]) : 0.0f;
    for (int i = 0; i < share.pieces; ++i) {
        sum += parts[row * share.pieces + i];
    }
    return sum;
}

// A query head, its key and its value normed and turned; a share of its keys up to this token's seen. The first head of a group writes
// the group's key and value into the cache [kvHeads, capacity, dim]; others take their own. parts: dim floats a warp.
__device__ __forceinline__ void tokenHead(const TokenPlan& plan, const TokenLayer& layer, int head, int split, float* parts)
{
    __shared__ float turning[2][256];
    __shared__ float query[256];
    __shared__ __align__(16) u16 ownKey[256];
    __shared__ __align__(16) u16 ownValue[256];
    __shared__ float squares[kTokenWarps];
    __shared__ float tops[kTokenWarps];
    __shared__ float totals[kTokenWarps];
    const int dim = plan.dim;
    const int warp = threadIdx.x >> 5;
    const int group = plan.heads / plan.kvHeads;
    const int kvHead = head / group;
    const bool isKey = threadIdx.x >= 256;
    const int d = threadIdx.x & 255;
    const bool turns = d < 2 * plan.half;
    const i64 pair = plan.position * plan.half + (d < plan.half ? d : d - plan.half);
    const float c = turns ? layer.cosines[pair] : 1.0f;
    const float s = turns ? layer.sines[pair] : 0.0f;
    float v = d < dim ? loadOneAcross(plan.qkv + (isKey ? plan.heads + kvHead : head) * dim + d) : 0.0f;
    if (!isKey && d < dim) {
        ownValue[d] = narrow(loadOneAcross(plan.qkv + (plan.heads + plan.kvHeads + kvHead) * dim + d));
    }
    if (layer.queryNorm || layer.keyNorm) {
        const float sum = warpSum(v * v);
        if ((threadIdx.x & 31) == 0) {
            squares[warp] = sum;
        }
        __syncthreads();
        const u16* w = isKey ? layer.keyNorm : layer.queryNorm;
        if (w && d < dim) {
            float all = 0;
            for (int i = 0; i < 8; ++i) {
                all += squares[(isKey ? 8 : 0) + i];
            }
            v *= rsqrtf(all / dim + (isKey ? layer.keyEps : layer.queryEps)) * (wide(w[d]) + layer.headShift);
        }
    }
    turning[isKey][d] = v;
    __syncthreads();
    if (turns) {
        v = d < plan.half ? v * c - turning[isKey][d + plan.half] * s : v * c + turning[isKey][d - plan.half] * s;
    }
    if (isKey) {
        ownKey[d] = narrow(v);
    } else {
        query[d] = v;
    }
    __syncthreads();
    if (head % group == 0 && split == 0 && d < dim) {
        const i64 place = (kvHead * plan.capacity + plan.position) * dim + d;
        (isKey ? layer.keys : layer.values)[place] = isKey ? ownKey[d] : ownValue[d];
    }

    const i64 first = layer.window > 0 && plan.position >= layer.window ? plan.position + 1 - layer.window : 0;
    const int before = (int)(plan.position - first);
    const int end = (int)((i64)(before + 1) * (split + 1) / plan.splits);
    const int lanes = dim / 8;
    const int lane = threadIdx.x % lanes;
    const int team = threadIdx.x / lanes;
    const int teams = kTokenThreads / lanes;
    const i64 start = (kvHead * plan.capacity + first) * dim + lane * 8;
    const Eight zero = {};
    Eight own;
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        own.v[j] = query[lane * 8 + j];
    }
    float top = kLowest;
    float total = 0;
    float sums[8] = {};
    constexpr int kAhead = 2;
    for (int round = (int)((i64)(before + 1) * split / plan.splits); round < end; round += kAhead * teams) {
        Eight k[kAhead];
        Eight x[kAhead];
#pragma unroll
        for (int j = 0; j < kAhead; ++j) {
            const int s = round + j * teams + team;
            const bool isCached = s < before && s < end;
            k[j] = isCached ? load8(layer.keys + start + (i64)s * dim) : s == before ? load8(ownKey + lane * 8) : zero;
            x[j] = isCached ? load8(layer.values + start + (i64)s * dim) : s == before ? load8(ownValue + lane * 8) : zero;
        }
#pragma unroll
        for (int j = 0; j < kAhead; ++j) {
            float score = 0;
#pragma unroll
            for (int i = 0; i < 8; ++i) {
                score += own.v[i] * k[j].v[i];
            }
            for (int i = lanes / 2; i > 0; i >>= 1) {
                score += __shfl_xor_sync(0xffffffffu, score, i);
            }
            score *= plan.scale;
            score = plan.cap > 0 ? plan.cap * tanhf(score / plan.cap) : score;
            if (round + j * teams + team < end) {
                unite(top, total, sums, score, 1.0f, x[j].v);
            }
        }
    }
    uniteWarp(top, total, sums, lane, lanes, dim, parts, tops, totals);
    __syncthreads();
    for (int i = threadIdx.x; i < dim; i += kTokenThreads) {
        float highest = kLowest;
        for (int j = 0; j < kTokenWarps; ++j) {
            highest = fmaxf(highest, tops[j]);
        }
        float weight = 0;
        float sum = 0;
        for (int j = 0; j < kTokenWarps; ++j) {
            const float share = tops[j] == kLowest ? 0.0f : __expf(tops[j] - highest);
            weight += share * totals[j];
            sum += share * parts[j * dim + i];
        }
        if (plan.splits == 1) {
            plan.mixed[head * dim + i] = narrow(sum / weight);
            continue;
        }
        float* own = plan.parted + (i64)(head * plan.splits + split) * (dim + 2);
        own[i] = sum;
        if (i == 0) {
            own[dim] = highest;
            own[dim + 1] = weight;
        }
    }
    __syncthreads();
}

#endif

// h becomes the last layer's output. All blocks are on the card at once, one a multiprocessor.
extern "C" __global__ void __launch_bounds__(512, 1) row_token(const __grid_constant__ TokenPlan plan)
{
#if __CUDA_ARCH__ >= 900
    extern __shared__ __align__(128) unsigned char room[];
    __shared__ float slots[32];
    __shared__ TokenLayer near[2];
    const int warp = threadIdx.x >> 5;
    u16* pieces = (u16*)room;
    u16* x = pieces + kTokenWarps * plan.slots * kPiece;
    float* parts = (float*)(x + plan.inputs);
    i64* arrivals = (i64*)(parts + plan.parts);
    const u16* memory = pieces + warp * plan.slots * kPiece;

    TokenStream stream;
    stream.product = -1;
    stream.share.all = 0;
    stream.walk.row = 0;
    stream.memory = (u32)__cvta_generic_to_shared(memory);
    stream.arrivals = (u32)__cvta_generic_to_shared(arrivals + warp * plan.slots);
    asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(stream.policy));
    if ((threadIdx.x & 31) == 0) {
        for (int i = 0; i < plan.slots; ++i) {
            asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(stream.arrivals + 8 * i) : "memory");
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    }
    __syncwarp();
    TokenLayers layers{near, -1};
    bringNear(&near[0], plan.layers);
    for (int i = 0; i < plan.slots; ++i) {
        stream.ask(plan, layers, i);
    }
    waitForNear();
    __syncthreads();
    layers.known = 0;
    int slot = 0;
    u32 parity = 0;
    u32 met = plan.met;

    for (int i = 0; i < plan.count; ++i) {
        const TokenLayer& layer = near[i & 1];
        TokenNorm norm;
        norm.read(layer.inputNorm, plan.hidden);
        if (i > 0) {
            meet(plan, met);
        }
        if (i + 1 < plan.count) {
            bringNear(&near[(i + 1) & 1], plan.layers + i + 1); // nobody reads the one before any more
        }
        norm.apply(plan.h, x, plan.hidden, layer.inputEps, layer.inputShift, slots);
        TokenShare share = shareOf(plan, layers, 4 * i);
        waitForNear();
        tokenProduct(plan, layers, stream, share, memory, x, parts, slot, parity);
        layers.known = min(i + 1, plan.count - 1);
        for (int row = threadIdx.x; row < share.rows; row += kTokenThreads) {
            plan.qkv[share.first + row] = tokenSum(share, parts, row, layer.qkvBias, share.first + row);
        }
        meet(plan, met);

        for (int item = blockIdx.x; item < plan.heads * plan.splits; item += gridDim.x) {
            tokenHead(plan, layer, item / plan.splits, item % plan.splits, (float*)x);
        }
        meet(plan, met);

        if (plan.splits == 1) {
            tokenInput(plan.mixed, x, plan.heads * plan.dim);
        } else {
            tokenMixed(plan, x);
        }
        share = shareOf(plan, layers, 4 * i + 1);
        tokenProduct(plan, layers, stream, share, memory, x, parts, slot, parity);
        for (int row = threadIdx.x; row < share.rows; row += kTokenThreads) {
            float* h = plan.h + share.first + row;
            *h = loadOneAcross(h) + tokenSum(share, parts, row, layer.outputBias, share.first + row);
        }
        norm.read(layer.mlpNorm, plan.hidden);
        meet(plan, met);

        norm.apply(plan.h, x, plan.hidden, layer.mlpEps, layer.mlpShift, slots);
        share = shareOf(plan, layers, 4 * i + 2);
        tokenProduct(plan, layers, stream, share, memory, x, parts, slot, parity);
        for (int row = threadIdx.x; row < share.rows; row += kTokenThreads) {
            const int number = share.first + row;
            const float gate = tokenSum(share, parts, row, layer.gateUpBias, number);
            const float up = tokenSum(share, parts, share.rows + row, layer.gateUpBias, plan.intermediate + number);
            float slope;
            plan.inner[number] = narrow(gate * gateOf(gate, plan.silu, slope) * up);
        }
        meet(plan, met);

        tokenInput(plan.inner, x, plan.intermediate);
        share = shareOf(plan, layers, 4 * i + 3);
        tokenProduct(plan, layers, stream, share, memory, x, parts, slot, parity);
        for (int row = threadIdx.x; row < share.rows; row += kTokenThreads) {
            float* h = plan.h + share.first + row;
            *h = loadOneAcross(h) + tokenSum(share, parts, row, layer.downBias, share.first + row);
        }
    }
#endif
}
