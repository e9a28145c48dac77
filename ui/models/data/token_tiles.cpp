// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/token_tiles.h"

#include <QStringDecoder>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr std::int64_t kCutPreviewBytes = 120;

QString hexOf(std::string_view bytes)
{
    return QString::fromLatin1(QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size())).toHex(' '));
}

bool isWholeUtf8(std::string_view bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder.decode(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
    Q_UNUSED(text);
    return !decoder.hasError() && QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()))
                                      .count(QChar::ReplacementCharacter) == 0;
}

std::string_view covered(const std::string& text, const text::Token& token)
{
    const auto size = static_cast<std::int64_t>(text.size());
    const auto begin = std::clamp<std::int64_t>(token.begin, 0, size);
    const auto end = std::clamp<std::int64_t>(token.end, begin, size);
    return std::string_view(text).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

QString labelOf(const TokenTile& tile, std::string_view bytes, text::TokenId id, const text::Tokenizer& tokenizer)
{
    if (tile.special) {
        const char* role = tokenizer.bos() == id ? "BOS " : tokenizer.eos() == id ? "EOS " : "";
        return QString::fromLatin1(role) + tile.piece;
    }
    if (bytes.empty()) {
        return tile.piece.isEmpty() ? QStringLiteral("#%1").arg(id) : visibleText(tile.piece);
    }
    // Part of a character cannot be drawn; its bytes can.
    return isWholeUtf8(bytes) ? visibleText(tile.text) : QStringLiteral("\u27e8%1\u27e9").arg(hexOf(bytes));
}

} // namespace

QString visibleText(const QString& text)
{
    QString shown;
    shown.reserve(text.size());
    for (const QChar c : text) {
        if (c == u' ') {
            shown += QChar(0x00b7);
        } else if (c == u'\n') {
            shown += QChar(0x21b5);
        } else if (c == u'\t') {
            shown += QChar(0x21e5);
        } else if (c == u'\r') {
            shown += QChar(0x240d);
        } else if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format) {
            shown += QStringLiteral("U+%1").arg(c.unicode(), 4, 16, QLatin1Char('0'));
        } else {
            shown += c;
        }
    }
    return shown;
}

TokenStripContent tilesOf(const data::EncodedExample& encoded, const text::Tokenizer& tokenizer)
{
    TokenStripContent content;
    content.fullLength = encoded.fullLength;
    content.truncated = encoded.truncated;
    content.tiles.reserve(encoded.tokens.size());
    for (std::size_t i = 0; i < encoded.tokens.size(); ++i) {
        const text::Token& token = encoded.tokens[i];
        const std::string_view bytes = covered(encoded.text, token);
        TokenTile tile;
        tile.id = token.id;
        tile.piece = QString::fromStdString(tokenizer.piece(token.id));
        tile.text = QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
        tile.bytes = hexOf(bytes);
        tile.trained = i < encoded.trained.size() && encoded.trained[i] != 0;
        tile.special = tokenizer.isSpecial(token.id);
        tile.endsLine = bytes.find('\n') != std::string_view::npos;
        tile.label = labelOf(tile, bytes, token.id, tokenizer);
        content.tiles.push_back(std::move(tile));
    }
    if (encoded.truncated && !encoded.tokens.empty()) {
        const auto from = std::clamp<std::int64_t>(encoded.tokens.back().end, 0, static_cast<std::int64_t>(encoded.text.size()));
        const std::string rest = encoded.text.substr(static_cast<std::size_t>(from), kCutPreviewBytes);
        content.cutText = visibleText(QString::fromStdString(rest));
    }
    return content;
}

} // namespace luthier::ui
