// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/splitting/pre_tokenizer.h"

namespace luthier::text {

namespace {

// Every piece cut by one splitter.
void cutAll(const Splitter& splitter, std::string_view text, const std::vector<Range>& pieces, std::vector<Range>& out)
{
    for (const auto& piece : pieces) {
        const auto body = text.substr(piece.begin, piece.end - piece.begin);
        for (std::size_t at = 0; at < body.size();) {
            const auto first = out.size();
            at = splitter.split(body, at, out);
            for (auto i = first; i < out.size(); ++i) {
                out[i].begin += piece.begin;
                out[i].end += piece.begin;
            }
        }
    }
}

} // namespace

void PreTokenizer::rewrite(ChangedText& text, bool atStart, std::vector<Range>& pieces) const
{
    pieces.assign(text.view().empty() ? 0 : 1, Range{0, text.view().size()});
    for (std::size_t i = 0; i < m_rewrites; ++i) {
        if (const auto* splitter = std::get_if<SplitterPtr>(&m_stages[i])) {
            std::vector<Range> finer;
            cutAll(**splitter, text.view(), pieces, finer);
            pieces = std::move(finer);
            continue;
        }
        EditedText edited;
        std::get<Rewrite>(m_stages[i]).run(text.view(), atStart, pieces, edited);
        text.take(std::move(edited));
    }
}

std::size_t PreTokenizer::split(std::string_view text, std::size_t at, std::vector<Range>& out,
                                std::vector<Range>& spare) const
{
    const auto first = out.size();
    if (m_rewrites == m_stages.size()) {
        out.push_back({at, text.size()});
        return text.size();
    }
    const auto splitterAt = [&](std::size_t i) -> const Splitter& { return *std::get<SplitterPtr>(m_stages[i]); };
    const auto stop = splitterAt(m_rewrites).split(text, at, out);
    for (std::size_t i = m_rewrites + 1; i < m_stages.size(); ++i) {
        spare.assign(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
        out.resize(first);
        cutAll(splitterAt(i), text, spare, out);
    }
    return stop;
}

} // namespace luthier::text
