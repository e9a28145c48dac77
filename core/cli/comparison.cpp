// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/comparison.h"

#include "core/cli/display.h"
#include "core/cli/table.h"

#include <algorithm>

namespace luthier::cli {

namespace {

using Answers = std::vector<std::vector<std::string>>;

class Comparer {
public:
    Comparer(const ComparisonSettings& settings, Context& context, const AnswerSeen& seen)
        : m_settings(settings), m_context(context), m_seen(seen), m_answers(settings.columns.size())
    {
    }

    Result<Answers> answerAll()
    {
        for (std::size_t c = 0; c < m_settings.columns.size(); ++c) {
            if (!m_answers[c].empty()) {
                continue;
            }
            // The bare model is answered by the next column's session with its adapters off.
            const auto next = std::find_if(m_settings.columns.begin() + static_cast<std::ptrdiff_t>(c),
                                           m_settings.columns.end(), [&](const auto& other) {
                                               return other.model == m_settings.columns[c].model
                                                      && !other.adapters.empty();
                                           });
            const bool borrowed = m_settings.columns[c].adapters.empty() && next != m_settings.columns.end();
            if (auto done = answerWith(borrowed ? *next : m_settings.columns[c], c); !done) {
                return done.error();
            }
            const auto owner = static_cast<std::size_t>(next - m_settings.columns.begin());
            auto done = borrowed ? column(owner, true) : Result<void>();
            if (!done) {
                return done.error();
            }
        }
        return std::move(m_answers);
    }

private:
    Result<void> answerWith(const ComparisonColumn& opened, std::size_t c)
    {
        m_session.reset();
        m_context.console.progress("loading " + opened.title);
        auto session
            = inference::Session::open({opened.model, opened.adapters, m_context.globals.deviceOrAuto(),
                                        m_context.globals.dtypeOrAuto(), m_settings.chatTemplate, {}, m_settings.foldSystem});
        if (!session) {
            return session.error();
        }
        m_session = *session;
        return column(c, !m_settings.columns[c].adapters.empty());
    }

    Result<void> column(std::size_t c, bool useAdapters)
    {
        const bool chat = m_settings.chat && m_session->encoder().chatTemplate;
        const std::string& title = m_settings.columns[c].title;
        Answering asked{{}, m_settings.sampling, useAdapters, m_settings.batch, title + ", ", title + ": "};
        for (std::size_t p = 0; p < m_settings.prompts.size(); ++p) {
            auto ids = promptIds(m_session->encoder(), m_settings.prompts[p], chat, {});
            if (!ids) {
                return Error{title + ", row " + std::to_string(p + 1) + ": " + ids.message()};
            }
            asked.prompts.push_back(std::move(*ids));
        }
        const auto told = [&](std::size_t p, const inference::Generation& answer) {
            if (m_seen) {
                m_seen(c, p, answer);
            }
        };
        auto answers = answerTogether(*m_session, asked, m_context, told);
        if (!answers) {
            return answers.error();
        }
        if (m_context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        for (const auto& answer : *answers) {
            m_answers[c].push_back(answer.text);
        }
        return {};
    }

    const ComparisonSettings& m_settings;
    Context& m_context;
    const AnswerSeen& m_seen;
    Answers m_answers;
    std::shared_ptr<inference::Session> m_session;
};

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(" \n\t");
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

} // namespace

Result<Answers> compare(const ComparisonSettings& settings, Context& context, const AnswerSeen& seen)
{
    auto answers = Comparer(settings, context, seen).answerAll();
    context.console.endProgress();
    return answers;
}

std::string comparisonTable(const ComparisonSettings& settings, const Answers& answers, int width)
{
    std::vector<Column> columns{{"prompt", true}};
    for (const auto& column : settings.columns) {
        columns.push_back({column.title, true});
    }
    Table table(std::move(columns), true);
    for (std::size_t p = 0; p < settings.prompts.size(); ++p) {
        std::vector<std::string> cells{trimmed(settings.prompts[p].text)};
        for (const auto& column : answers) {
            cells.push_back(trimmed(column[p]));
        }
        table.add(std::move(cells));
    }
    return table.toText(width);
}

} // namespace luthier::cli
