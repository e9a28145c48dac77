// SPDX-License-Identifier: GPL-3.0-or-later
// DiffText: a text to read, growing while it is written, whose differing words can be tinted and underlined
// (never by colour alone).
// Threads: GUI thread.
#pragma once

#include "ui/widgets/conversation/word_diff.h"

#include <QPlainTextEdit>

namespace luthier::ui {

class DiffText : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit DiffText(QWidget* parent = nullptr);

    void setText(const QString& text);
    // Seen at once: Qt draws another placeholder in the place of one that is in view only when something else is drawn anew.
    void setPlaceholderText(const QString& text);
    void append(const QString& piece); // at the end; follows it when the end was in view
    QString text() const { return toPlainText(); }

    void setDifferences(const std::vector<TextRange>& ranges); // empty: none
    // How much each token stands out, 0 to 1, and what is said of it under the pointer; empty: none. Differences are not shown beside it.
    struct Heat {
        TextRange range;
        double strength = 0;
        QString help;
        bool isBad = false; // in the colour of what is bad
    };
    void setHeat(std::vector<Heat> heat);
    const std::vector<Heat>& heat() const { return m_heat; }
    void setDimmed(bool dimmed); // in the quiet text colour
    int numDifferences() const { return static_cast<int>(m_ranges.size()); }

protected:
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void applyTints();

    std::vector<TextRange> m_ranges;
    std::vector<Heat> m_heat;
    bool m_isDimmed = false;
};

// An empty one; `placeholder` stands in it until there is a text.
DiffText* diffText(const QString& id, const QString& name, const QString& placeholder = {});

} // namespace luthier::ui
