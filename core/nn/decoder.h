// SPDX-License-Identifier: GPL-3.0-or-later
// Decoder: a decoder-only transformer; DecoderConfig's switches say which family's. Internal to core: names torch types.
//
// Shapes: B rows, T tokens, N = B*T, d hidden, H heads, K kv heads, D head size, F intermediate, V vocabulary.
// Weights are [out, in]. q,k,v lie in one tensor and gate,up in one; tensors() shows the Hugging Face names
// as views, so one loader and one writer serve everything and adapters never rename a base tensor.
//
// Each block is three autograd Functions (attention input, attention output, MLP; see blocks.h) around SDPA.
// Threads: one at a time.
#pragma once

#include "core/base/result.h"
#include "core/nn/layers/active_layer.h"
#include "core/nn/adapter_set.h"
#include "core/nn/batch/packing.h"
#include "core/nn/families/decoder_config.h"
#include "core/nn/layers/extras.h"
#include "core/nn/layers/linear_group.h"
#include "core/nn/layers/norm.h"
#include "core/nn/pass.h"
#include "core/nn/layers/rope.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace luthier::nn {

struct NamedTensor {
    std::string name; // "model.layers.0.self_attn.q_proj.weight"
    at::Tensor tensor; // view of the live weight
};

// Keys and values of what was already read; [B, K, front + capacity, D] a layer, of which front + length are filled.
struct KvCache {
    std::vector<at::Tensor> keys;
    std::vector<at::Tensor> values;
    std::int64_t length = 0; // tokens
    std::int64_t front = 0;  // virtual tokens before them, known once something was read

    std::int64_t filled() const { return front + length; }
};

struct ForwardInput {
    at::Tensor ids;                      // [B, T] int64, on the decoder's device; rows padded at the right
    std::vector<std::int64_t> segments;  // packed rows (B = 1): lengths that add up to T; positions restart in each
    KvCache* cache = nullptr;            // generation: appended to; not with segments
    Pass pass = {};
    // Packed rows whose segments share a beginning: for each segment the one before it that it goes on from, or -1; positions
    // go on, too. Empty: none does. On the CPU; see AttentionSettings::fronts.
    std::vector<std::int64_t> fronts = {};
    // The segments as tensors, on the decoder's device, where the pass may be recorded; only where readsPacking(), without fronts.
    Packing packing = {};

    bool goesOn(std::size_t segment) const { return !fronts.empty() && fronts[segment] >= 0; }
};

// Norms that a family does not have are absent (Norm::exists() is false).
struct Layer {
    Norm inputNorm;     // before attention
    LinearGroup qkv;    // slices q_proj, k_proj, v_proj (or qkv_proj, c_attn)
    Norm queryNorm;
    Norm keyNorm;
    LinearGroup output; // o_proj
    Norm attentionNorm; // behind attention
    Norm mlpNorm;       // before the MLP
    LinearGroup gateUp; // gate_proj, up_proj (or gate_up_proj, c_fc)
    LinearGroup down;   // down_proj
    Norm outputNorm;    // behind the MLP
};

// Judges texts by their last token: scores = W h; see objectives/score_head.h.
struct ScoreHead {
    at::Tensor weight;               // [scores, d]; undefined: none
    std::vector<std::string> labels; // what the scores are of; empty: one score that stands for no label

    bool exists() const { return weight.defined(); }
};

struct Heads;
class LayerShards;
namespace row {
class Walker;
}

class Decoder {
public:
    // Memory for all weights on the device in one dtype, not initialised. Quantised, the projections are held in 4-bit
    // codes and stay frozen; embeddings, norms and head are not. With `shards` the projections stay frozen, too, have no memory until
    // whoever fills them asks for it, and are split once they are filled (see layer_shards.h); passes that train then compute each layer twice.
    Decoder(const DecoderConfig& config, at::Device device, at::ScalarType dtype,
            std::optional<quant::Quantisation> quantisation = {}, std::shared_ptr<LayerShards> shards = {});
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    const DecoderConfig& config() const { return m_config; }
    at::Device device() const { return m_device; }
    at::ScalarType dtype() const { return m_dtype; }

    // Normal(0, initializer_range) for matrices, ones for norms, zeros for biases, on a generator of its own.
    void initialise(std::uint64_t seed);

    // Final hidden states after the last norm, [B, T, d]. Differentiable when something is trainable.
    at::Tensor hidden(const ForwardInput& input);

    // Makes what passes over rows of up to `longest` tokens look up, so that none of them has to.
    void reserve(std::int64_t longest);

    // Whether a pass over packed rows needs nothing of their segments but what their Packing says.
    bool readsPacking() const;
    // The memory besides its input that hidden() of such an input, its backward pass and a product with head() read, as it
    // is now, undefined tensors left out: work that was recorded may be played while all of this is what it was. Of `input`
    // only shapes matter. Made ready where a pass would make it.
    std::vector<at::Tensor> readsOf(const ForwardInput& input);

    // hidden @ head^T (soft-capped where the family does it) in fp32, [..., V]. For generation and scoring of few positions; training uses the chunked loss.
    at::Tensor logits(const at::Tensor& hidden, const Pass& pass = {}) const;
    at::Tensor head(const Pass& pass = {}) const; // [V, d]

