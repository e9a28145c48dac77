// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data_report.h"

#include "core/data/example_text.h"

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

class Reporter {
public:
    Reporter(const data::Encoder* encoder, const data::EncodingSettings& settings)
        : m_encoder(encoder), m_settings(settings)
    {
        if (encoder) {
            m_report.tokens = m_report.trainedTokens = m_report.truncated = 0;
        }
    }

    void add(std::int64_t row, const Result<data::Example>& example)
    {
        ++m_report.rows;
        if (!example) {
            ++m_report.bad;
            m_report.findings.push_back({row, "bad", example.message()});
            return;
        }
        const auto [first, isNew] = m_seen.emplace(data::exampleHash(*example), row);
        if (!isNew) {
            ++m_report.duplicates;
            m_report.findings.push_back(
                {row, "duplicate", "the same as row " + std::to_string(first->second)});
        }
        addGood(row, *example);
    }

    DataReport take() { return std::move(m_report); }

private:
    void addGood(std::int64_t row, const data::Example& example)
    {
        const auto bytes = bytesOf(example);
        if (!m_encoder) {
            ++m_report.good;
            m_report.characters += bytes;
            return;
        }
        auto encoded = m_encoder->encode(example, m_settings);
        if (!encoded) {
            ++m_report.bad;
            m_report.findings.push_back({row, "bad", encoded.message()});
            return;
        }
        ++m_report.good;
        m_report.characters += bytes;
        *m_report.tokens += static_cast<std::int64_t>(encoded->tokens.size());
        *m_report.trainedTokens += encoded->numTrained();
        if (encoded->numTrained() == 0) {
            m_report.findings.push_back(
                {row, "nothing_to_learn", "no token of it is trained; it is skipped"});
        }
        if (encoded->truncated) {
            ++*m_report.truncated;
            m_report.findings.push_back({row, "truncated",
                                         std::to_string(encoded->fullLength) + " tokens are cut to "
                                             + std::to_string(encoded->tokens.size())});
        }
    }

    const data::Encoder* m_encoder;
    data::EncodingSettings m_settings;
    DataReport m_report;
    std::unordered_map<std::uint64_t, std::int64_t> m_seen; // what the model sees -> first row
};

} // namespace

DataReport reportOn(const data::Dataset& dataset, const data::Encoder* encoder,
                    const data::EncodingSettings& settings, const base::Progress& progress,
                    const base::CancelToken& cancel)
{
    Reporter reporter(encoder, settings);
    const auto count = dataset.rowCount();
    for (std::int64_t i = 0; i < count && !cancel.isCancelled(); ++i) {
        reporter.add(i + 1, dataset.example(i));
        if (progress && i > 0 && i % 1024 == 0) {
            progress(i, count);
        }
    }
    auto report = reporter.take();
    report.file = dataset.path().string();
    report.format = dataset.format().id;
    return report;
}

} // namespace luthier::cli
