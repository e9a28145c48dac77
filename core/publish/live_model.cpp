// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/live_model.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/combine.h"
#include "core/peft/folders/trained_on.h"
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

std::vector<fs::path> pathsOf(const Source& source)
{
    std::vector<fs::path> paths;
    for (const inference::AdapterSpec& adapter : source.adapters) {
        paths.push_back(adapter.path);
    }
    return paths;
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
    auto encoder = folder ? data::Encoder::load(source.model, source.chatTemplate, pathsOf(source)) : Result<data::Encoder>(folder.error());
    auto talk = encoder ? inference::conversationOf(source.model, folder->config(), *encoder) : Result<weights::Conversation>(encoder.error());
    if (!talk) {
        return talk.error();
    }
    LiveModel live(*placement, std::move(*folder), std::move(*encoder));
    live.m_stops = inference::stopsOf(live.m_folder.config(), live.m_encoder);
    live.m_talk = std::move(*talk);
    live.sayTemplates(source);
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
    auto held = peft::readTrainedOn(pathsOf(source));
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
                                         : textsFor(source.adapters.empty() ? fs::path() : source.adapters.front().path, m_encoder, source.rowsOf, m_decoder->scoreHead().exists());
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

// One result speaks one template: those of several adapters may differ.
void LiveModel::sayTemplates(const Source& source)
{
    if (!m_stops.remark.empty()) {
        m_result.notes.push_back(m_stops.remark);
    }
    for (const fs::path& adapter : pathsOf(source)) {
        const auto other = data::Encoder::load(source.model, "folder", {adapter});
        if (other && other->chatTemplate && m_encoder.chatTemplate && other->chatTemplate->source() != m_encoder.chatTemplate->source()) {
            m_result.notes.push_back(adapter.string() + " was trained with another chat template than the one that the result has.");
        }
    }
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

// `own`: what the file's numbers say under the live model's settings; null: nothing was rounded.
Result<void> LiveModel::compare(nn::Decoder& written, const Reading* own, const std::string& type, const Watch& watch)
{
    say(watch, "comparing on " + m_texts.source);
    auto reading = readTexts(written, m_texts, watch.cancel);
    if (!reading) {
        return reading.error();
    }
    const Difference cost = differenceOf(m_reading, *reading);
    m_result.proof = {m_texts.source, static_cast<std::int64_t>(m_texts.rows.size()), cost, limitsOf(type, cost),
                      own ? differenceOf(*own, *reading) : cost};
    if (!m_result.proof.holds()) {
        return Error{"what was written is not what was meant, so it was not kept. " + m_result.proof.sentence()};
    }
    if (!m_result.proof.isUsual()) {
        m_result.notes.push_back("The file is what was meant, but " + type + " costs this model more than it usually does: "
                                 + m_result.proof.sentence() + " Compare its answers, or take a finer type.");
    }
    return {};
}

Result<void> LiveModel::proveModel(const fs::path& written, const std::string& type, const CheckNumbers& checkNumbers, const Watch& watch)
{
    auto folder = weights::ModelFolder::open(written);
    auto good = folder ? checkNumbers(*m_decoder, *folder, progressOf(watch, "comparing every weight")) : Result<void>(folder.error());
    good = good ? weights::loadWeights(*m_decoder, *folder) : good;
    auto own = good ? readTexts(*m_decoder, m_texts, watch.cancel) : Result<Reading>(good.error());
    if (!own) {
        return own.error();
    }
    release();
    auto decoder = weights::loadDecoder(*folder, m_placement.device, m_placement.dtype, progressOf(watch, "opening what was written"));
    return decoder ? compare(**decoder, &*own, type, watch) : Result<void>(decoder.error());
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
    return compare(**decoder, nullptr, "f32", watch);
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
