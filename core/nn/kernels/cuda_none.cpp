// SPDX-License-Identifier: GPL-3.0-or-later
// No fused kernels for CUDA cards: the plain bodies run there.
#include "core/nn/kernels/answer_kernels.h"
#include "core/nn/kernels/capped.h"
#include "core/nn/kernels/cuda.h"

#include "core/nn/kernels/cuda_graph.h"
#include "core/nn/kernels/lanes.h"
#include "core/nn/kernels/low_rank.h"
#include "core/nn/kernels/many.h"
#include "core/nn/kernels/plain/plain_rows.h"
#include "core/nn/kernels/shelf.h"
#include "core/nn/kernels/unpack_fp8.h"

#include <c10/util/Exception.h>

namespace luthier::nn::kernels::cuda {

bool isReady(at::Device)
{
    return false;
}

at::Tensor rmsForward(const Rms&, const at::Tensor&, Fp8Rows*)
{
    return {};
}

at::Tensor rmsBackward(const Rms&, const at::Tensor&, const at::Tensor&, const at::Tensor&, Fp8Rows*)
{
    return {};
}

bool rotate(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, int)
{
    return false;
}

at::Tensor gatedForward(bool, const at::Tensor&, Fp8Rows*)
{
    return {};
}

at::Tensor gatedBackward(bool, const at::Tensor&, const at::Tensor&, Fp8Rows*)
{
    return {};
}

Fp8Rows fp8Rows(const at::Tensor&)
{
    return {};
}

bool gatherHeads(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                 Fp8Rows*)
{
    return false;
}

bool kept(const DropoutDraw&, const at::Tensor&, double)
{
    return false;
}

bool knowsDropout(const at::Tensor&)
{
    return false;
}

at::Tensor dropped(const at::Tensor&, const DropoutDraw&, double)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

void addDropped(const at::Tensor&, const at::Tensor&, const DropoutDraw&, double)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

at::Tensor rowProduct(const at::Tensor&, const at::Tensor&)
{
    return {};
}

at::Tensor codesProduct(const at::Tensor&, const quant::QuantisedWeight&)
{
    return {};
}

at::Tensor slotAttention(const SlotQuery&)
{
    return {};
}

bool pickTokens(const TokenPick&)
{
    return false;
}

bool dequantise(const quant::QuantisedWeight&, const at::Tensor&)
{
    return false;
}

at::Tensor tokenLosses(const at::Tensor&, const at::Tensor&, const at::Tensor&, const TokenLosses&)
{
    return {};
}

struct Graph::Recorded {};

Graph::Graph() = default;
Graph::~Graph() = default;

bool Graph::canRecord(at::Device)
{
    return false;
}

void Graph::record(at::Device, const std::function<void()>&, const Graph*)
{
    TORCH_CHECK(false, "this build records nothing on cards");
}

void Graph::play(at::Device)
{
    TORCH_CHECK(false, "this build records nothing on cards");
}

} // namespace luthier::nn::kernels::cuda

namespace luthier::nn::kernels {

Lanes::Lanes(const at::Tensor& x) : m_device(x.device()), m_active(false) {}

Lanes::~Lanes() = default;

void Lanes::run(std::size_t, const std::function<void()>& work)
{
    work();
}

void Lanes::join(std::size_t) {}

struct Shelf::Kept {};
struct Shelf::State {};

bool Shelf::isFor(at::Device)
{
    return false;
}

Shelf::Shelf(at::Device) {}

Shelf::~Shelf() = default;

std::shared_ptr<Shelf::Kept> Shelf::put(const at::Tensor&)
{
    return nullptr;
}

at::Tensor Shelf::take(const std::shared_ptr<Kept>&)
{
    TORCH_CHECK(false, "this build has no shelf");
}

bool narrowMany(const std::vector<at::Tensor>&, const std::vector<at::Tensor>&)
{
    return false;
}

bool addMany(const std::vector<at::Tensor>&, const std::vector<at::Tensor>&)
{
    return false;
}

bool knowsCapped(const at::Tensor&, std::int64_t)
{
    return false;
}

at::Tensor cappedForward(const at::Tensor&, const CappedScores&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

void cappedBackward(const at::Tensor&, const at::Tensor&, const CappedScores&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

bool adamwMany(const AdamWNumbers&, const AdamWTensors&, const at::Tensor&, const at::Tensor&, const at::Tensor&)
{
    return false;
}

bool fitsLow(const at::Tensor&, const LowTerms&)
{
    return false;
}

bool fitsLow(const at::Tensor&, std::int64_t)
{
    return false;
}

at::Tensor gatedForwardLow(bool, const at::Tensor&, const LowTerms&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

GatedGradients gatedBackwardLow(bool, const at::Tensor&, const at::Tensor&, const LowTerms&, const LowBelow&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

at::Tensor layerForward(const LayerRows&, const at::Tensor&)
{
    return {};
}

at::Tensor layerBackward(const LayerRows&, const at::Tensor&, const at::Tensor&, const at::Tensor&)
{
    return {};
}

at::Tensor geluForwardLow(const at::Tensor&, const LowTerm&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

GatedGradients geluBackwardLow(const at::Tensor&, const at::Tensor&, const LowTerm&, const LowBelow&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

void addLow(const at::Tensor&, const LowTerm&, const at::Tensor&, const LowDrop&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

bool turnsLow(const LowHeads&)
{
    return false;
}

void turnLow(const at::Tensor&, const LowTerms&, const LowHeads&)
{
    TORCH_CHECK(false, "this build has no kernels for cards");
}

bool unpackFp8(const quant::QuantisedWeight&, const at::Tensor&, double, bool)
{
    return false;
}

} // namespace luthier::nn::kernels
