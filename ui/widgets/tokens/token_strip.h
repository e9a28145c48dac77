// SPDX-License-Identifier: GPL-3.0-or-later
// TokenStrip: the tokens of one example as tiles wrapped into lines. Trained ones are filled, context is
// outlined, special ones carry their names, and a scissor stands where the limit cuts.
// Arrow keys, Home and End step through the tiles; the current one is told to screen readers.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/tokens/token_tile.h"

#include <QAbstractScrollArea>

namespace luthier::ui {

class TokenStrip : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TokenStrip(QWidget* parent = nullptr);

    void setContent(TokenStripContent content);
    const TokenStripContent& content() const { return m_content; }

    int currentTile() const { return m_current; } // -1: none
    void setCurrentTile(int index);
    QString describeTile(int index) const; // one line: text, id, bytes, what it is for
    QRect tileRect(int index) const;       // in the viewport
    int tileAt(const QPoint& position) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void currentTileChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Place {
        int x = 0;
        int line = 0;
        int width = 0;
    };

    void arrange();
    int lineHeight() const;
    int tileInLine(int line, int x) const;
    void drawTile(QPainter& painter, int index) const;
    void drawCut(QPainter& painter) const;
    QString cutLabel() const;

    TokenStripContent m_content;
    std::vector<Place> m_places; // one a tile, in order of lines
    Place m_cut;                 // where the scissor stands
    int m_numLines = 0;
    int m_current = -1;
};

} // namespace luthier::ui
