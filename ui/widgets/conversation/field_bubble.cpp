// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/field_bubble.h"

#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/conversation/whole_text.h"

#include <QAbstractTextDocumentLayout>
#include <QApplication>
#include <QContextMenuEvent>
#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextDocument>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kMinEditorLines = 3;
constexpr int kMaxEditorLines = 18;
constexpr qsizetype kMaxShownChars = 20'000; // all of the text is laid out at once

} // namespace

FieldBubble::FieldBubble(QWidget* parent)
    : QFrame(parent), m_role(new QLabel), m_text(new WholeText), m_extra(new WholeText), m_edit(new QToolButton)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred); // never less than the text needs
    const int unit = fontMetrics().height() / 4;
    QFont roleFont = font();
    roleFont.setBold(true);
    roleFont.setPointSizeF(roleFont.pointSizeF() * 0.88);
    m_role->setFont(roleFont);
    m_text->setObjectName(QStringLiteral("fieldText"));
    m_extra->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_edit->setObjectName(QStringLiteral("editField"));
    m_edit->setAutoRaise(true);
    m_edit->setText(tr("Edit"));
    m_edit->setFont(roleFont);
    m_edit->setToolTip(tr("Edit this field (F2, Return or a double click)"));
    m_edit->setFocusPolicy(Qt::NoFocus); // the bubble itself takes the focus, and Return edits it

    auto* head = new QHBoxLayout;
    head->addWidget(m_role);
    head->addStretch();
    head->addWidget(m_edit);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(unit * 4, unit * 2, unit * 3, unit * 3);
    layout->setSpacing(unit);
    layout->addLayout(head);
    layout->addWidget(m_text);
    layout->addWidget(m_extra);
    connect(m_edit, &QToolButton::clicked, this, &FieldBubble::beginEdit);
    connect(m_text, &WholeText::doubleClicked, this, &FieldBubble::beginEdit);
}

void FieldBubble::setField(const ExampleField& field)
{
    if (isEditing()) {
        closeEditor();
    }
    m_field = field;
    setObjectName(QStringLiteral("field_%1").arg(field.path.isEmpty() ? field.label : field.path));
    m_role->setText(field.label);
    m_edit->setVisible(isEditable());
    m_extra->setText(field.extra);
    m_extra->setVisible(!field.extra.isEmpty());
    showText();
    applyColors();
    setAccessibleName(field.label);
    setAccessibleDescription(field.text.left(1000));
    setToolTip(isEditable() ? QString() : tr("This part can be read here, not edited."));
    update();
}

void FieldBubble::showText()
{
    const bool empty = m_field.text.isEmpty();
    if (m_field.text.size() > kMaxShownChars) {
        const qsizetype more = m_field.text.size() - kMaxShownChars;
        m_text->setText(m_field.text.left(kMaxShownChars)
                        + tr("\n\n[%1 more characters; edit to see them]").arg(locale().toString(more)));
    } else {
        m_text->setText(empty ? tr("empty") : m_field.text);
    }
    m_text->setEnabled(!empty);
    m_text->setVisible(!empty || isEditable());
}

bool FieldBubble::isEditing() const
{
    return m_editBox != nullptr && !m_editBox->isHidden();
}

void FieldBubble::makeEditor()
{
    m_editBox = new QWidget(this);
    m_editor = new QPlainTextEdit(m_editBox);
    m_editor->setObjectName(QStringLiteral("fieldEditor"));
    m_editor->setAccessibleName(tr("Text of %1").arg(m_field.label));
    m_editor->setToolTip(tr("Ctrl+Return accepts, Esc gives back what was there, Ctrl+Shift+Return splits a turn at the cursor"));
    m_editor->setTabChangesFocus(true);
    m_editor->installEventFilter(this);
    auto* accept = new QPushButton(tr("Accept"), m_editBox);
    accept->setObjectName(QStringLiteral("acceptField"));
    accept->setToolTip(tr("Accept the change (Ctrl+Return)"));
    auto* cancel = new QPushButton(tr("Cancel"), m_editBox);
    cancel->setObjectName(QStringLiteral("cancelField"));
    cancel->setToolTip(tr("Give back what was there (Esc)"));
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(accept);
    auto* layout = new QVBoxLayout(m_editBox);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_editor);
    layout->addLayout(buttons);
    m_editBox->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    this->layout()->addWidget(m_editBox);
    connect(accept, &QPushButton::clicked, this, &FieldBubble::acceptEdit);
    connect(cancel, &QPushButton::clicked, this, &FieldBubble::cancelEdit);
    connect(m_editor, &QPlainTextEdit::textChanged, this, &FieldBubble::fitEditor);
    // At another width its lines break elsewhere, which is known once they are laid out.
    connect(m_editor->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, this, &FieldBubble::fitEditor, Qt::QueuedConnection);
}

void FieldBubble::fitEditor()
{
    const int lines = std::clamp(static_cast<int>(m_editor->document()->size().height()), kMinEditorLines, kMaxEditorLines);
    // Qt takes a text that ends at the last pixel for one that does not fit.
    const int margins = 2 * m_editor->frameWidth() + static_cast<int>(2 * m_editor->document()->documentMargin()) + 2;
    m_editor->setFixedHeight(lines * m_editor->fontMetrics().lineSpacing() + margins);
}

