// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/flat_fields.h"
#include "core/data/formats/format_messages.h"
#include "core/data/formats/formats_table.h"
#include "core/data/sources/row_text.h"

namespace luthier::data {

namespace text_format {
namespace {

constexpr Names kText = {"text"};
constexpr double kWeight = 0.5; // many other shapes carry a text beside what matters

double matches(std::span<const Json> rows)
{
    return kWeight * shareOf(rows, [](const Json& row) { return nameIn(row, kText) && !isLoneMessage(row); });
}

Result<Example> toExample(const Json& row)
{
    auto object = requireObject(row, "a text row has \"text\"");
    auto text = object ? requireText(row, kText) : object.error();
    if (!text) {
        return text.error();
    }
    Example example;
    example.kind = ExampleKind::Text;
    example.text = std::move(*text);
    return example;
}

bool toView(const FlatRow& row, ExampleView& view)
{
    const FlatValue* text = row.isObject() ? flatField(row, 0, kText) : nullptr;
    if (!text || text->kind != FlatValue::Kind::Text || isBlank(text->text)) {
        return false;
    }
    view.kind = ExampleKind::Text;
    view.text = text->text;
    return true;
}

std::vector<std::string> editablePaths(const Json& row)
{
    return row.is_object() ? std::vector<std::string>{"text"} : std::vector<std::string>{};
}

} // namespace
} // namespace text_format

DatasetFormat textFormat()
{
    return {"text", "Text", "\"text\", learned as it stands", text_format::matches, text_format::toExample, text_format::editablePaths, text_format::toView};
}

} // namespace luthier::data