    KvCache makeCache(std::int64_t rows, std::int64_t capacity, const Pass& pass = {}) const;

    // Every base weight under its Hugging Face name; a tied head and what is quantised (see groups()) are left out. The head
    // that judges stands as "score.weight" in the place of the one for tokens.
    std::vector<NamedTensor> tensors();

    // Of a model that judges texts, or an adapter that does.
    const ScoreHead& scoreHead() const { return m_scoreHead; }
    void setScoreHead(ScoreHead head) { m_scoreHead = std::move(head); }

    // Marks all base weights (full tuning) or none as trainable leaves.
    void setBaseTrainable(bool trainable);
    // The merged leaves behind tensors(), with names: what an optimizer steps on in full tuning.
    std::vector<NamedTensor> baseLeaves();

    LayerShards* shards() const { return m_shards.get(); } // null: nothing is split
    // Of a split base: serves what other ranks pass until all are here. Else nothing.
    void awaitOthers() const;

    bool isQuantised();
    void dequantise(); // numbers instead of codes, for what must write weights

    // Products of the frozen projections are made in 8-bit floats from now on (layers/fp8_weight.h), but for those narrower than
    // 128. Once the weights are what they stay. Errors: the device has none, or the numbers are not bf16.
    Result<void> multiplyInFp8();

    // All linear groups with their path ("model.layers.0.self_attn", slices q_proj, ...): where adapters go.
    std::vector<LinearGroup*> groups();
    // In passes that train each layer keeps its input alone and the backward pass computes the layer again: less memory, a third
    // more work, the same gradients to the bit (see layer_checkpoint.h).
    void setActivationCheckpointing(bool on, std::int64_t layers = 0) // of the first `layers`; 0: all
    {
        m_checkpointing = on;
        m_checkpointedLayers = layers;
    }

    // The decoder's own adapters as a value: it has none afterwards, and passes may count the set all the same. Several sets
    // over one base come about by attaching a method, taking its set, and attaching the next.
    AdapterSet takeAdapters();
    void giveAdapters(AdapterSet set); // in the place of its own

    // The seam of methods that are no adapters of projections; set before the first forward pass.
    Extras& extras() { return m_extras; }
    // Makes a copy of a base tensor that belongs to no projection, which stands in for it, and returns it, to be trained;
    // tensors() and baseLeaves() go on showing the base. Errors name a tensor that is not there.
    std::vector<std::string> replaceable(); // embeddings, norms, head, by Hugging Face name
    at::Tensor replaceableTensor(const std::string& name); // undefined: not one of them
    Result<at::Tensor> replace(const std::string& name);
    const std::vector<Replacement>& replacements() const { return m_replacements; }
    // The copies become the base; where one of them is half of a tied embedding and head, these are two tensors from then on.
    void keepReplacements();

private:
    struct Reading;
    struct Maker;
    void build(const std::optional<quant::Quantisation>& quantisation);
    void buildLayer(const Maker& make, Layer& layer, std::int64_t index);
    Reading readingOf(const ForwardInput& input) const;
    at::Tensor packedPositions(const Reading& reading) const;
    PassAdapters adaptersOf(const Pass& pass) const;
    ActiveLayer active(std::size_t index, const Pass& pass, const std::vector<LinearNumbers>& numbers) const;
    std::vector<LinearNumbers> adapterNumbers(const Pass& pass);
    at::Tensor embed(const ForwardInput& input, const Reading& reading);
    at::Tensor withPrompt(const at::Tensor& h, const ForwardInput& input);
    at::Tensor withoutPrompt(const at::Tensor& h, const ForwardInput& input);
    RopeTables tablesFor(const Reading& reading, bool local);
    at::Tensor attend(Heads& heads, std::size_t index, const Reading& reading);
    at::Tensor through(const ActiveLayer& layer, std::size_t index, const at::Tensor& h, const Reading& reading,
                       const RopeTables& tables);
    at::Tensor throughAgain(std::shared_ptr<const ActiveLayer> layer, std::size_t index, const at::Tensor& h,
                            const Reading& reading, const RopeTables& tables);
    at::Tensor throughAsRow(const at::Tensor& h, const Reading& reading, const RopeTables& tables, const RopeTables& local);
    at::Tensor* slotOf(const std::string& name);
    void untie();

    DecoderConfig m_config;
    at::Device m_device;
    at::ScalarType m_dtype;
    at::Tensor m_embedding; // [V, d]
    at::Tensor m_positions; // [positions, d]; gpt2 only
    std::vector<Layer> m_layers;
    Norm m_norm;
    at::Tensor m_head;      // [V, d]; the embedding itself when tied
    ScoreHead m_scoreHead;
    Rope m_rope;
    Rope m_localRope;       // of sliding layers, where they differ
    bool m_checkpointing = false;
    std::int64_t m_checkpointedLayers = 0; // 0: all
    Extras m_extras;
    std::vector<Replacement> m_replacements;
    std::shared_ptr<LayerShards> m_shards;
    std::unique_ptr<row::Walker> m_walker; // made when a first token comes alone
};

} // namespace luthier::nn
