// SPDX-License-Identifier: GPL-3.0-or-later
// EditRow: one changed row of a data set. Holds the row's edit before and after, nothing else of the set.
#pragma once

#include "core/base/json.h"

#include <QPointer>
#include <QUndoCommand>

#include <cstdint>
#include <optional>

namespace luthier::ui {

class DataDocument;

struct RowEdit {
    std::int64_t row = 0;
    std::optional<Json> before; // nullopt: the row as the file has it
    std::optional<Json> after;
};

class EditRow : public QUndoCommand {
public:
    EditRow(DataDocument* document, RowEdit edit, const QString& text);

    void undo() override;
    void redo() override;

private:
    QPointer<DataDocument> m_document; // gone with its file: the command then does nothing
    RowEdit m_edit;
};

} // namespace luthier::ui
