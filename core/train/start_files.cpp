// SPDX-License-Identifier: GPL-3.0-or-later
// What a run that starts from an adapter keeps in its folder.
#include "core/train/start_point.h"

#include "core/base/files.h"
#include "core/gguf/file.h"
#include "core/nn/device.h"
#include "core/peft/adapter_folder.h"
#include "core/peft/trained_on.h"
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

Result<void> copyFile(const fs::path& from, const fs::path& to)
{
    std::error_code code;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
    return code ? Result<void>(Error{from.string() + ": cannot be copied to " + to.string() + ": " + code.message()})
                : Result<void>();
}

Result<void> copyAdapter(const fs::path& from, const fs::path& to)
{
    const fs::path temporary = to.string() + kPart;
    if (auto removed = base::removeTree(temporary); !removed) {
        return removed;
    }
    std::error_code code;
    if (fs::is_regular_file(from, code)) {
        auto copied = copyFile(from, temporary);
        return copied ? giveName(temporary, to) : copied;
    }
    if (auto made = base::makeDirectories(temporary); !made) {
        return made;
    }
    for (const auto& entry : fs::directory_iterator(from, code)) {
        if (entry.is_regular_file()) {
            if (auto copied = copyFile(entry.path(), temporary / entry.path().filename()); !copied) {
                return copied;
            }
        }
    }
    return code ? Result<void>(Error{from.string() + ": cannot be read: " + code.message()}) : giveName(temporary, to);
}

fs::path startIn(const fs::path& folder, const fs::path& adapter)
{
    return folder / (adapter.extension() == ".gguf" ? "start.gguf" : "start");
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
        auto copied = written ? copyAdapter(adapter, start) : written;
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
