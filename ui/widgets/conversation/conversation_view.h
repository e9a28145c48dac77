// SPDX-License-Identifier: GPL-3.0-or-later
// ConversationView: an example as bubbles, one a field, from top to bottom. Up and Down walk through them.
// Threads: GUI thread.
#pragma once

#include "core/data/turn_edits.h"
#include "ui/widgets/conversation/example_field.h"

#include <QScrollArea>

#include <vector>

class QVBoxLayout;

namespace luthier::ui {

class FieldBubble;

class ConversationView : public QScrollArea {
    Q_OBJECT

public:
    explicit ConversationView(QWidget* parent = nullptr);

    // Bubbles are reused, so the focus stays where it was when only texts change.
    void setFields(const std::vector<ExampleField>& fields);
    int numFields() const { return m_numFields; }
    int contentHeight() const; // that shows all of them at the present width
    FieldBubble* bubble(int index) const { return m_bubbles[static_cast<std::size_t>(index)]; }

    bool isEditing() const;
    void acceptEdit();         // accepts what is being typed, if anything is
    void editField(int index); // focus and open the editor

Q_SIGNALS:
    void fieldAccepted(const QString& path, const QString& text);
    void editingChanged(bool editing);
    void turnWanted(const luthier::data::TurnEdit& edit);
    void menuWanted(const QString& path, const QPoint& globalPos);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    FieldBubble* makeBubble();
    void stepFrom(const FieldBubble* bubble, int direction);

    QVBoxLayout* m_layout;
    std::vector<FieldBubble*> m_bubbles; // owned by the content widget
    int m_numFields = 0;
};

} // namespace luthier::ui
