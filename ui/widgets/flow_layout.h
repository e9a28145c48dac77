// SPDX-License-Identifier: GPL-3.0-or-later
// FlowLayout: things side by side, going on in the next line where there is no more room.
// Threads: GUI thread.
#pragma once

#include <QLayout>

#include <vector>

namespace luthier::ui {

class FlowLayout : public QLayout {
    Q_OBJECT

public:
    explicit FlowLayout(int gap, QWidget* parent = nullptr); // pixels between things and between lines
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return place(QRect(0, 0, width, 0), false); }
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;
    Qt::Orientations expandingDirections() const override { return {}; }

private:
    int place(const QRect& rect, bool move) const; // the height it takes

    std::vector<QLayoutItem*> m_items;
    int m_gap;
};

} // namespace luthier::ui
