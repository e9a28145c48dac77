// SPDX-License-Identifier: GPL-3.0-or-later
// What a Decoder's passes read besides their input.
#include "core/nn/decoder.h"

#include "core/nn/batch/flash_heads.h"
#include "core/nn/decoder_reading.h"

namespace luthier::nn {

namespace {

class ReadList {
public:
    void add(const at::Tensor& tensor)
    {
        if (tensor.defined()) {
            m_all.push_back(tensor);
        }
    }
    void add(const Norm& norm)
    {
        add(norm.weight);
        add(norm.bias);
    }
    void add(const RopeTables& tables)
    {
        add(tables.cos);
        add(tables.sin);
    }
    void add(const LinearGroup& group)
    {
        add(group.weight);
        add(group.bias);
        for (const quant::QuantisedWeight& part : group.quantised) {
            add(part.codes);
            add(part.absmax);
            add(part.nestedAbsmax);
        }
        add(group.fp8Scales);
        if (group.buffer) {
            add(group.buffer->memory);
        }
        for (const Fp8Rows* rows : {&group.fp8.forward, &group.fp8.backward}) {
            add(rows->codes);
            add(rows->scales);
        }
    }
    void add(const GroupAdapters& added)
    {
        for (const LowRank& adapter : added.adapters) {
            add(adapter.a);
            add(adapter.b);
            add(adapter.magnitude);
            add(adapter.bias);
        }
        for (const SliceFactor& factor : added.factors) {
            add(factor.factor);
        }
        for (const SliceBias& bias : added.biases) {
            add(bias.bias);
        }
    }
    void add(const Bottleneck& layer)
    {
        add(layer.downWeight);
        add(layer.downBias);
        add(layer.upWeight);
        add(layer.upBias);
    }
    void add(const TableUpdate& update)
    {
        for (const at::Tensor* tensor : {&update.a, &update.b, &update.rows, &update.tokens, &update.places}) {
            add(*tensor);
        }
    }
    void add(const Prefix& prefix)
    {
        add(prefix.values);
        add(prefix.embedding);
        add(prefix.hiddenWeight);
        add(prefix.hiddenBias);
        add(prefix.outWeight);
        add(prefix.outBias);
    }
    void add(const Layer& layer, const PassAdapters& adapters)
    {
        for (const Norm* norm : {&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.attentionNorm, &layer.mlpNorm,
                                 &layer.outputNorm}) {
            add(*norm);
        }
        for (const LinearGroup* group : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down}) {
            add(*group);
            add(adapters.of(*group));
        }
    }
    template <class Part>
    void add(const std::vector<Part>& parts)
    {
        for (const Part& part : parts) {
            add(part);
        }
    }

    std::vector<at::Tensor> take() { return std::move(m_all); }

private:
    std::vector<at::Tensor> m_all;
};

} // namespace

void Decoder::reserve(std::int64_t longest)
{
    if (m_config.rotaryDim > 0) {
        const std::int64_t length = longest + m_extras.virtualTokens();
        m_rope.reserve(length);
        if (m_config.hasLocalRope) {
            m_localRope.reserve(length);
        }
    }
}

bool Decoder::readsPacking() const
{
    const bool packs = m_device.is_cpu() || packsTexts(m_device, m_dtype, m_config.headDim, m_config.attentionSoftcap);
    return packs && m_extras.virtualTokens() == 0;
}

std::vector<at::Tensor> Decoder::readsOf(const ForwardInput& input)
{
    const Reading reading = readingOf(input);
    const PassAdapters adapters = adaptersOf(input.pass);
    ReadList list;
    for (const at::Tensor* tensor : {&m_embedding, &m_positions, &m_head}) {
        list.add(*tensor);
    }
    for (const Layer& layer : m_layers) {
        list.add(layer, adapters);
    }
    list.add(m_norm);
    for (const Replacement& replacement : input.pass.adapters ? input.pass.adapters->replacements : m_replacements) {
        list.add(replacement.copy);
    }
    list.add(adapters.extras().prompt);
    list.add(adapters.extras().prefix);
    list.add(adapters.extras().afterAttention);
    list.add(adapters.extras().afterMlp);
    list.add(adapters.extras().embedding);
    list.add(adapters.extras().head);
    if (m_config.rotaryDim > 0) {
        list.add(m_rope.whole(reading.longest()));
        if (m_config.hasLocalRope) {
            list.add(m_localRope.whole(reading.longest()));
        }
    }
    return list.take();
}

} // namespace luthier::nn
