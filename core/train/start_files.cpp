// SPDX-License-Identifier: GPL-3.0-or-later
// What a run that starts from an adapter keeps in its folder.
#include "core/train/start_point.h"

#include "core/base/files.h"
#include "core/inference/stops.h"
#include "core/nn/device.h"
#include "core/peft/folders/adapter_copy.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/trained_on.h"
#include "core/weights/load.h"
#include "core/weights/save_folder.h"

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPart = ".part";

// A copy appears whole under its name or not at all.
Result<void> giveName(const fs::path& temporary, const fs::path& target)
{
    std::error_code code;
    fs::rename(temporary, target, code);
    return code ? Result<void>(Error{target.string() + ": cannot be given its name: " + code.message()})
                : base::syncDirectory(target.parent_path());
}

Result<void> keepCopy(const fs::path& adapter, const fs::path& target)
{
    const fs::path temporary = target.string() + kPart;
    auto done = base::removeTree(temporary);
    done = done ? peft::copyAdapter(adapter, temporary) : done;
    return done ? giveName(temporary, target) : done;
}

fs::path startIn(const fs::path& folder, const fs::path& adapter)
{
    return folder / (adapter.extension() == ".gguf" ? "start.gguf" : kStartFolder);
}

class Merging {
public:
    Merging(const config::RunConfig& config, StopControl& control, RunObserver& observer)
        : m_config(config), m_control(control), m_observer(observer)
    {
    }

    // The model with the adapter folded into it, in the numbers that the run computes with.
    Result<void> write(const fs::path& adapter, const fs::path& target)
    {
        nn::setThreads(m_config.run.threads);
        auto decoder = merged(adapter);
        const fs::path temporary = target.string() + kPart;
        auto removed = decoder ? base::removeTree(temporary) : Result<void>(decoder.error());
        if (!removed) {
            return removed;
        }
        const weights::SaveWatch watch{progress("saving the merged base"), m_cancel};
        auto saved = weights::saveModelFolder(**decoder, m_config.model.path, temporary, (*decoder)->dtype(), watch);
        if (saved) { // the adapter's template goes with it, since the run knows only the merged model
            const auto encoder = data::Encoder::load(m_config.model.path, m_config.model.chatTemplate, {adapter});
            const auto talk = encoder ? inference::conversationOf(m_config.model.path, (*decoder)->config(), *encoder)
                                      : Result<weights::Conversation>(encoder.error());
            saved = talk ? weights::writeConversation(temporary, *talk) : Result<void>(talk.error());
        }
        if (saved) {
            return giveName(temporary, target);
        }
        (void)base::removeTree(temporary);
        return saved;
    }

private:
    base::Progress progress(const char* name)
    {
        return [this, name](std::int64_t done, std::int64_t total) {
            if (m_control.stopRequested()) {
                m_cancel.cancel();
            }
            m_observer.onEvent(StageChanged{name, done, total});
        };
    }

    Result<std::shared_ptr<nn::Decoder>> merged(const fs::path& adapter)
    {
        auto placement = nn::choosePlacement(m_config.model.device, m_config.model.dtype);
        auto folder = placement ? weights::ModelFolder::open(m_config.model.path)
                                : Result<weights::ModelFolder>(placement.error());
        auto held = folder ? peft::readTrainedOn({adapter}) : Result<std::optional<quant::Quantisation>>(folder.error());
        auto fingerprint = held ? folder->fingerprint() : Result<std::string>(held.error());
        if (!fingerprint) {
            return fingerprint.error();
        }
        // On the rounded numbers that the adapter was trained on, where it was.
        auto decoder = weights::loadDecoder(*folder, placement->device, placement->dtype, progress("loading"),
                                            folder->config().storedAs.empty() ? *held : std::nullopt);
        auto attached = decoder ? peft::attachAdapter(**decoder, adapter, 1, *fingerprint) : Result<void>(decoder.error());
        auto folded = attached ? peft::mergeAdapters(**decoder) : attached;
        if (!folded) {
            return attached ? Error{"model.adapter_merge: " + folded.message()} : folded.error();
        }
        return m_control.stopRequested() ? Result<std::shared_ptr<nn::Decoder>>(Error{"cancelled"}) : std::move(decoder);
    }

    const config::RunConfig& m_config;
    StopControl& m_control;
    RunObserver& m_observer;
    base::CancelToken m_cancel;
};

} // namespace

Result<config::RunConfig> placeStart(config::RunConfig config, const fs::path& folder, StopControl& control,
                                     RunObserver& observer)
{
    if (config.model.adapter.empty()) {
        return config;
    }
    std::error_code code;
    const fs::path adapter = config.model.adapter;
    const fs::path start = startIn(folder, adapter);
    if (!fs::exists(start, code)) {
        auto origin = peft::originOf(adapter, config.model.path, config.model.adapterMerge);
        auto written = origin ? peft::writeOrigin(folder, *origin) : Result<void>(origin.error());
        auto copied = written ? keepCopy(adapter, start) : written;
        if (!copied) {
            return copied.error();
        }
    }
    config.model.adapter = start.string();
    if (!config.model.adapterMerge) {
        return config;
    }
    const fs::path merged = folder / peft::kMergedBase;
    if (!fs::exists(merged, code)) {
        if (auto made = Merging(config, control, observer).write(start, merged); !made) {
            return made.error();
        }
    }
    config.model.path = merged.string();
    config.model.adapter.clear();
    config.model.adapterMerge = false;
    return config;
}

} // namespace luthier::train
