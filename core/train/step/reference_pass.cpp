// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/reference_pass.h"

#include "core/base/hash.h"
#include "core/peft/folders/adapter_file.h"
#include "core/train/step/batch_loss.h"
#include "core/weights/load.h"

#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "reference.safetensors";
constexpr const char* kAdapter = "adapter_model.safetensors";

using Columns = std::vector<std::vector<float>>; // one for each sequence of an item, a number for each item

struct Named {
    const char* name;
    ItemStore* items;
};

class Pass {
public:
    Pass(const RunParts& parts, const config::RunConfig& config, const base::Progress& progress, const std::function<bool()>& isStopped)
        : m_loss(*parts.decoder, *parts.objective, config.objective, {}, parts.reference), m_batch(static_cast<std::size_t>(config.run.batchSize)),
          m_width(parts.objective->referenceColumns.size()), m_progress(progress), m_isStopped(isStopped),
          m_total(parts.data.train.size() + parts.data.heldOut.size())
    {
    }

    Result<Columns> over(const ItemStore& items)
    {
        const at::NoGradGuard noGrad;
        std::vector<std::uint32_t> order(items.size());
        std::iota(order.begin(), order.end(), 0u);
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return items.longest(a) > items.longest(b); });
        Columns columns(m_width, std::vector<float>(items.size()));
        for (std::size_t begin = 0; begin < order.size(); begin += m_batch) {
            if (m_isStopped()) {
                return Error{"cancelled"};
            }
            read(items, std::span(order).subspan(begin, std::min(m_batch, order.size() - begin)), columns);
        }
        return columns;
    }

private:
    void read(const ItemStore& items, std::span<const std::uint32_t> ofBatch, Columns& columns)
    {
        const auto device = m_loss.decoder().device();
        const MicroBatch batch = toDevice(makeMicroBatch(items, ofBatch, {false, true, !device.is_cpu()}), device);
        const at::Tensor sums
            = objectives::sumBySequence(objectives::targetLogProbs(m_loss.reference(batch), batch), batch).to(at::kCPU).contiguous();
        const float* next = sums.const_data_ptr<float>();
        for (const std::uint32_t item : ofBatch) {
            for (std::vector<float>& column : columns) {
                column[item] = *next++;
            }
        }
        m_done += ofBatch.size();
        m_progress(static_cast<std::int64_t>(m_done), static_cast<std::int64_t>(m_total));
    }

    BatchLoss m_loss;
    std::size_t m_batch;
    std::size_t m_width;
    const base::Progress& m_progress;
    const std::function<bool()>& m_isStopped;
    std::size_t m_total;
    std::size_t m_done = 0;
};

std::string tensorName(const Named& set, const std::string& column)
{
    return std::string(set.name) + "." + column;
}

// What was computed for these very rows by this very reference; nothing where there is none.
std::optional<std::vector<Columns>> readKept(const fs::path& path, const std::string& identity, std::span<const Named> sets,
                                             const std::vector<std::string>& names)
{
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return std::nullopt;
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    const auto noted = file->metadata().find("identity");
    if (noted == file->metadata().end() || noted->second != identity) {
        return std::nullopt;
    }
    std::vector<Columns> all;
    for (const Named& set : sets) {
        Columns columns;
        for (const std::string& name : names) {
            const auto* info = file->find(tensorName(set, name));
            auto tensor = info ? weights::readTensor({file, info}) : Result<at::Tensor>(Error{"missing"});
            if (!tensor || tensor->scalar_type() != at::kFloat || tensor->numel() != static_cast<std::int64_t>(set.items->size())) {
                return std::nullopt;
            }
            const float* values = tensor->const_data_ptr<float>();
            columns.emplace_back(values, values + tensor->numel());
        }
        all.push_back(std::move(columns));
    }
    return all;
}

Result<void> keep(const fs::path& path, const std::string& identity, std::span<const Named> sets, const std::vector<std::string>& names,
                  const std::vector<Columns>& all)
{
    std::vector<weights::TensorToWrite> tensors;
    for (std::size_t s = 0; s < sets.size(); ++s) {
        for (std::size_t c = 0; c < names.size(); ++c) {
            tensors.push_back(weights::toWrite(tensorName(sets[s], names[c]), at::tensor(all[s][c], at::kFloat)));
        }
    }
    return weights::writeSafetensors(path, std::move(tensors), {{"identity", identity}});
}

} // namespace

Result<std::string> referenceIdentity(const config::RunConfig& config, const ReferencePlan& plan)
{
    if (plan.kind == ReferenceKind::None) {
        return std::string();
    }
    auto model = peft::fingerprintOf(config.model.path);
    if (!model || plan.kind != ReferenceKind::AdapterCopy) {
        return model && config.model.fromScratch ? Result<std::string>(*model + ":seed " + std::to_string(config.run.seed)) : model;
    }
    const fs::path adapter = config.model.adapter;
    std::error_code code;
    auto content = base::sha256OfFile(fs::is_directory(adapter, code) ? adapter / kAdapter : adapter);
    return content ? Result<std::string>(*model + ":" + *content) : content;
}

Result<void> computeReference(const config::RunConfig& config, const fs::path& runFolder, RunParts& parts, const base::Progress& progress,
                              const std::function<bool()>& isStopped)
{
    const std::vector<std::string>& names = parts.objective->referenceColumns;
    const std::array<Named, 2> sets{Named{"train", &parts.data.train}, Named{"held_out", &parts.data.heldOut}};
    const std::string identity
        = parts.referenceIdentity + "/" + parts.data.train.hash() + "/" + parts.data.heldOut.hash() + "/" + parts.placement.dtypeText;
    auto all = readKept(runFolder / kFile, identity, sets, names);
    if (!all) {
        Pass pass(parts, config, progress, isStopped);
        all.emplace();
        for (const Named& set : sets) {
            auto columns = pass.over(*set.items);
            if (!columns) {
                return columns.error();
            }
            all->push_back(std::move(*columns));
        }
        if (auto kept = keep(runFolder / kFile, identity, sets, names, *all); !kept) {
            return kept;
        }
    }
    for (std::size_t s = 0; s < sets.size(); ++s) {
        for (std::size_t c = 0; c < names.size(); ++c) {
            sets[s].items->setColumn(names[c], std::move((*all)[s][c]));
        }
    }
    return {};
}

} // namespace luthier::train
