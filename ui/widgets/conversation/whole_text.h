// SPDX-License-Identifier: GPL-3.0-or-later
// WholeText: a plain text to read and to copy from, as high as all of it needs at whatever width it is given. Words that
// are wider than that are broken, so nothing is ever cut at a side either.
// Threads: GUI thread.
#pragma once

#include <QTextEdit>
#include <QWheelEvent>

namespace luthier::ui {

class WholeText : public QTextEdit {
    Q_OBJECT

public:
    explicit WholeText(QWidget* parent = nullptr);

    void setText(const QString& text);
    QString text() const { return toPlainText(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void doubleClicked();

protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); } // what it stands in scrolls
    void mouseDoubleClickEvent(QMouseEvent* event) override { Q_UNUSED(event); Q_EMIT doubleClicked(); }
    void changeEvent(QEvent* event) override;

private:
    mutable int m_width = -1; // what m_height was measured for; negative: not measured
    mutable int m_height = 0;
};

} // namespace luthier::ui
