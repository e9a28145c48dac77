// SPDX-License-Identifier: GPL-3.0-or-later
// DiffText: a text to read, growing while it is written, whose differing words can be tinted and underlined
// (never by colour alone).
#pragma once

#include "ui/widgets/conversation/word_diff.h"

#include <QPlainTextEdit>

namespace luthier::ui {

class DiffText : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit DiffText(QWidget* parent = nullptr);

    void setText(const QString& text);
    void append(const QString& piece); // at the end; follows it when the end was in view
    QString text() const { return toPlainText(); }

    void setDifferences(const std::vector<TextRange>& ranges); // empty: none
    void setDimmed(bool dimmed); // in the quiet text colour
    int numDifferences() const { return static_cast<int>(m_ranges.size()); }

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyTints();

    std::vector<TextRange> m_ranges;
    bool m_isDimmed = false;
};

// An empty one; `placeholder` stands in it until there is a text.
DiffText* diffText(const QString& id, const QString& name, const QString& placeholder = {});

} // namespace luthier::ui
