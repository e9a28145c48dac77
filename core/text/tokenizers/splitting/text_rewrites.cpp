// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/splitting/text_rewrites.h"

#include "core/text/characters/utf8.h"

#include <algorithm>

namespace luthier::text {

PreTokenizer::Rewrite spaceInFront()
{
    return {[](std::string_view text, bool, std::vector<Range>& pieces, EditedText& out) {
        for (auto& piece : pieces) {
            const auto begin = out.text.size();
            if (text[piece.begin] != ' ') {
                out.replace(" ", piece.begin);
            }
            out.keep(text.substr(piece.begin, piece.end - piece.begin), piece.begin);
            piece = {begin, out.text.size()};
        }
        out.finish(text.size());
    }};
}

PreTokenizer::Rewrite byteLetters()
{
    return {[](std::string_view text, bool, std::vector<Range>& pieces, EditedText& out) {
        for (auto& piece : pieces) {
            const auto begin = out.text.size();
            for (auto at = piece.begin; at < piece.end; ++at) {
                std::string letter;
                appendUtf8(letter, byteLetter(static_cast<unsigned char>(text[at])));
                out.replace(letter, at);
            }
            piece = {begin, out.text.size()};
        }
        out.finish(text.size());
    }};
}

PreTokenizer::Rewrite spaceMarks(std::string mark, MarkPrepend prepend)
{
    return {[mark = std::move(mark), prepend](std::string_view text, bool atStart, std::vector<Range>& pieces,
                                              EditedText& out) {
        for (auto& piece : pieces) {
            const auto begin = out.text.size();
            const auto body = text.substr(piece.begin, piece.end - piece.begin);
            const bool first = atStart && piece.begin == 0;
            const bool wanted = prepend == MarkPrepend::Always || (prepend == MarkPrepend::First && first);
            if (wanted && !body.starts_with(mark) && !body.starts_with(' ')) {
                out.replace(mark, piece.begin);
            }
            for (std::size_t at = 0; at < body.size();) {
                const auto space = std::min(body.find(' ', at), body.size());
                out.keep(body.substr(at, space - at), piece.begin + at);
                if (space < body.size()) {
                    out.replace(mark, piece.begin + space);
                }
                at = space + 1;
            }
            piece = {begin, out.text.size()};
        }
        out.finish(text.size());
    }};
}

} // namespace luthier::text
