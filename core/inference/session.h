// SPDX-License-Identifier: GPL-3.0-or-later
// Session: a loaded model that answers and scores. Torch-free.
//
// Threads: one call at a time on a Session; calls may come from different threads (a mutex inside
// makes a second call wait). Callbacks run on the calling thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/data/encoding.h"
#include "core/fields/field.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace luthier::inference {

struct Sampling {
    std::int64_t maxNew = 256;
    double temperature = 0;        // 0: greedy
    std::int64_t topK = 0;         // 0: off
    double topP = 1;               // 1: off
    double repetitionPenalty = 1;  // 1: off
    std::int64_t seed = 42;
    std::vector<std::string> stop = {}; // texts that end the answer (not part of it)
};
std::span<const fields::Field> samplingFields();

struct AdapterSpec {
    std::filesystem::path path;
    double weight = 1;
};

struct ModelSpec {
    std::filesystem::path path;
    std::vector<AdapterSpec> adapters;
    std::string device = "auto";
    std::string dtype = "auto";
    // A known one (text/templates/known_templates.h), or "folder": an adapter's that brings one, else the model folder's own.
    std::string chatTemplate = "folder";
    std::vector<std::filesystem::path> speaksAs = {}; // adapters that do not count, but whose template does
    bool foldSystem = false; // the system's words before the question that follows, for templates that take none
};

struct Generation {
    std::string text;
    std::vector<text::TokenId> ids;       // the stop token left out
    std::vector<text::TokenId> promptIds;
    std::string finish;                   // stop, length, cancel
    double tokensPerSecond = 0;
    // Where asked for: of each id the ln of its probability among the whole vocabulary at the sampling's temperature (1 where
    // that is 0), before penalty, top-k and top-p.
    std::vector<float> logProbs = {};
    std::optional<text::TokenId> stopId = {}; // the token that ended it; none: it ended otherwise
};

struct GenerateOptions {
    Sampling sampling;
    bool useAdapters = true;                          // false: the base answers
    std::function<void(const std::string&)> onPiece;  // whole characters, as they become certain
    base::CancelToken cancel;
    bool logProbs = false;                            // fill Generation::logProbs
};

// One of many texts that are answered together.
struct BatchRequest {
    std::vector<text::TokenId> promptIds;
    Sampling sampling;                                     // with a seed of its own
    std::function<void(const std::string&)> onPiece = {};  // as GenerateOptions::onPiece
    base::CancelToken cancel = {};                         // of this one alone
    bool baseOnly = false;                                 // the base answers it, whatever BatchOptions::useAdapters says
};

struct BatchOptions {
    std::int64_t rows = 16;  // answered at once; more take more memory, see generateAll
    bool useAdapters = true;
    bool logProbs = false;   // fill Generation::logProbs
    std::function<void(std::size_t request, const Generation& answer)> onAnswer = {}; // in the order in which they end
    base::CancelToken cancel = {}; // of all: what was not begun comes back empty, its end "cancel"
    std::function<std::string(std::size_t request)> nameOf = {}; // in errors; else "request 3"
};

struct JudgeOptions {
    std::int64_t rows = 16; // texts at once
    bool useAdapters = true;
    base::CancelToken cancel = {};
};

// A token as a model sees it: how likely, and what would have been likelier in its place.
struct TokenChoices {
    double logProb = 0; // ln p of the token itself
    std::vector<std::pair<text::TokenId, double>> likeliest; // with their ln p, the likeliest first
};

class Session {
public:
    static Result<std::shared_ptr<Session>> open(const ModelSpec& spec);
    virtual ~Session() = default;

    virtual Result<Generation> generate(const std::vector<text::TokenId>& promptIds,
                                        const GenerateOptions& options) = 0;
    // Answers in the order of the requests, `rows` of them at once: one that ends leaves, the next takes its place. An answer
    // does not depend on its neighbours: in fp32 it is the one that generate() gives alone; in bf16 and fp16 sums are rounded
    // in another order, as between any two batch sizes. Memory: keys and values of `rows` texts as long as the longest.
    // The base's requests stand in the same batch as the adapters' where mixesBase(); else those of the adapters come first, then a batch of
    // the base's. Callbacks run on the calling thread. Errors name the request; none is answered when one is wrong.
    virtual Result<std::vector<Generation>> generateAll(const std::vector<BatchRequest>& requests,
                                                        const BatchOptions& options) = 0;
    // Whether one pass can count the adapters in some rows and not in others: plain LoRAs alone. DoRA's magnitudes, IA3's factors, biases,
    // bottlenecks, virtual tokens and copies of whole tensors count in all rows of a pass or in none.
    virtual bool mixesBase() const { return false; }
    // result[i] = ln p(ids[i] | ids[<i]); result[0] is NaN (no prediction).
    virtual Result<std::vector<double>> score(const std::vector<text::TokenId>& ids,
                                              bool useAdapters = true) = 0;

    // Of ids[first], ids[first + 1], ...; `first` is at least 1. `most` alternatives each.
    virtual Result<std::vector<TokenChoices>> choices(const std::vector<text::TokenId>& ids, std::size_t first, std::int64_t most, bool useAdapters = true);

    // How much each adapter of ModelSpec::adapters counts from the next call on, in their order; 0 leaves one out. Takes no
    // reloading, so answers of different blends can follow one another. Plain LoRAs only, unless all weights stay as they
    // were. Errors: another number of weights, one that is not finite, an adapter that cannot be weighed.
    virtual Result<void> setAdapterWeights(const std::vector<double>& weights) = 0;

    // Scores of whole texts by the head of a reward model or a classifier: [text][score], in the order of the texts and of
    // labels(); what shares a pass changes no score but in its last digits. Errors as judging.h has them.
    virtual Result<std::vector<std::vector<float>>> judge(const std::vector<std::vector<text::TokenId>>& texts, const JudgeOptions& options);
    virtual bool judges() const { return false; }                  // whether there is such a head
    virtual std::vector<std::string> labels() const { return {}; } // of a classifier's scores; empty: one score for no label
    virtual std::int64_t longestText() const { return std::numeric_limits<std::int64_t>::max(); } // tokens that the model reads

    virtual const data::Encoder& encoder() const = 0;
    virtual std::vector<text::TokenId> stopIds() const = 0;
    virtual std::string describeDevice() const = 0; // "cpu, fp32"
    virtual std::int64_t numParameters() const = 0;
};

} // namespace luthier::inference
