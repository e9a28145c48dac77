// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates/chat_spans.h"

#include <algorithm>

namespace luthier::text {

namespace {

using jinja::Run;
using jinja::Source;

constexpr std::string_view kSpace = " \t\r\n";

// The runs of one render, by message, so that long conversations stay linear.
struct Account {
    std::vector<std::vector<Run>> turns;
    std::vector<std::vector<Run>> said; // content and, of assistants, reasoning and tool calls
    std::vector<Run> allTurns;          // by where they begin
    std::vector<Run> ends;              // end-of-sequence tokens, by where they begin
};

bool begins(const Run& a, const Run& b)
{
    return a.begin < b.begin;
}

Account accountOf(const jinja::Text& out, std::size_t messages)
{
    Account account{std::vector<std::vector<Run>>(messages), std::vector<std::vector<Run>>(messages), {}, {}};
    for (const auto& run : out.runs) {
        if (run.source == Source::Eos) {
            account.ends.push_back(run);
        }
        if (run.message < 0 || static_cast<std::size_t>(run.message) >= messages) {
            continue;
        }
        const auto i = static_cast<std::size_t>(run.message);
        if (run.source == Source::Turn) {
            account.turns[i].push_back(run);
            account.allTurns.push_back(run);
        } else if (run.source == Source::Content || run.source == Source::Answer) {
            account.said[i].push_back(run);
        }
    }
    std::sort(account.ends.begin(), account.ends.end(), begins);
    std::sort(account.allTurns.begin(), account.allTurns.end(), begins);
    for (auto* rows : {&account.turns, &account.said}) {
        for (auto& row : *rows) {
            std::sort(row.begin(), row.end(), begins);
        }
    }
    return account;
}

Span span(std::size_t begin, std::size_t end)
{
    return {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
}

// How much of a turn's beginning is the header: as much of the prompt as it begins with, up to a whole mark or line.
std::size_t headerLength(std::string_view before, std::string_view prompt)
{
    const auto most = std::min(before.size(), prompt.size());
    const auto same = static_cast<std::size_t>(
        std::mismatch(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(most), prompt.begin()).first
        - before.begin());
    if (same == prompt.size() || same == before.size()) {
        return same;
    }
    const auto mark = before.substr(0, same).find_last_of(">\n");
    return mark == std::string_view::npos ? 0 : mark + 1;
}

// Where the answer of a turn begins, whose first byte from the message is that of `first`.
std::size_t answerBegin(std::string_view text, const Run& turn, const Run& first, const SpanRequest& request)
{
    if (!request.prompt) {
        return first.begin;
    }
    if (request.prompt->empty()) {
        // The header stands in the turn before. Before content there may still be space or an old-style header,
        // but what stands before a tool call or a thought belongs to it.
        return first.source == Source::Answer ? turn.begin : first.begin;
    }
    const auto header = headerLength(text.substr(turn.begin, first.begin - turn.begin), *request.prompt);
    return header > 0 ? turn.begin + header : first.begin;
}

// Where what follows an answer ends: its end-of-sequence token, else the last byte before `limit` that is no space.
std::size_t answerEnd(std::string_view text, const Account& account, std::size_t last, std::size_t limit)
{
    Run here;
    here.begin = last;
    const auto end = std::lower_bound(account.ends.begin(), account.ends.end(), here, begins);
    if (end != account.ends.end() && end->end <= limit) {
        return end->end;
    }
    const auto tail = text.substr(last, limit - last);
    const auto mark = tail.find_last_not_of(kSpace);
    return mark == std::string_view::npos ? limit : last + mark + 1;
}

// An answer that stands in no loop over the messages: what it says, and the first word after it.
Span looseSpan(std::string_view text, const Account& account, const std::vector<Run>& said, std::size_t limit)
{
    std::size_t last = said.front().end;
    for (const auto& run : said) {
        last = std::max(last, run.end);
    }
    for (const auto& others : account.said) {
        for (const auto& run : others) {
            limit = run.begin >= last && run.message != said.front().message ? std::min(limit, run.begin) : limit;
        }
    }
    const auto tail = text.substr(last, std::max(limit, last) - last);
    const auto word = std::min(tail.find_first_not_of(kSpace), tail.size());
    const auto end = std::min(tail.find_first_of(kSpace, word), tail.size());
    return span(said.front().begin, answerEnd(text, account, last, last + end));
}

void appendTurn(std::vector<Span>& out, std::string_view text, const Account& account, const Run& turn,
                const SpanRequest& request)
{
    const auto limit = std::min(turn.end, request.end);
    const Run* first = nullptr;
    std::size_t last = 0;
    for (const auto& run : account.said[static_cast<std::size_t>(turn.message)]) {
        if (run.begin >= turn.begin && run.end <= limit) {
            first = first == nullptr ? &run : first; // they are in order
            last = std::max(last, run.end);
        }
    }
    if (first == nullptr) {
        return;
    }
    auto stop = limit;
    Run here;
    here.begin = last;
    for (auto next = std::lower_bound(account.allTurns.begin(), account.allTurns.end(), here, begins);
         next != account.allTurns.end() && next->begin < stop; ++next) {
        stop = next->message != turn.message ? next->begin : stop;
    }
    const auto begin = answerBegin(text, turn, *first, request);
    out.push_back(span(begin, answerEnd(text, account, last, stop)));
}

std::vector<Span> merged(std::vector<Span> spans)
{
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    std::vector<Span> out;
    for (const auto& one : spans) {
        if (!out.empty() && one.begin < out.back().end) {
            out.back().end = std::max(out.back().end, one.end);
        } else if (one.begin < one.end) {
            out.push_back(one);
        }
    }
    return out;
}

} // namespace

std::vector<Span> assistantSpans(const jinja::Text& out, const SpanRequest& request)
{
    std::vector<Span> spans;
    if (request.marksAnswers) {
        for (const auto& run : out.runs) {
            if (run.source == Source::Generation) {
                spans.push_back(span(run.begin, run.end));
            }
        }
        return merged(std::move(spans));
    }
    const std::string_view text = out.bytes;
    const auto account = accountOf(out, request.assistant.size());
    for (std::size_t i = 0; i < request.assistant.size(); ++i) {
        if (!request.assistant[i]) {
            continue;
        }
        const auto before = spans.size();
        for (const auto& turn : account.turns[i]) {
            appendTurn(spans, text, account, turn, request);
        }
        if (spans.size() == before && !account.said[i].empty()) {
            spans.push_back(looseSpan(text, account, account.said[i], request.end));
        }
    }
    return merged(std::move(spans));
}

std::vector<Span> messageSpans(const jinja::Text& out, std::size_t messages)
{
    const auto account = accountOf(out, messages);
    std::vector<Span> spans(messages);
    for (std::size_t i = 0; i < messages; ++i) {
        bool found = false;
        bool inTurn = false;
        for (const auto& run : account.said[i]) {
            const bool inside = std::any_of(account.turns[i].begin(), account.turns[i].end(), [&](const Run& turn) {
                return turn.begin <= run.begin && run.end <= turn.end;
            });
            // What its own turn shows of a message counts more than what is shown of it elsewhere.
            if (run.source != Source::Content || (inTurn && !inside)) {
                continue;
            }
            const auto here = span(run.begin, run.end);
            if (!found || (inside && !inTurn)) {
                spans[i] = here;
            } else {
                spans[i] = {std::min(spans[i].begin, here.begin), std::max(spans[i].end, here.end)};
            }
            found = true;
            inTurn = inTurn || inside;
        }
    }
    return spans;
}

} // namespace luthier::text
