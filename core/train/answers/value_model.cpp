// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/value_model.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/score_folder.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

// What the values read is the decoder's own for as long as this lives.
class AsOwn {
public:
    AsOwn(nn::Decoder& decoder, const std::shared_ptr<const nn::AdapterSet>& set) : m_decoder(decoder), m_swaps(set != nullptr)
    {
        if (m_swaps) {
            m_kept = decoder.takeAdapters();
            decoder.giveAdapters(*set);
        }
    }
    ~AsOwn()
    {
        if (m_swaps) {
            m_decoder.giveAdapters(std::move(m_kept));
        }
    }
    AsOwn(const AsOwn&) = delete;
    AsOwn& operator=(const AsOwn&) = delete;

private:
    nn::Decoder& m_decoder;
    bool m_swaps;
    nn::AdapterSet m_kept;
};

} // namespace

bool hasValues(const objectives::Objective& objective)
{
    return objective.rollouts && objective.rollouts->hasValues;
}

Result<void> writeValues(RunParts& parts, const config::RunConfig& config, const fs::path& result)
{
    const fs::path folder = result / peft::kValueFolder;
    auto made = base::makeDirectories(folder);
    if (made && parts.method->writesAdapter) {
        const AsOwn read(*parts.decoder, parts.reference.values);
        made = parts.method->save(*parts.decoder, config.method, config.model.path, folder);
    }
    const at::Tensor weight = parts.heads[0].tensor.detach();
    return made ? peft::addValueHead(folder, {weight.reshape({1, weight.numel()}), parts.heads[1].tensor.detach()}) : made;
}

fs::path valuesToGoOnFrom(const config::RunConfig& config)
{
    std::error_code code;
    const fs::path from = config.model.adapter.empty() ? fs::path(config.model.path) : fs::path(config.model.adapter);
    const fs::path values = from / peft::kValueFolder;
    return fs::is_directory(values, code) ? values : fs::path();
}

Result<void> continueValueHead(RunParts& parts, const fs::path& values)
{
    const auto head = peft::readValueHead(values);
    if (!head) {
        return head.error();
    }
    if (!head->weight.defined()) {
        return Error{values.string() + ": the head of its values is missing; take the folder away, and new values are begun"};
    }
    const at::NoGradGuard noGrad;
    if (head->weight.numel() != parts.heads[0].tensor.numel()) {
        return Error{values.string() + ": its head reads " + std::to_string(head->weight.numel()) + " numbers a token, the model gives "
                     + std::to_string(parts.heads[0].tensor.numel()) + "; the values belong to another model"};
    }
    parts.heads[0].tensor.copy_(head->weight.reshape({-1}));
    parts.heads[1].tensor.copy_(head->bias);
    return {};
}

} // namespace luthier::train
