// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/live_model.h"

#include "core/base/files.h"
#include "core/peft/adapter_folder.h"
#include "core/peft/combine.h"
#include "core/peft/trained_on.h"
#include "core/weights/load.h"

#include <algorithm>
#include <unistd.h>

namespace luthier::publish {

namespace fs = std::filesystem;

namespace {

base::Progress progressOf(const Watch& watch, const char* stage)
{
    return [&watch, stage](std::int64_t done, std::int64_t total) { say(watch, stage, done, total); };
}

} // namespace

void say(const Watch& watch, const std::string& stage, std::int64_t done, std::int64_t total)
{
    if (watch.stage) {
        watch.stage(stage, done, total);
    }
}

Result<LiveModel> LiveModel::open(const Source& source, bool combine, const Watch& watch)
{
    auto placement = nn::choosePlacement(source.device, source.dtype);
    auto folder = placement ? weights::ModelFolder::open(source.model) : Result<weights::ModelFolder>(placement.error());
    auto encoder = folder ? data::Encoder::load(source.model) : Result<data::Encoder>(folder.error());
    if (!encoder) {
        return encoder.error();
    }
    LiveModel live(*placement, std::move(*folder), std::move(*encoder));
    auto done = live.load(source, watch);
    done = done ? live.combine(source, combine, watch) : done;
    return done ? Result<LiveModel>(std::move(live)) : Result<LiveModel>(done.error());
}

Result<std::shared_ptr<nn::Decoder>> LiveModel::loadBase(const Watch& watch, const char* stage) const
{
    auto decoder = weights::loadDecoder(m_folder, m_placement.device, m_placement.dtype, progressOf(watch, stage), m_held);
    if (decoder) {
        (*decoder)->dequantise(); // what is written are numbers
    }
    return decoder;
}

Result<void> LiveModel::load(const Source& source, const Watch& watch)
{
    std::vector<fs::path> adapters;
    for (const inference::AdapterSpec& adapter : source.adapters) {
        adapters.push_back(adapter.path);
    }
    auto held = peft::readTrainedOn(adapters);
    if (!held) {
        return held.error();
    }
    m_held = m_folder.config().storedAs.empty() ? *held : std::nullopt;
    auto decoder = loadBase(watch, "loading the model");
    auto fingerprint = decoder ? m_folder.fingerprint() : Result<std::string>(decoder.error());
    if (!fingerprint) {
        return fingerprint.error();
    }
    m_decoder = *decoder;
    m_fingerprint = *fingerprint;
    for (const inference::AdapterSpec& adapter : source.adapters) {
        if (auto attached = peft::attachAdapter(*m_decoder, adapter.path, adapter.weight, m_fingerprint); !attached) {
            return attached;
        }
    }
    m_texts = !source.texts.rows.empty() ? source.texts
                                         : textsFor(source.adapters.empty() ? fs::path() : source.adapters.front().path, m_encoder, source.rowsOf);
    if (!m_texts.note.empty()) {
        m_result.notes.push_back(m_texts.note);
    }
    say(watch, "reading " + m_texts.source);
    auto reading = readTexts(*m_decoder, m_texts, watch.cancel);
    if (!reading) {
        return reading.error();
    }
    m_reading = std::move(*reading);
    return {};
}

Result<void> LiveModel::combine(const Source& source, bool wanted, const Watch& watch)
{
    const peft::Combination* how = peft::findCombination(source.how);
    if (!how) {
        return Error{"adapters cannot be combined by \"" + source.how + "\"; there are " + peft::combinationNames()};
    }
    if (source.adapters.size() < 2 || (!wanted && how->isExact)) {
        return {};
    }
    say(watch, "combining " + std::to_string(source.adapters.size()) + " adapters");
    auto rank = peft::combineAdapters(*m_decoder, source.how, source.rank);
    if (!rank) {
        return rank.error();
    }
    m_rank = m_result.rank = *rank;
    if (!how->isExact) {
        // What is written is held against the combination, and the combination against the sum.
        auto reading = readTexts(*m_decoder, m_texts, watch.cancel);
        if (!reading) {
            return reading.error();
        }
        m_result.fromSum = differenceOf(m_reading, *reading);
        m_reading = std::move(*reading);
    }
    return {};
}

Result<void> LiveModel::compare(nn::Decoder& written, const std::string& type, const Watch& watch)
{
    say(watch, "comparing on " + m_texts.source);
    auto reading = readTexts(written, m_texts, watch.cancel);
    if (!reading) {
        return reading.error();
    }
    m_result.proof = {m_texts.source, static_cast<std::int64_t>(m_texts.rows.size()), differenceOf(m_reading, *reading), limitsOf(type)};
    return m_result.proof.holds() ? Result<void>()
                                  : Error{"what was written is not the model that was meant, so it was not kept. "
                                          + m_result.proof.sentence()};
}

Result<void> LiveModel::proveModel(const fs::path& written, const std::string& type, const Watch& watch)
{
    release();
    auto folder = weights::ModelFolder::open(written);
    auto decoder = folder ? weights::loadDecoder(*folder, m_placement.device, m_placement.dtype, progressOf(watch, "opening what was written"))
                          : Result<std::shared_ptr<nn::Decoder>>(folder.error());
    return decoder ? compare(**decoder, type, watch) : Result<void>(decoder.error());
}

Result<void> LiveModel::proveAdapter(const fs::path& written, const Watch& watch)
{
    release();
    auto decoder = loadBase(watch, "opening what was written");
    if (!decoder) {
        return decoder.error();
    }
    if (auto attached = peft::attachAdapter(**decoder, written, 1, m_fingerprint); !attached) {
        return attached;
    }
    return compare(**decoder, "f32", watch);
}

fs::path temporaryFor(const fs::path& target)
{
    const fs::path whole = fs::absolute(target).lexically_normal();
    const fs::path clean = whole.has_filename() ? whole : whole.parent_path();
    return clean.parent_path() / ("." + clean.stem().string() + ".part-" + std::to_string(::getpid()) + clean.extension().string());
}

Result<void> checkFree(const fs::path& target)
{
    std::error_code code;
    if (!fs::exists(fs::symlink_status(target, code))) {
        return base::makeDirectories(fs::absolute(target).lexically_normal().parent_path());
    }
    if (fs::is_directory(target, code) && fs::is_empty(target, code)) {
        return {};
    }
    return Error{target.string() + " is there already; choose another name, nothing is overwritten"};
}

Result<void> giveName(const fs::path& temporary, const fs::path& target, Published& result)
{
    std::error_code code;
    if (fs::is_directory(target, code)) {
        fs::remove(target, code); // only when it is empty
    }
    fs::rename(temporary, target, code);
    if (code) {
        return Error{target.string() + ": cannot be given its name: " + code.message()};
    }
    result.target = target;
    if (!fs::is_directory(target, code)) {
        result.files.push_back({target.filename().string(), static_cast<std::int64_t>(fs::file_size(target, code))});
        return base::syncDirectory(fs::absolute(target).parent_path());
    }
    for (const auto& entry : fs::recursive_directory_iterator(target, code)) {
        if (entry.is_regular_file()) {
            result.files.push_back({entry.path().lexically_relative(target).string(), static_cast<std::int64_t>(entry.file_size())});
        }
    }
    std::sort(result.files.begin(), result.files.end(), [](const WrittenFile& a, const WrittenFile& b) { return a.name < b.name; });
    return base::syncDirectory(fs::absolute(target).lexically_normal().parent_path());
}

} // namespace luthier::publish
