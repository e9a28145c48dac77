// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/report.h"

#include "core/cli/display.h"
#include "core/data/example_text.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace luthier::cli {

namespace {

std::int64_t bytesOf(const data::Example& example)
{
    std::size_t bytes = example.text.size();
    for (const auto* messages : {&example.messages, &example.chosen, &example.rejected}) {
        for (const auto& message : *messages) {
            bytes += message.content.size();
        }
    }
    return static_cast<std::int64_t>(bytes);
}

// What a row is, found on any thread.
struct LookedAt {
    std::uint64_t hash = 0; // what the model sees
    std::int64_t bytes = 0;
    std::int32_t tokens = 0;
    std::int32_t trained = 0;
    std::int32_t uncut = 0; // tokens before the cut; 0: nothing is cut
    bool isExample = false; // else it is bad
    bool isGood = false;    // and can be encoded
    UntrainedParts untrained = {};
};

class Looker {
public:
    Looker(const data::Dataset& dataset, const data::Encoder* encoder, const data::EncodingSettings& settings)
        : m_dataset(dataset), m_encoder(encoder), m_settings(settings), m_rows(static_cast<std::size_t>(dataset.rowCount()))
    {
    }

    void look(std::int64_t row)
    {
        LookedAt& looked = m_rows[static_cast<std::size_t>(row)];
        auto example = m_dataset.example(row);
        if (!example) {
            refuse(row, example.message());
            return;
        }
        looked.isExample = true;
        looked.hash = data::exampleHash(*example);
        looked.untrained.add(*example);
        looked.bytes = bytesOf(*example);
        auto encoded = m_encoder ? m_encoder->encode(*example, m_settings) : Result<data::EncodedExample>(data::EncodedExample{});
        if (!encoded) {
            refuse(row, encoded.message());
            return;
        }
        looked.isGood = true;
        looked.tokens = static_cast<std::int32_t>(encoded->tokens.size());
        looked.trained = static_cast<std::int32_t>(encoded->numTrained());
        looked.uncut = encoded->truncated ? static_cast<std::int32_t>(encoded->fullLength) : 0;
    }

    const std::vector<LookedAt>& rows() const { return m_rows; }
    const std::string& problemOf(std::int64_t row) const { return m_problems.at(row); }

private:
    void refuse(std::int64_t row, const std::string& why)
    {
        const std::lock_guard lock(m_mutex);
        m_problems[row] = why;
    }

    const data::Dataset& m_dataset;
    const data::Encoder* m_encoder;
    data::EncodingSettings m_settings;
    std::vector<LookedAt> m_rows; // each written by whoever looks at the row
    std::mutex m_mutex;
    std::unordered_map<std::int64_t, std::string> m_problems; // guarded by m_mutex
};

class Reporter {
public:
    Reporter(const Looker& looker, bool countsTokens) : m_looker(looker), m_countsTokens(countsTokens)
    {
        if (countsTokens) {
            m_report.tokens = m_report.trainedTokens = m_report.truncated = 0;
        }
        m_seen.reserve(looker.rows().size());
    }

    void add(std::int64_t row, const LookedAt& looked) // from 1
    {
        ++m_report.rows;
        if (looked.isExample) {
            const auto [first, isNew] = m_seen.emplace(looked.hash, row);
            if (!isNew) {
                ++m_report.duplicates;
                find(row, "duplicate", "the same as row " + std::to_string(first->second));
            }
        }
        if (!looked.isGood) {
            ++m_report.bad;
            find(row, "bad", m_looker.problemOf(row - 1));
            return;
        }
        ++m_report.good;
        m_report.characters += looked.bytes;
        m_report.untrained.judgedBad += looked.untrained.judgedBad;
        m_report.untrained.turns += looked.untrained.turns;
        if (m_countsTokens) {
            addTokens(row, looked);
        }
    }

    DataReport take() { return std::move(m_report); }

private:
    void addTokens(std::int64_t row, const LookedAt& looked)
    {
        *m_report.tokens += looked.tokens;
        *m_report.trainedTokens += looked.trained;
        if (looked.trained == 0) {
            find(row, "nothing_to_learn",
                 looked.untrained.judgedBad > 0 ? "its answer was judged bad, so it is not copied; a method that learns from judged answers reads it"
                                                : "no token of it is trained; it is skipped");
        }
        if (looked.uncut > 0) {
            ++*m_report.truncated;
            find(row, "truncated", std::to_string(looked.uncut) + " tokens are cut to " + std::to_string(looked.tokens));
        }
    }

    void find(std::int64_t row, const char* kind, std::string sentence) { m_report.findings.push_back({row, kind, std::move(sentence)}); }

    const Looker& m_looker;
    bool m_countsTokens;
    DataReport m_report;
    std::unordered_map<std::uint64_t, std::int64_t> m_seen; // what the model sees -> first row
};

} // namespace

void UntrainedParts::add(const data::Example& example)
{
    if (example.desirable == false) {
        ++judgedBad;
        return;
    }
    for (const auto* messages : {&example.messages, &example.chosen, &example.rejected}) {
        turns += std::count_if(messages->begin(), messages->end(),
                               [](const data::Message& message) { return message.role == "assistant" && !message.trained; });
    }
}

std::vector<std::string> UntrainedParts::sentences() const
{
    std::vector<std::string> list;
    if (judgedBad > 0) {
        list.push_back(counted(judgedBad) + (judgedBad == 1 ? " row" : " rows") + " judged bad: not trained where answers are copied; methods of judged answers read "
                       + (judgedBad == 1 ? "it" : "them"));
    }
    if (turns > 0) {
        list.push_back(counted(turns) + (turns == 1 ? " turn not trained: its row marks it so" : " turns not trained: their rows mark them so"));
    }
    return list;
}

Result<DataReport> reportOn(const data::Dataset& dataset, const data::Encoder* encoder, const data::EncodingSettings& settings,
                            const data::WalkOptions& options)
{
    Looker looker(dataset, encoder, settings);
    auto walked = data::walkRows(dataset.rowCount(), options, [&](std::int64_t row, std::size_t) { looker.look(row); });
    if (!walked) {
        return walked.error();
    }
    Reporter reporter(looker, encoder != nullptr);
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        reporter.add(row + 1, looker.rows()[static_cast<std::size_t>(row)]);
    }
    auto report = reporter.take();
    report.file = dataset.path().string();
    report.format = dataset.format().id;
    return report;
}

} // namespace luthier::cli
