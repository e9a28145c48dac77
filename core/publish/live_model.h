// SPDX-License-Identifier: GPL-3.0-or-later
// LiveModel: base and adapters loaded for publishing, with what they say on the proof's texts, and how a written target is
// held against that and gets its name. Internal to publish: names torch types.
#pragma once

#include "core/inference/stops.h"
#include "core/nn/decoder.h"
#include "core/nn/device.h"
#include "core/publish/publish.h"
#include "core/weights/model_folder.h"

#include <functional>
#include <memory>
#include <optional>

namespace luthier::publish {

class LiveModel {
public:
    // Loads (numbers, but those of the codes that the adapters were trained on), attaches, reads the texts, and combines several adapters where they are to become one or `how` is no plain sum.
    static Result<LiveModel> open(const Source& source, bool combine, const Watch& watch);

    nn::Decoder& decoder() { return *m_decoder; }
    const weights::ModelFolder& folder() const { return m_folder; }
    const std::string& fingerprint() const { return m_fingerprint; }
    const std::optional<quant::Quantisation>& held() const { return m_held; }
    const data::Encoder& encoder() const { return m_encoder; }
    const ProofTexts& texts() const { return m_texts; }
    const inference::Stops& stops() const { return m_stops; }
    const weights::Conversation& talk() const { return m_talk; } // what the result must say that the model does not
    bool isCombined() const { return m_rank > 0; }
    Published& result() { return m_result; }

    // Frees the weights; what was read stays.
    void release() { m_decoder.reset(); }

    // Opens what was written (a model, or an adapter on the base) and compares. Error when it is not what was meant; a cost
    // above the usual is a note. `checkNumbers` compares the weights with what was to be written of them.
    using CheckNumbers = std::function<Result<void>(nn::Decoder& live, const weights::ModelFolder& written, const base::Progress& progress)>;
    Result<void> proveModel(const std::filesystem::path& written, const std::string& type, const CheckNumbers& checkNumbers, const Watch& watch);
    Result<void> proveAdapter(const std::filesystem::path& written, const Watch& watch);

private:
    LiveModel(nn::Placement placement, weights::ModelFolder folder, data::Encoder encoder)
        : m_placement(std::move(placement)), m_folder(std::move(folder)), m_encoder(std::move(encoder))
    {
    }
    Result<std::shared_ptr<nn::Decoder>> loadBase(const Watch& watch, const char* stage) const;
    Result<void> load(const Source& source, const Watch& watch);
    void sayTemplates(const Source& source);
    Result<void> combine(const Source& source, bool wanted, const Watch& watch);
    Result<void> compare(nn::Decoder& written, const Reading* own, const std::string& type, const Watch& watch);

    nn::Placement m_placement;
    weights::ModelFolder m_folder;
    data::Encoder m_encoder;
    std::shared_ptr<nn::Decoder> m_decoder;
    std::string m_fingerprint;
    std::optional<quant::Quantisation> m_held; // as the base was while the adapters were trained
    ProofTexts m_texts;
    inference::Stops m_stops;
    weights::Conversation m_talk;
    Reading m_reading;
    std::int64_t m_rank = 0;
    Published m_result;
};

void say(const Watch& watch, const std::string& stage, std::int64_t done = 0, std::int64_t total = 0);

// Beside the target, under a name of this process.
std::filesystem::path temporaryFor(const std::filesystem::path& target);
// Error when the target is there (an empty folder may be).
Result<void> checkFree(const std::filesystem::path& target);
// Renames and lists its files in `result`.
Result<void> giveName(const std::filesystem::path& temporary, const std::filesystem::path& target, Published& result);

} // namespace luthier::publish
