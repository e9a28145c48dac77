// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/token_vectors.h"

#include "core/base/random.h"
#include "core/data/encoding.h"
#include "core/weights/model_folder.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>

namespace luthier::inference {

namespace {

constexpr int kPlaces = 4;            // numbers that one of an embedding touches
constexpr std::int64_t kBlock = 256;  // tokens read at once
constexpr std::uint64_t kSeed = 1789; // the same space each time

struct Spread {
    std::uint32_t place = 0;
    float sign = 1;
};

class Vectors : public data::TokenSpace {
public:
    Vectors(std::shared_ptr<const text::Tokenizer> tokenizer, std::int64_t vocab)
        : m_tokenizer(std::move(tokenizer)), m_values(static_cast<std::size_t>(vocab) * data::kFeatureWidth, 0)
    {
    }

    std::vector<std::uint32_t> tokensOf(const std::string& text) const override
    {
        std::vector<std::uint32_t> tokens;
        const auto vocab = static_cast<std::int64_t>(m_values.size() / data::kFeatureWidth);
        for (const text::TokenId id : m_tokenizer->ids(text)) {
            if (id >= 0 && id < vocab) {
                tokens.push_back(static_cast<std::uint32_t>(id));
            }
        }
        return tokens;
    }

    std::span<const float> placeOf(std::uint32_t token) const override
    {
        return std::span(m_values).subspan(token * data::kFeatureWidth, data::kFeatureWidth);
    }

    std::span<float> place(std::int64_t token) { return std::span(m_values).subspan(static_cast<std::size_t>(token) * data::kFeatureWidth, data::kFeatureWidth); }

    // What all tokens have in common says nothing.
    void centre()
    {
        const std::size_t vocab = m_values.size() / data::kFeatureWidth;
        std::array<double, data::kFeatureWidth> mean{};
        for (std::size_t i = 0; i < m_values.size(); ++i) {
            mean[i % data::kFeatureWidth] += static_cast<double>(m_values[i]) / static_cast<double>(vocab);
        }
        for (std::size_t token = 0; token < vocab; ++token) {
            const std::span<float> values = place(static_cast<std::int64_t>(token));
            double length = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] -= static_cast<float>(mean[i]);
                length += static_cast<double>(values[i]) * static_cast<double>(values[i]);
            }
            const float scale = length > 0 ? static_cast<float>(1 / std::sqrt(length)) : 0;
            std::transform(values.begin(), values.end(), values.begin(), [scale](float value) { return value * scale; });
        }
    }

private:
    std::shared_ptr<const text::Tokenizer> m_tokenizer;
    std::vector<float> m_values; // [vocab, kFeatureWidth]
};

Result<weights::StoredTensor> embeddingsOf(const weights::ModelFolder& folder)
{
    for (const auto& [name, tensor] : folder.tensors()) {
        const bool isTable = name.ends_with("embed_tokens.weight") || name.ends_with("wte.weight") || name.ends_with("word_embeddings.weight");
        if (!isTable || tensor.info->shape.size() != 2) {
            continue;
        }
        const weights::Dtype dtype = tensor.info->dtype;
        if (dtype == weights::Dtype::F32 || dtype == weights::Dtype::F16 || dtype == weights::Dtype::BF16) {
            return tensor;
        }
        return Error{folder.path().string() + ": the token embeddings are stored as " + weights::nameOf(dtype)
                     + "; rows can be laid out by words instead"};
    }
    return Error{folder.path().string() + ": there is no table of token embeddings; rows can be laid out by words instead"};
}

float valueAt(const std::vector<char>& bytes, std::size_t index, weights::Dtype dtype)
{
    if (dtype == weights::Dtype::F32) {
        float value = 0;
        std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
        return value;
    }
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + index * sizeof bits, sizeof bits);
    return dtype == weights::Dtype::BF16 ? static_cast<float>(c10::BFloat16(bits, c10::BFloat16::from_bits()))
                                         : static_cast<float>(c10::Half(bits, c10::Half::from_bits()));
}

std::vector<Spread> spreadsOf(std::size_t hidden)
{
    base::Random random(kSeed);
    std::vector<Spread> spreads(hidden * kPlaces);
    for (Spread& spread : spreads) {
        const std::uint64_t drawn = random.next();
        spread = {static_cast<std::uint32_t>((drawn >> 1) % data::kFeatureWidth), drawn & 1 ? 1.0f : -1.0f};
    }
    return spreads;
}

} // namespace

Result<std::shared_ptr<const data::TokenSpace>> tokenVectors(const std::filesystem::path& model, const data::WalkOptions& options)
{
    const auto encoder = data::Encoder::load(model);
    const auto folder = encoder ? weights::ModelFolder::open(model) : Result<weights::ModelFolder>(encoder.error());
    const auto table = folder ? embeddingsOf(*folder) : Result<weights::StoredTensor>(folder.error());
    if (!table) {
        return table.error();
    }
    const weights::TensorInfo& info = *table->info;
    const std::int64_t vocab = info.shape[0];
    const auto hidden = static_cast<std::size_t>(info.shape[1]);
    const auto width = static_cast<std::uint64_t>(weights::sizeOf(info.dtype)) * hidden; // bytes of a token; shapes were checked
    const std::vector<Spread> spreads = spreadsOf(hidden);
    auto vectors = std::make_shared<Vectors>(encoder->tokenizer, vocab);
    std::atomic<bool> failed = false;
    const std::int64_t blocks = (vocab + kBlock - 1) / kBlock;
    const auto walked = data::walkRows(blocks, options, [&](std::int64_t block, std::size_t) {
        const std::int64_t first = block * kBlock;
        const std::int64_t count = std::min(kBlock, vocab - first);
        std::vector<char> bytes(static_cast<std::size_t>(count) * width);
        if (!table->file->read(info, static_cast<std::uint64_t>(first) * width, bytes.size(), bytes.data())) {
            failed = true;
            return;
        }
        for (std::int64_t token = 0; token < count; ++token) {
            const std::span<float> to = vectors->place(first + token);
            for (std::size_t d = 0; d < hidden; ++d) {
                const float value = valueAt(bytes, static_cast<std::size_t>(token) * hidden + d, info.dtype);
                for (std::size_t i = d * kPlaces; i < (d + 1) * kPlaces; ++i) {
                    to[spreads[i].place] += spreads[i].sign * value;
                }
            }
        }
    });
    if (!walked || failed) {
        return walked ? Error{model.string() + ": its token embeddings cannot be read; check the file, or fetch the model again"} : walked.error();
    }
    vectors->centre();
    return std::shared_ptr<const data::TokenSpace>(std::move(vectors));
}

} // namespace luthier::inference