void FieldBubble::beginEdit()
{
    if (!isEditable() || isEditing()) {
        return;
    }
    if (m_editBox == nullptr) {
        makeEditor();
    }
    m_text->hide();
    m_edit->hide();
    m_editor->setPlainText(m_field.text);
    m_editor->moveCursor(QTextCursor::End);
    m_editBox->show();
    fitEditor();
    m_editor->setFocus(Qt::OtherFocusReason);
    Q_EMIT editingChanged(true);
}

void FieldBubble::closeEditor()
{
    const bool hadFocus = m_editBox->isAncestorOf(QApplication::focusWidget());
    m_editBox->hide();
    m_edit->setVisible(isEditable());
    showText();
    if (hadFocus) {
        setFocus(Qt::OtherFocusReason);
    }
    Q_EMIT editingChanged(false);
}

void FieldBubble::acceptEdit()
{
    if (!isEditing()) {
        return;
    }
    const QString text = m_editor->toPlainText();
    const bool changed = text != m_field.text;
    if (changed) {
        // Shown at once; the row comes again when the change is in the set.
        m_field.text = text;
    }
    closeEditor();
    if (changed) {
        Q_EMIT accepted(m_field.path, text);
    }
}

void FieldBubble::cancelEdit()
{
    if (isEditing()) {
        closeEditor();
    }
}

bool FieldBubble::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_editor || (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride)) {
        return QFrame::eventFilter(watched, event);
    }
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool accepts = (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)
                         && key->modifiers().testFlag(Qt::ControlModifier);
    const bool cancels = key->key() == Qt::Key_Escape;
    if (!accepts && !cancels) {
        return QFrame::eventFilter(watched, event);
    }
    event->accept();
    if (event->type() == QEvent::KeyPress) {
        if (accepts && key->modifiers().testFlag(Qt::ShiftModifier)) {
            splitAtCursor();
        } else {
            accepts ? acceptEdit() : cancelEdit();
        }
    }
    return true;
}

void FieldBubble::splitAtCursor()
{
    const QString text = m_editor->toPlainText();
    const int at = m_editor->textCursor().position();
    cancelEdit(); // the halves hold what was typed
    Q_EMIT turnWanted({data::TurnEdit::Kind::Split, m_field.path.toStdString(), {}, text.left(at).toStdString(), text.mid(at).toStdString()});
}

bool FieldBubble::wantTurn(QKeyEvent* event)
{
    using Kind = data::TurnEdit::Kind;
    const bool alt = event->modifiers().testFlag(Qt::AltModifier);
    const int key = event->key();
    const bool moves = alt && (key == Qt::Key_Up || key == Qt::Key_Down);
    if (!isEditable() || (!moves && key != Qt::Key_Insert && key != Qt::Key_Delete)) {
        return false;
    }
    const Kind move = key == Qt::Key_Up ? Kind::MoveUp : Kind::MoveDown;
    Q_EMIT turnWanted({moves ? move : key == Qt::Key_Insert ? Kind::Add : Kind::Remove, m_field.path.toStdString()});
    return true;
}

void FieldBubble::contextMenuEvent(QContextMenuEvent* event)
{
    if (isEditable() && !isEditing()) {
        Q_EMIT menuWanted(event->globalPos());
    }
}

void FieldBubble::keyPressEvent(QKeyEvent* event)
{
    if (wantTurn(event)) {
        return;
    }
    switch (event->key()) {
    case Qt::Key_F2:
    case Qt::Key_Return:
    case Qt::Key_Enter: beginEdit(); return;
    case Qt::Key_Up: Q_EMIT stepWanted(-1); return;
    case Qt::Key_Down: Q_EMIT stepWanted(1); return;
    default: QFrame::keyPressEvent(event);
    }
}

void FieldBubble::mouseDoubleClickEvent(QMouseEvent* event)
{
    Q_UNUSED(event);
    beginEdit();
}

void FieldBubble::focusInEvent(QFocusEvent* event)
{
    QFrame::focusInEvent(event);
    update();
}

void FieldBubble::focusOutEvent(QFocusEvent* event)
{
    QFrame::focusOutEvent(event);
    update();
}

void FieldBubble::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        applyColors();
    }
}

void FieldBubble::applyColors()
{
    QPalette rolePalette = m_role->palette();
    rolePalette.setColor(QPalette::WindowText, roleColor(m_field.role));
    m_role->setPalette(rolePalette);
}

void FieldBubble::paintEvent(QPaintEvent* event)
{
    Q_UNUSED(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal radius = fontMetrics().height() / 3.0;
    const QColor color = roleColor(m_field.role);
    const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(hasFocus() ? QPen(palette().color(QPalette::Highlight), 2) : QPen(mixed(palette().color(QPalette::Base), color, 0.35)));
    painter.setBrush(mixed(palette().color(QPalette::Base), color, 0.07));
    painter.drawRoundedRect(hasFocus() ? box.adjusted(0.5, 0.5, -0.5, -0.5) : box, radius, radius);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(QRectF(0, radius, radius / 2, height() - 2 * radius), radius / 4, radius / 4);
}

} // namespace luthier::ui
